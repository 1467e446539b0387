//! What an evidence proves, and by which checks.

use crate::reason::Words;

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Serial,
    Model,
    TpmMaker,
    AttestationKey,
    Release,
    SecurityVersion,
    Floor,
    SecureBoot,
    Refused,
    Image,
    Firmware,
    Services,
    Configuration,
    Volume,
    Opened,
    Card,
    ServiceCertificate,
    TpmClock,
    Resets,
}

/// A fact that the checks `rests_on` have proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub subject: Subject,
    pub value: String,
    pub rests_on: Vec<u8>,
}

impl Subject {
    /// For programs.
    pub fn key(self) -> &'static str {
        match self {
            Subject::Serial => "serial",
            Subject::Model => "model",
            Subject::TpmMaker => "tpm-maker",
            Subject::AttestationKey => "attestation-key",
            Subject::Release => "release",
            Subject::SecurityVersion => "security-version",
            Subject::Floor => "floor",
            Subject::SecureBoot => "secure-boot",
            Subject::Refused => "secure-boot-refused",
            Subject::Image => "pcr11",
            Subject::Firmware => "pcr0",
            Subject::Services => "services",
            Subject::Configuration => "configuration",
            Subject::Volume => "volume",
            Subject::Opened => "opened",
            Subject::Card => "card",
            Subject::ServiceCertificate => "service-certificate",
            Subject::TpmClock => "tpm-clock-ms",
            Subject::Resets => "tpm-resets",
        }
    }

    pub fn words(self) -> Words {
        let (english, chinese) = match self {
            Subject::Serial => ("Serial number", "序列号"),
            Subject::Model => ("Model", "型号"),
            Subject::TpmMaker => ("The TPM's maker vouches for it: root", "TPM 制造商担保:根证书"),
            Subject::AttestationKey => ("Attestation key (SHA-256)", "证明密钥(SHA-256)"),
            Subject::Release => ("Release", "发行版"),
            Subject::SecurityVersion => ("Security version", "安全版本"),
            Subject::Floor => ("Lowest security version that opens its keys", "可打开其密钥的最低安全版本"),
            Subject::SecureBoot => ("Secure Boot", "安全启动"),
            Subject::Refused => ("List of refused programs (dbx, SHA-256)", "禁止程序列表(dbx,SHA-256)"),
            Subject::Image => ("Image that runs (PCR 11)", "运行中的映像(PCR 11)"),
            Subject::Firmware => ("Firmware (PCR 0; not compared with anything)", "固件(PCR 0;未作比较)"),
            Subject::Services => ("Table of services (SHA-256)", "服务表(SHA-256)"),
            Subject::Configuration => ("Configuration (SHA-256)", "配置(SHA-256)"),
            Subject::Volume => ("Data volume", "数据卷"),
            Subject::Opened => ("Data volume opened by", "数据卷的打开方式"),
            Subject::Card => ("Card: address, identity, design", "加速卡:地址、标识、设计"),
            Subject::ServiceCertificate => ("Certificate of the service (SHA-256)", "服务证书(SHA-256)"),
            Subject::TpmClock => ("The TPM's clock, milliseconds", "TPM 时钟(毫秒)"),
            Subject::Resets => ("Resets and restarts that the TPM counted", "TPM 记录的重置与重启次数"),
        };
        Words { english: english.into(), chinese: chinese.into() }
    }
}
