//! What somebody should know of a box that works as it should.

use super::{Entry, entry};
use crate::Code;

pub(super) static WORDS: &[Entry] = &[
    entry(
        Code::RecoveryKeyNotConfirmed,
        [
            "Nobody has confirmed that the recovery key was written down; it is shown at each start until then.",
            "The data are safe as long as this TPM is there; without it the recovery key is the one way in.",
            "Write the recovery key down, keep it away from the box, and type confirm and its last four characters.",
        ],
        [
            "尚未确认已抄下恢复密钥；在此之前每次启动都会显示。",
            "只要这块 TPM 还在，数据就是安全的；没有它，恢复密钥是唯一的入口。",
            "请抄下恢复密钥并与设备分开保管，然后输入 confirm 加密钥的最后四个字符。",
        ],
    ),
    entry(
        Code::HeaderRepaired,
        [
            "A copy of the data volume's header was damaged, and was made anew from the other copy.",
            "Nothing is lost.",
            "Nothing now. If it comes back, the disk is failing: replace it.",
        ],
        [
            "数据卷头部的一个副本损坏，已用另一个副本恢复。",
            "没有损失。",
            "暂无需处理；若再次出现，说明磁盘将坏，请更换。",
        ],
    ),
    entry(
        Code::FileSystemRepaired,
        [
            "The file system on the data volume was not in order, and was repaired: {}",
            "What was acknowledged is there, unless the disk lost it.",
            "Nothing now. If it comes back without a power cut, the disk is failing: replace it.",
        ],
        [
            "数据卷的文件系统有问题，已修复：{}",
            "已确认的数据都在，除非磁盘本身丢失。",
            "暂无需处理；若非断电后再次出现，说明磁盘将坏，请更换。",
        ],
    ),
    entry(
        Code::NoWatchdog,
        [
            "This machine has no hardware watchdog: {}",
            "Nothing is lost; a box that hangs will not restart by itself.",
            "Switch the watchdog on in the firmware's set-up if it has one.",
        ],
        ["本机没有硬件看门狗：{}", "没有损失；但系统卡死时不会自动重启。", "若固件有看门狗设置，请启用。"],
    ),
    entry(
        Code::ImageGivenUp,
        [
            "A new image was tried and given up, and the box went back to the one before: {}",
            "Nothing is lost: data and keys are as they were.",
            "Nothing now. Tell the vendor what this line says; another update takes its place.",
        ],
        [
            "新镜像试运行失败，设备已退回原来的镜像：{}",
            "没有损失，数据和密钥保持原样。",
            "暂无需处理；请把这一行告诉厂商，下次更新会取代它。",
        ],
    ),
];
