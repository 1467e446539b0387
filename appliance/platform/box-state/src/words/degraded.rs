//! What makes a box degraded that works.

use super::{Entry, entry};
use crate::Code;

pub(super) static WORDS: &[Entry] = &[
    entry(
        Code::SecureBootOff,
        [
            "Secure Boot is off: anything could have been started instead of this image.",
            "The TPM gives nothing to this system: what is on the disk stays encrypted unless the recovery key is typed.",
            "Switch Secure Boot on in the firmware's set-up, and restart.",
        ],
        [
            "安全启动（Secure Boot）未启用：启动的可能不是这个镜像。",
            "TPM 不向本系统提供任何密钥：不输入恢复密钥，磁盘数据保持加密。",
            "请在固件设置中启用安全启动后重启。",
        ],
    ),
    entry(
        Code::LockdownWeak,
        [
            "The kernel's lockdown is {}, not \"confidentiality\".",
            "The data are there, and encrypted on the disk.",
            "Restart with the vendor's image and no other parameters; else call the vendor.",
        ],
        [
            "内核锁定级别是 {}，而不是 confidentiality。",
            "数据仍在，磁盘上是加密的。",
            "请用厂商镜像且不带其他参数重启；否则请联系厂商。",
        ],
    ),
    entry(
        Code::BootSlotNotMarked,
        [
            "The boot slot could not be marked good: {}",
            "The box works; after some restarts the firmware would start the other image.",
            "Mend what else the box names, and restart once. If it comes back alone, the disk's boot partition is damaged: call the vendor.",
        ],
        [
            "启动槽未能标记为正常：{}",
            "设备可以工作；但重启几次后固件会改用另一个镜像。",
            "请先处理设备指出的其他问题，再重启一次；若只剩这一条，说明启动分区损坏，请联系厂商。",
        ],
    ),
    entry(
        Code::ClockBehind,
        [
            "The box's clock said {}, which is before this system was made; it goes by the last time that it knows.",
            "Data, keys and access are not touched by it. Times in the log may be too early.",
            "Set it: type time 2026-11-30T08:00 (UTC), or give the box an NTP server; replace the board's battery.",
        ],
        [
            "设备时钟显示 {}，早于本系统的制作时间；暂以最后已知的时间为准。",
            "数据、密钥和访问不受影响；日志中的时间可能偏早。",
            "请设置时间：输入 time 2026-11-30T08:00（UTC），或配置 NTP 服务器；并更换主板电池。",
        ],
    ),
    entry(
        Code::ClockAhead,
        [
            "The box's clock said {}, which no system of this age sees; it goes by the last time that it knows.",
            "Data, keys and access are not touched by it. Times in the log may be too early.",
            "Set it: type time 2026-11-30T08:00 (UTC), or give the box an NTP server; set the firmware's clock.",
        ],
        [
            "设备时钟显示 {}，超出本系统的合理时间；暂以最后已知的时间为准。",
            "数据、密钥和访问不受影响；日志中的时间可能偏早。",
            "请设置时间：输入 time 2026-11-30T08:00（UTC），或配置 NTP 服务器；并校正固件时钟。",
        ],
    ),
    entry(
        Code::NoNetworkCard,
        [
            "No network card is there.",
            "Data and keys are not touched; jobs that are on their way go on.",
            "Put a card in, or check that the firmware shows it. It is used as soon as it appears.",
        ],
        ["没有找到网卡。", "数据和密钥不受影响；进行中的任务继续。", "请安装网卡，或在固件中检查；出现后会自动使用。"],
    ),
    entry(
        Code::NoNetworkLink,
        [
            "No network card has a link: {}",
            "Data and keys are not touched; jobs that are on their way go on.",
            "Plug a cable in, and look at the switch. It is used as soon as there is a link.",
        ],
        [
            "所有网口都没有连接：{}",
            "数据和密钥不受影响；进行中的任务继续。",
            "请插好网线并检查交换机；有连接后会自动使用。",
        ],
    ),
    entry(
        Code::NoAddress,
        [
            "The box has no network address: {}",
            "Data and keys are not touched; it goes on trying.",
            "Check the DHCP server, or give the box a static address.",
        ],
        ["设备没有网络地址：{}", "数据和密钥不受影响；设备会继续尝试。", "请检查 DHCP 服务器，或为设备配置静态地址。"],
    ),
    entry(
        Code::NetworkFileNotUsed,
        [
            "The network settings are not used: {}",
            "The file is left as it is; the box asks for addresses by DHCP meanwhile.",
            "Correct the settings.",
        ],
        ["网络设置未被采用：{}", "设置文件保持原样；设备暂用 DHCP 获取地址。", "请更正网络设置。"],
    ),
    entry(
        Code::NetworkRefused,
        [
            "The kernel refused a network setting: {}",
            "Data and keys are not touched; what could be set is set.",
            "Restart once. If it comes back, tell the vendor this line.",
        ],
        [
            "内核拒绝了一项网络设置：{}",
            "数据和密钥不受影响；其余设置已生效。",
            "请重启一次；若再次出现，请把这一行告诉厂商。",
        ],
    ),
    entry(
        Code::DataVolumeFull,
        [
            "The data volume is full: {}",
            "What is there stays. Work that would write is refused; deleting, and destroying keys, goes on.",
            "Delete jobs that are not needed any more, or move to a larger disk.",
        ],
        [
            "数据卷已满：{}",
            "已有数据不受影响；需要写入的操作会被拒绝，删除任务和销毁密钥仍可进行。",
            "请删除不再需要的任务，或更换更大的磁盘。",
        ],
    ),
    entry(
        Code::DataVolumeReadOnly,
        [
            "The data volume takes no more writes: the disk gave errors, or its file system did.",
            "What was acknowledged is there and can be read; nothing new is accepted.",
            "Fetch results and back the disk up, then restart: the file system is checked.",
        ],
        [
            "数据卷已变为只读：磁盘或文件系统出错。",
            "已确认的数据都在且可读；不再接受新的写入。",
            "请取回结果并备份磁盘，然后重启，届时会检查文件系统。",
        ],
    ),
    entry(
        Code::DiskFailing,
        [
            "The disk begins to fail: {}",
            "The data volume is open, and what was acknowledged could be read.",
            "Back the data up now, then replace the disk.",
        ],
        ["磁盘开始出现故障：{}", "数据卷已打开，已确认的数据可以读取。", "请立即备份数据，然后更换磁盘。"],
    ),
    entry(
        Code::CardNotUsed,
        [
            "An accelerator card is not used: {}",
            "Results are the same without it, only slower.",
            "Restart; if it comes back, look at the card's seat and the IOMMU in the firmware's set-up.",
        ],
        [
            "有加速卡未被使用：{}",
            "没有它结果也一样，只是较慢。",
            "请重启；若再次出现，请检查卡的插接和固件中的 IOMMU 设置。",
        ],
    ),
    entry(
        Code::ServiceKeepsDying,
        [
            "A service ends again and again: {}",
            "Data and keys are not touched; it is started again, with pauses.",
            "Wait some minutes. If it goes on, restart once, and tell the vendor the lines above this one.",
        ],
        [
            "有服务反复退出：{}",
            "数据和密钥不受影响；系统会间隔一段时间再启动它。",
            "请等几分钟；若持续，请重启一次，并把上面几行告诉厂商。",
        ],
    ),
    entry(
        Code::ServiceTrouble,
        [
            "A service does not do all of its work: {}",
            "What it does not name is not touched.",
            "Do what it says; if it says nothing to do, tell the vendor this line.",
        ],
        ["有服务不能完成全部工作：{}", "未提及的部分不受影响。", "请按提示处理；若没有提示，请把这一行告诉厂商。"],
    ),
    entry(
        Code::TpmUnusable,
        [
            "The data volume is open by its recovery key, and there is no TPM to work with: {}",
            "The data are there. Private keys and the box's identity need the TPM, so nobody is served.",
            "Switch the TPM on or have it replaced, and restart; the recovery key will be asked for again.",
        ],
        [
            "数据卷已用恢复密钥打开，但没有可用的 TPM：{}",
            "数据都在；私钥和设备身份需要 TPM，因此暂不提供服务。",
            "请启用或更换 TPM 后重启；届时会再次要求恢复密钥。",
        ],
    ),
    entry(
        Code::NotSealedAgain,
        [
            "The data volume was opened with the recovery key, and the TPM will not open it next time: {}",
            "The data are there. Keep the recovery key: it will be asked for at each start.",
            "Cure what is named and restart with the vendor's image; the recovery key then seals it again.",
        ],
        [
            "数据卷是用恢复密钥打开的，下次 TPM 不会自动打开它：{}",
            "数据都在。请保管好恢复密钥：每次启动都会要求输入。",
            "请排除上述问题并用厂商镜像重启；输入恢复密钥后会重新封装。",
        ],
    ),
];
