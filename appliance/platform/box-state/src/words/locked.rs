//! What keeps the data volume closed.

use super::{Entry, entry};
use crate::Code;

pub(super) static WORDS: &[Entry] = &[
    entry(
        Code::TpmAbsent,
        [
            "This machine shows no TPM, and the data volume opens by itself only with it.",
            "The data are on the disk, encrypted; nothing was changed.",
            "Switch the TPM on in the firmware's set-up, or type the recovery key.",
        ],
        [
            "本机没有可用的 TPM，数据卷只有靠它才能自动打开。",
            "数据仍加密保存在磁盘上，未作任何改动。",
            "请在固件设置中启用 TPM，或输入恢复密钥。",
        ],
    ),
    entry(
        Code::TpmFails,
        [
            "The TPM does not work: {}",
            "The data are on the disk, encrypted; nothing was changed.",
            "Type power-off, wait a minute, switch on again. If that does not help, type the recovery key.",
        ],
        [
            "TPM 工作不正常：{}",
            "数据仍加密保存在磁盘上，未作任何改动。",
            "输入 power-off 关机，一分钟后再开机；若无效，请输入恢复密钥。",
        ],
    ),
    entry(
        Code::TpmReplaced,
        [
            "The TPM is another one, or was cleared: the key of the data volume was sealed to the old one.",
            "The data are on the disk, encrypted. Private keys that the old TPM held are lost with it.",
            "Put the old TPM or board back, or type the recovery key; the volume is then sealed to this TPM.",
        ],
        [
            "TPM 已更换或被清除：数据卷的密钥是封装在原 TPM 上的。",
            "数据仍加密保存在磁盘上；原 TPM 保管的私钥随之失去。",
            "请换回原 TPM 或主板，或输入恢复密钥；之后数据卷会重新封装到这块 TPM。",
        ],
    ),
    entry(
        Code::TpmLacksSha256,
        [
            "The TPM keeps no SHA-256 measurements: another bank alone is switched on.",
            "The data are on the disk, encrypted; nothing was changed.",
            "Switch the SHA-256 PCR bank on in the firmware's set-up and restart, or type the recovery key.",
        ],
        [
            "TPM 没有启用 SHA-256 度量（PCR）。",
            "数据仍加密保存在磁盘上，未作任何改动。",
            "请在固件设置中启用 SHA-256 PCR 组后重启，或输入恢复密钥。",
        ],
    ),
    entry(
        Code::SystemNotSigned,
        [
            "The system that was started is not one that the vendor signed for this: {}",
            "The data are on the disk, encrypted; the TPM did not give the key to this system.",
            "Restart: the other image may start. Type the recovery key only if you trust this system.",
        ],
        [
            "所启动的系统不是厂商为此签名的系统：{}",
            "数据仍加密保存在磁盘上；TPM 没有把密钥交给这个系统。",
            "请重启，可能会启动另一个镜像。只有信任当前系统时才输入恢复密钥。",
        ],
    ),
    entry(
        Code::KernelParameters,
        [
            "The system was started with parameters that are not the vendor's (PCR 12).",
            "The data are on the disk, encrypted; the TPM did not give the key to this system.",
            "Take the parameters away and restart. Type the recovery key only if you put them there.",
        ],
        [
            "系统启动时带有厂商未认可的参数（PCR 12）。",
            "数据仍加密保存在磁盘上；TPM 没有把密钥交给这个系统。",
            "请去掉这些参数后重启。只有参数是您自己加的，才输入恢复密钥。",
        ],
    ),
    entry(
        Code::SealedKeyDamaged,
        [
            "The key that was sealed to the TPM is missing or damaged: {}",
            "The data are on the disk, encrypted; nothing was changed.",
            "Type the recovery key; the volume is then sealed to the TPM again.",
        ],
        [
            "封装到 TPM 的密钥缺失或损坏：{}",
            "数据仍加密保存在磁盘上，未作任何改动。",
            "请输入恢复密钥；之后数据卷会重新封装到 TPM。",
        ],
    ),
    entry(
        Code::KeyOpensNoSlot,
        [
            "The TPM gave a key, and it does not open the data volume: its slot is damaged, or of another time.",
            "The data are on the disk, encrypted; the recovery key has a slot of its own.",
            "Type the recovery key; the volume is then sealed to the TPM again.",
        ],
        [
            "TPM 给出的密钥打不开数据卷：对应的密钥槽已损坏或不是同一时期的。",
            "数据仍加密保存在磁盘上；恢复密钥有自己的密钥槽。",
            "请输入恢复密钥；之后数据卷会重新封装到 TPM。",
        ],
    ),
    entry(
        Code::PolicyDamaged,
        [
            "The vendor's signed policy, which comes with the system, cannot be read: {}",
            "The data are on the disk, encrypted; nothing was changed.",
            "Restart: the other image may start. Else install the release anew, or type the recovery key.",
        ],
        [
            "系统所带的厂商签名策略无法读取：{}",
            "数据仍加密保存在磁盘上，未作任何改动。",
            "请重启，可能会启动另一个镜像；否则请重新安装，或输入恢复密钥。",
        ],
    ),
    entry(
        Code::TpmStaysOpen,
        [
            "The TPM would still give the volume's key after it should not; the volume was closed again.",
            "The data are on the disk, encrypted; nothing was changed.",
            "Restart. If it comes back, the TPM is not to be trusted: have it replaced, and keep the recovery key ready.",
        ],
        [
            "TPM 在不该给出密钥之后仍会给出；数据卷已重新关闭。",
            "数据仍加密保存在磁盘上，未作任何改动。",
            "请重启；若再次出现，说明这块 TPM 不可信，请更换并备好恢复密钥。",
        ],
    ),
    entry(
        Code::SecureBootChanged,
        [
            "Secure Boot, its keys, or the vendor's key are not what this box approved of: {}",
            "The data are on the disk, encrypted; the TPM did not give the key to this system.",
            "Undo the change in the firmware's set-up and restart. If you made it, type the recovery key: it is then approved of.",
        ],
        [
            "安全启动（Secure Boot）的状态、密钥或厂商密钥与本机认可的不同：{}",
            "数据仍加密保存在磁盘上；TPM 没有把密钥交给这个系统。",
            "请在固件设置中恢复原状后重启。如果是您所做的更改，请输入恢复密钥，即予认可。",
        ],
    ),
    entry(
        Code::SystemTooOld,
        [
            "This system is older than one that has run here: {}",
            "The data are on the disk, encrypted; the TPM gives nothing to a system with known weaknesses.",
            "Restart: the newer image may start. Else install the vendor's newest release.",
        ],
        [
            "当前系统比本机运行过的版本旧：{}",
            "数据仍加密保存在磁盘上；TPM 不会把密钥交给有已知弱点的系统。",
            "请重启，可能会启动较新的镜像；否则请安装厂商的最新版本。",
        ],
    ),
    entry(
        Code::TpmHasOwner,
        [
            "The TPM has an owner's authorization that this box did not set.",
            "Nothing was changed in the TPM; data that are on the disk stay there, encrypted.",
            "Clear the TPM in the firmware's set-up (Security or Trusted Computing) and restart.",
        ],
        [
            "TPM 带有并非本机设置的所有者授权。",
            "TPM 未作任何改动；磁盘上已有的数据仍加密保存。",
            "请在固件设置（Security 或 Trusted Computing）中清除 TPM 后重启。",
        ],
    ),
    entry(
        Code::FirmwareMeasuresNothing,
        [
            "The firmware measured nothing about Secure Boot: {}",
            "Data that are on the disk stay there, encrypted; nothing was changed.",
            "Switch the TPM's measurements on in the firmware's set-up and restart, or type the recovery key.",
        ],
        [
            "固件没有对安全启动（Secure Boot）进行度量：{}",
            "磁盘上已有的数据仍加密保存，未作任何改动。",
            "请在固件设置中启用 TPM 度量后重启，或输入恢复密钥。",
        ],
    ),
    entry(
        Code::TpmForgot,
        [
            "The TPM has lost what it kept about this box: {}",
            "The data are on the disk, encrypted; nothing was changed.",
            "Type the recovery key; the TPM is then given what it lost.",
        ],
        ["TPM 丢失了本机的记录：{}", "数据仍加密保存在磁盘上，未作任何改动。", "请输入恢复密钥；之后会重新写入 TPM。"],
    ),
    entry(
        Code::SecureBootNeeded,
        [
            "Secure Boot is off: nothing is sealed to the TPM and no data volume is made, because any system could open it.",
            "Nothing was written to the disk, and nothing changed in the TPM.",
            "Switch Secure Boot on in the firmware's set-up, with the vendor's keys, and restart.",
        ],
        [
            "安全启动（Secure Boot）未启用：不向 TPM 封装密钥，也不创建数据卷，否则任何系统都能打开它。",
            "磁盘和 TPM 均未作任何改动。",
            "请在固件设置中用厂商密钥启用 Secure Boot 后重启。",
        ],
    ),
    entry(
        Code::PinNeeded,
        [
            "The box waits for its PIN, as it does at each start.",
            "The data volume and the keys are closed.",
            "Type the PIN at the screen. Who does not know it types the recovery key, which ends the PIN. If the disk was erased and nobody knows the PIN, clear the TPM in the firmware's set-up.",
        ],
        [
            "设备正在等待开机 PIN，每次启动都需要输入。",
            "数据卷和密钥均处于关闭状态。",
            "请在设备屏幕前输入 PIN。不知道 PIN 时可输入恢复密钥，此后不再要求 PIN。若磁盘已擦除且无人知道 PIN，请在固件设置中清除 TPM。",
        ],
    ),
    entry(
        Code::PinWrong,
        [
            "The PIN is wrong. Ten wrong ones in a row, and the box takes none any more.",
            "The data volume and the keys are closed.",
            "Type the PIN again, or the recovery key, which ends the PIN.",
        ],
        [
            "PIN 错误。连续输错十次后，设备将不再接受任何 PIN。",
            "数据卷和密钥均处于关闭状态。",
            "请重新输入 PIN，或输入恢复密钥（此后不再要求 PIN）。",
        ],
    ),
    entry(
        Code::PinLocked,
        [
            "The PIN was wrong ten times in a row: the TPM takes none any more, not even the right one.",
            "The data volume and the keys are closed, and nothing is lost.",
            "Type the recovery key. The box then opens without a PIN, and an administrator sets another one with: coffer pin set.",
        ],
        [
            "PIN 已连续输错十次：TPM 不再接受任何 PIN，即使输入正确。",
            "数据卷和密钥均处于关闭状态，没有任何数据丢失。",
            "请输入恢复密钥。此后设备无需 PIN 即可打开，管理员可用 coffer pin set 重新设置。",
        ],
    ),
    entry(
        Code::NoDataDisk,
        [
            "No disk with a data partition is there.",
            "Nothing was changed. If the data disk was taken out or failed, its data are where it is.",
            "Put the data disk in, check its cables, and type retry.",
        ],
        [
            "没有找到带数据分区的磁盘。",
            "未作任何改动。如果数据盘被取出，数据仍在那块盘上。",
            "请插好数据盘并检查连线，然后输入 retry。",
        ],
    ),
    entry(
        Code::SeveralDataDisks,
        [
            "Several disks have a data partition: {}",
            "Nothing was changed on any of them.",
            "Take the wrong disks out, or type choose-disk and the number of the right one.",
        ],
        [
            "有多块磁盘带数据分区：{}",
            "各磁盘均未作任何改动。",
            "请取出不对的磁盘，或输入 choose-disk 加正确磁盘的编号。",
        ],
    ),
    entry(
        Code::VolumeHeaderLost,
        [
            "The data volume's header is gone, both of its copies: {}",
            "Nothing was changed. Without a header no key opens what is on this disk.",
            "Put a copy of the header or of the disk back, or type erase to begin anew with an empty volume.",
        ],
        [
            "数据卷的头部及其副本均已丢失：{}",
            "未作任何改动。没有头部，任何密钥都打不开这块磁盘。",
            "请恢复头部或磁盘的备份，或输入 erase 清空后重新开始。",
        ],
    ),
    entry(
        Code::DiskHoldsSomethingElse,
        [
            "The data partition holds something that is not a Coffer volume: {}",
            "Nothing was changed.",
            "Look at the disk elsewhere if it may matter to somebody. To use it here, type erase.",
        ],
        [
            "数据分区里的内容不是 Coffer 数据卷：{}",
            "未作任何改动。",
            "若内容可能有用，请在别处查看；要在本机使用这块磁盘，请输入 erase。",
        ],
    ),
    entry(
        Code::DiskErrors,
        [
            "The disk gives errors: {}",
            "What can be read is still there; nothing was changed.",
            "Check the cables and type retry. If it goes on, copy the disk sector by sector to a new one before all else.",
        ],
        [
            "磁盘读写出错：{}",
            "能读出的数据仍在，未作任何改动。",
            "请检查连线后输入 retry；若仍出错，请先把整盘逐扇区复制到新盘。",
        ],
    ),
    entry(
        Code::FileSystemDamaged,
        [
            "The file system on the data volume is damaged, and checking it did not help: {}",
            "The volume's keys are good; it was not mounted.",
            "Copy the disk first. Stock cryptsetup opens the copy with the recovery key. Or type erase to begin anew.",
        ],
        [
            "数据卷上的文件系统损坏，检查修复无效：{}",
            "数据卷的密钥完好；未挂载。",
            "请先复制整盘；用标准 cryptsetup 和恢复密钥可打开副本。或输入 erase 重新开始。",
        ],
    ),
    entry(
        Code::SetUpFailed,
        [
            "The data volume could not be set up: {}",
            "There were no data yet: nothing is lost.",
            "Cure what is named, then type retry.",
        ],
        ["数据卷未能建立：{}", "此前没有任何数据，没有损失。", "请排除上述问题，然后输入 retry。"],
    ),
];
