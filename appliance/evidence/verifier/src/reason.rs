//! Why a check did not pass, in English and in Chinese.

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub english: String,
    pub chinese: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A check that comes before did not pass, and this one would judge what nobody proved.
    Depends {
        on: u8,
    },
    Nonce {
        part: &'static str,
    },
    Unreadable {
        part: &'static str,
        problem: String,
    },
    NotThis {
        part: &'static str,
    },
    Signature {
        part: &'static str,
    },
    KeyAttribute {
        lacks: &'static str,
    },
    NoDeviceRecord,
    NoDeviceRecordKeys,
    DeviceRecord {
        problem: String,
    },
    RecordOfOtherAttestationKey,
    RecordOfOtherEndorsementKey,
    RecordOfOtherCertificate,
    SerialOther {
        found: String,
    },
    ActivationOther,
    NoEndorsementCertificate,
    NoEndorsementRoots,
    Chain {
        problem: String,
    },
    NotYetValid {
        by: String,
    },
    Expired {
        by: String,
    },
    NoEndorsementPurpose,
    CertificateOfOtherKey,
    EndorsementAttributes,
    Selection {
        found: Vec<u8>,
    },
    PcrValues,
    PcrDigest,
    Log {
        whose: &'static str,
        problem: String,
    },
    NoFirmwareLog,
    Replay {
        pcr: u8,
    },
    LoadedUnknown {
        text: String,
    },
    SecureBootOff,
    SecureBootLog {
        problem: String,
    },
    SecureBootKeys {
        variable: &'static str,
    },
    StartedByOther {
        certificate: String,
    },
    ProgramUnknown {
        digest: String,
    },
    ProgramMissing {
        name: &'static str,
    },
    Pcr4Event {
        number: usize,
    },
    Pcr11Other,
    Phases,
    PcrNotZero {
        pcr: u8,
    },
    ServicesOther,
    NoFloor,
    FloorOther,
    FloorAbove {
        floor: u32,
        version: u32,
    },
    ClockUnsafe,
    CountsDiffer,
    Backward {
        what: &'static str,
    },
    Previous {
        problem: String,
    },
    PreviousOfOtherKey,
    TpmFirmware {
        version: String,
    },
    NoServiceKey,
    ServiceKeyOther,
    ServiceKeyFree,
    ServicePolicy,
    ServiceCertificateOther,
    ChannelOther,
    CardBuild {
        build: String,
    },
    NoReference,
    Reference {
        problem: String,
    },
    Development,
    BindingOther,
    SaidOther {
        what: &'static str,
    },
}

impl Reason {
    /// For programs: the variant's name.
    pub fn code(&self) -> String {
        let text = format!("{self:?}");
        text.split([' ', '{']).next().unwrap_or_default().into()
    }

    pub fn words(&self) -> Words {
        let (english, chinese) = self.both();
        Words { english, chinese }
    }

    fn both(&self) -> (String, String) {
        use Reason::*;
        let two = |english: &str, chinese: &str| (english.to_string(), chinese.to_string());
        match self {
            Depends { on } => (format!("check {on} did not pass"), format!("第 {on} 项未通过")),
            Nonce { part } => (
                format!("the {part} answers another nonce: it was not made for this question"),
                format!("{part} 对应的是另一个随机数:不是为本次询问生成的"),
            ),
            Unreadable { part, problem } => {
                (format!("the {part} can't be read: {problem}"), format!("无法读取 {part}:{problem}"))
            }
            NotThis { part } => (format!("the {part} attests something else"), format!("{part} 证明的是别的对象")),
            Signature { part } => (
                format!("the signature of the {part} is not the attestation key's"),
                format!("{part} 的签名不是该证明密钥所作"),
            ),
            KeyAttribute { lacks } => (
                format!("the attestation key is not {lacks}: it could have signed anything"),
                format!("证明密钥缺少属性({lacks}):它可能签署任何内容"),
            ),
            NoDeviceRecord => two(
                "the box has no record of the vendor's factory: nobody says whose TPM this is",
                "设备没有厂商的出厂记录:无人说明该 TPM 属于哪台机器",
            ),
            NoDeviceRecordKeys => {
                two("no key of the vendor's for device records was given", "没有提供厂商的设备记录公钥")
            }
            DeviceRecord { problem } => {
                (format!("the device record is worth nothing: {problem}"), format!("出厂记录无效:{problem}"))
            }
            RecordOfOtherAttestationKey => {
                two("the device record is about another attestation key", "出厂记录对应另一个证明密钥")
            }
            RecordOfOtherEndorsementKey => {
                two("the device record is about another TPM's endorsement key", "出厂记录对应另一个 TPM 的背书密钥")
            }
            RecordOfOtherCertificate => {
                two("the device record is about another endorsement certificate", "出厂记录对应另一份背书证书")
            }
            SerialOther { found } => (
                format!("this is the machine with the serial number {found}, another one was asked for"),
                format!("这是序列号为 {found} 的机器,与所询问的不同"),
            ),
            ActivationOther => two(
                "the answer to the credential challenge is wrong: the two keys are not in one TPM",
                "凭据激活的应答错误:两个密钥不在同一个 TPM 中",
            ),
            NoEndorsementCertificate => {
                two("the TPM brought no certificate of its maker", "TPM 没有提供其制造商的证书")
            }
            NoEndorsementRoots => {
                two("no roots of TPM makers were given to compare with", "没有提供 TPM 制造商的根证书")
            }
            Chain { problem } => (
                format!("the endorsement certificate does not lead to a given root: {problem}"),
                format!("背书证书不能追溯到所给的根证书:{problem}"),
            ),
            NotYetValid { by } => (
                format!(
                    "by your clock ({by}) a certificate of the TPM's maker is not valid yet: look at your clock first"
                ),
                format!("按您的时钟({by}),TPM 制造商的证书尚未生效:请先检查您的时钟"),
            ),
            Expired { by } => (
                format!("by your clock ({by}) a certificate of the TPM's maker has expired"),
                format!("按您的时钟({by}),TPM 制造商的证书已过期"),
            ),
            NoEndorsementPurpose => two(
                "the certificate is not one for an endorsement key (2.23.133.8.1)",
                "该证书不是背书密钥证书(2.23.133.8.1)",
            ),
            CertificateOfOtherKey => two("the endorsement certificate is about another key", "背书证书对应另一个密钥"),
            EndorsementAttributes => two(
                "the endorsement key is not a restricted decryption key that never leaves its TPM",
                "背书密钥不是受限的、不可离开 TPM 的解密密钥",
            ),
            Selection { found } => (
                format!("the quote covers the PCRs {found:?} and not those that it must"),
                format!("引用覆盖的 PCR 为 {found:?},与要求不符"),
            ),
            PcrValues => two(
                "the PCR values in the file are not exactly those of the quote's PCRs",
                "文件中的 PCR 值与引用所选的 PCR 不完全一致",
            ),
            PcrDigest => two("the PCR values are not those that the TPM signed", "PCR 值与 TPM 所签署的不一致"),
            Log { whose, problem } => {
                (format!("the {whose} log is not a good one: {problem}"), format!("日志({whose})有误:{problem}"))
            }
            NoFirmwareLog => two("there is no log of the firmware's", "没有固件日志"),
            Replay { pcr } => (
                format!("the logs do not explain PCR {pcr}: an event was changed, dropped, added or moved"),
                format!("日志不能解释 PCR {pcr}:有事件被更改、删除、添加或移动"),
            ),
            LoadedUnknown { text } => (
                format!("the box loaded something that is not known here: {text:?}"),
                format!("设备加载了未知的内容:{text:?}"),
            ),
            SecureBootOff => two("Secure Boot is off", "安全启动未开启"),
            SecureBootLog { problem } => (
                format!("the log of Secure Boot is not a good one: {problem}"),
                format!("安全启动的日志有误:{problem}"),
            ),
            SecureBootKeys { variable } => (
                format!("the firmware trusts other keys than the vendor's: {variable}"),
                format!("固件信任的密钥与厂商的不同:{variable}"),
            ),
            StartedByOther { certificate } => (
                format!("something was started by the certificate {certificate}, which the release does not know"),
                format!("有程序由未知证书 {certificate} 授权启动"),
            ),
            ProgramUnknown { digest } => (
                format!("the firmware started a program that the release does not know: {digest}"),
                format!("固件启动了发行版中没有的程序:{digest}"),
            ),
            ProgramMissing { name } => {
                (format!("the firmware did not start the release's {name}"), format!("固件没有启动发行版的 {name}"))
            }
            Pcr4Event { number } => {
                (format!("event {number} of PCR 4 is none that is known"), format!("PCR 4 的第 {number} 个事件未知"))
            }
            Pcr11Other => two(
                "PCR 11 is not the release's: another image runs, or in another phase",
                "PCR 11 与发行版不符:运行的是其他映像,或处于其他阶段",
            ),
            Phases => {
                two("the phases of PCR 11 are not those of a box that is up", "PCR 11 的阶段与正常运行的设备不符")
            }
            PcrNotZero { pcr } => (
                format!("PCR {pcr} is not zero: something was added to the image from outside"),
                format!("PCR {pcr} 不为零:有内容从外部加入映像"),
            ),
            ServicesOther => two("the table of services is not the release's", "服务表与发行版不符"),
            NoFloor => two("the TPM's floor of security versions was not shown", "没有出示 TPM 中的安全版本下限"),
            FloorOther => {
                two("what the TPM certified is not the index of security versions", "TPM 证明的不是安全版本索引")
            }
            FloorAbove { floor, version } => (
                format!(
                    "the release has security version {version}, and the TPM's floor is {floor}: this release is withdrawn"
                ),
                format!("该发行版的安全版本为 {version},而 TPM 下限为 {floor}:该版本已停用"),
            ),
            ClockUnsafe => two(
                "the TPM lost its power at once, and can't say that its clock has not gone back: ask again when it has run for 70 minutes",
                "TPM 曾突然断电,无法确认其时钟没有倒退:请在其运行 70 分钟后再次询问",
            ),
            CountsDiffer => two(
                "the parts of the evidence were not signed in one run of the TPM",
                "证据的各部分不是在 TPM 的同一次运行中签署的",
            ),
            Backward { what } => (
                format!("the TPM's {what} is lower than in the earlier evidence"),
                format!("TPM 的 {what} 低于先前的证据"),
            ),
            Previous { problem } => (
                format!("the earlier evidence can't be compared with: {problem}"),
                format!("无法与先前的证据比较:{problem}"),
            ),
            PreviousOfOtherKey => {
                two("the earlier evidence is signed by another attestation key", "先前的证据由另一个证明密钥签署")
            }
            TpmFirmware { version } => (
                format!("the TPM's firmware {version} has a known weakness"),
                format!("TPM 固件 {version} 存在已知弱点"),
            ),
            NoServiceKey => two("the service's key was not shown", "没有出示服务的密钥"),
            ServiceKeyOther => two("the TPM certified another key than the service's", "TPM 证明的不是服务的密钥"),
            ServiceKeyFree => two(
                "the service's key may leave its TPM, or signs without a policy: another system could use it",
                "服务密钥可离开 TPM,或无需策略即可签名:其他系统可能使用它",
            ),
            ServicePolicy => two("the policy of the service's key is not the release's", "服务密钥的策略与发行版不符"),
            ServiceCertificateOther => two(
                "the service's certificate is about another key than the certified one",
                "服务证书对应的不是被证明的密钥",
            ),
            ChannelOther => two(
                "who you talked to showed another certificate than this box's",
                "与您通信的一方出示的不是本设备的证书",
            ),
            CardBuild { build } => (
                format!("the card's design {build} is not one that the release knows"),
                format!("发行版中没有该卡的设计 {build}"),
            ),
            NoReference => two("no reference values were given to compare with", "没有提供参考值"),
            Reference { problem } => {
                (format!("the reference values are worth nothing: {problem}"), format!("参考值无效:{problem}"))
            }
            Development => two(
                "this is a development release: anyone may have the keys that signed it",
                "这是开发版:任何人都可能拥有其签名密钥",
            ),
            BindingOther => {
                two("the file is not as the box made it: some byte was changed", "文件与设备生成时不同:有字节被更改")
            }
            SaidOther { what } => (
                format!("the box's own word on its {what} is not what was proven"),
                format!("设备自述的 {what} 与已证明的不符"),
            ),
        }
    }
}
