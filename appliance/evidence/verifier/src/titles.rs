//! The fifteen checks by name, and what each of them rests on.

pub(crate) struct Title {
    pub(crate) name: [&'static str; 2],
    pub(crate) rests_on: [&'static str; 2],
}

/// English and Chinese, as in [`crate::Words`]; in the order of the checks' numbers.
pub(crate) static TITLES: [Title; 15] = [
    title(
        "It answers this question",
        "the nonce that you made is in what the TPM signed",
        "回答的是本次询问",
        "您生成的随机数包含在 TPM 签署的内容中",
    ),
    title(
        "It is made of whole TPM structures",
        "each is of its kind, and nothing is missing or follows",
        "由完整的 TPM 结构组成",
        "每个结构类型正确,无缺失、无多余",
    ),
    title(
        "The attestation key signed it",
        "ECDSA P-256 signatures over what the TPM attests",
        "由证明密钥签署",
        "对 TPM 证明内容的 ECDSA P-256 签名",
    ),
    title(
        "That key signs only what its TPM made",
        "the key's attributes, which are part of its name",
        "该密钥只签署其 TPM 生成的内容",
        "密钥属性,属性是密钥名称的一部分",
    ),
    title(
        "It is in the TPM of the endorsement key",
        "what the vendor's factory saw, or a challenge of yours",
        "与背书密钥在同一 TPM 中",
        "厂商工厂的确认,或您发出的凭据挑战",
    ),
    title(
        "The TPM's maker vouches for that TPM",
        "a chain of certificates to a root that you gave",
        "TPM 由其制造商担保",
        "追溯到您所给根证书的证书链",
    ),
    title(
        "That TPM is in this machine",
        "the vendor's signature over serial number and keys",
        "该 TPM 在这台机器中",
        "厂商对序列号和密钥的签名",
    ),
    title(
        "The quote covers what it must",
        "PCRs 0 to 7 and 11 to 15 of the SHA-256 bank, in what was signed",
        "引用覆盖所有要求的 PCR",
        "所签内容中 SHA-256 库的 PCR 0–7 与 11–15",
    ),
    title(
        "The PCR values are the TPM's",
        "the digest over them in what was signed",
        "PCR 值来自 TPM",
        "所签内容中对这些值的摘要",
    ),
    title(
        "The logs explain every value",
        "the firmware's log and the box's own, replayed",
        "日志可解释每个值",
        "重放固件日志和设备自身日志",
    ),
    title(
        "It is the vendor's release that runs",
        "Secure Boot's keys, what was started, PCR 11, 12 to 14, the security floor",
        "运行的是厂商的发行版",
        "安全启动密钥、已启动的程序、PCR 11、12–14、安全版本下限",
    ),
    title(
        "The TPM's time has not gone back",
        "its clock and counters, and those of your earlier evidence",
        "TPM 的时间没有倒退",
        "其时钟与计数器,以及您先前的证据",
    ),
    title(
        "Who serves and computes is this box",
        "the service's key, certified by the TPM; the card's design",
        "提供服务和计算的是本设备",
        "由 TPM 证明的服务密钥;加速卡的设计",
    ),
    title(
        "The reference values are the vendor's",
        "his signature over them, by the key that you gave",
        "参考值来自厂商",
        "厂商用您所给的密钥所作的签名",
    ),
    title(
        "The file is as the box made it",
        "a hash of the whole file in what the TPM signed",
        "文件与设备生成时一致",
        "TPM 签署的内容包含整个文件的摘要",
    ),
];

const fn title(
    english: &'static str,
    rests_on: &'static str,
    chinese: &'static str,
    chinese_rests_on: &'static str,
) -> Title {
    Title { name: [english, chinese], rests_on: [rests_on, chinese_rests_on] }
}
