//! The codes that a person says on the telephone: COF-1xxx keeps the box locked, COF-2xxx makes it degraded, COF-3xxx is a notice.
//! A number is never given to another reason.

use crate::words::{self, Words};

/// What a reason does to the state of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The data volume stays closed.
    Locks,
    /// The box works, but not as it should.
    Degrades,
    /// Somebody should know, or do something; the box works as it should.
    Notice,
}

macro_rules! codes {
    ($($name:ident = $number:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($name = $number,)*
        }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$name,)*];
        }
    };
}

codes! {
    TpmAbsent = 1001,
    TpmFails = 1002,
    TpmReplaced = 1003,
    TpmLacksSha256 = 1004,
    SystemNotSigned = 1005,
    KernelParameters = 1006,
    SealedKeyDamaged = 1007,
    KeyOpensNoSlot = 1008,
    PolicyDamaged = 1009,
    TpmStaysOpen = 1010,
    SecureBootChanged = 1011,
    SystemTooOld = 1012,
    TpmHasOwner = 1013,
    FirmwareMeasuresNothing = 1014,
    TpmForgot = 1015,
    SecureBootNeeded = 1016,
    PinNeeded = 1017,
    PinWrong = 1018,
    PinLocked = 1019,
    NoDataDisk = 1101,
    SeveralDataDisks = 1102,
    VolumeHeaderLost = 1103,
    DiskHoldsSomethingElse = 1104,
    DiskErrors = 1105,
    FileSystemDamaged = 1106,
    SetUpFailed = 1107,
    SecureBootOff = 2001,
    LockdownWeak = 2002,
    BootSlotNotMarked = 2003,
    ClockBehind = 2101,
    ClockAhead = 2102,
    NoNetworkCard = 2201,
    NoNetworkLink = 2202,
    NoAddress = 2203,
    NetworkFileNotUsed = 2204,
    NetworkRefused = 2205,
    DataVolumeFull = 2301,
    DataVolumeReadOnly = 2302,
    DiskFailing = 2303,
    CardNotUsed = 2401,
    ServiceKeepsDying = 2402,
    ServiceTrouble = 2403,
    TpmUnusable = 2404,
    NotSealedAgain = 2405,
    RecoveryKeyNotConfirmed = 3001,
    HeaderRepaired = 3002,
    FileSystemRepaired = 3003,
    NoWatchdog = 3004,
    ImageGivenUp = 3005,
}

impl Code {
    pub fn number(self) -> u16 {
        self as u16
    }

    pub fn severity(self) -> Severity {
        match self.number() / 1000 {
            1 => Severity::Locks,
            2 => Severity::Degrades,
            _ => Severity::Notice,
        }
    }

    pub fn english(self) -> &'static Words {
        &words::of(self).english
    }

    pub fn chinese(self) -> &'static Words {
        &words::of(self).chinese
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "COF-{}", self.number())
    }
}
