# 每个页面的框架。
product = Coffer
development = 开发镜像：签名密钥任何人都可能持有
step-of = 第 { $number } 步，共 { $steps } 步
left-out = 以后再说
go-on = 继续
fingerprint = 证书指纹（SHA-256）
device = 设备
sign-out = 退出
overview = 概览
programs = 程序
people = 用户

# 到场验证。
presence-title = 请证明您在设备旁
presence-what = 设备屏幕上显示一个配对码，请在此输入它的最后三组。
presence-why = 输入代码的人即开始设置本设备，此后其他人无法再设置。
presence-warning = 浏览器发出警告，是因为它不认识本设备的证书。请将下面的指纹与屏幕上的指纹核对：只有两者一致，才说明中间没有其他人。
presence-code = 代码的最后三组
presence-same = 与屏幕一致，继续
presence-cable = 最安全的方式：用一根网线将电脑直接连到本设备，并打开屏幕上显示的地址。

# 管理员。
administrators-title = 由谁管理本设备
administrators-what = 现在创建您自己的账户：需要一个口令，以及手机上显示六位数字的应用。
administrators-why = 没有账户，任何人都无法再进入本设备。本设备没有出厂口令。
administrators-three = 三员管理：系统管理员、安全管理员、审计管理员相互独立
administrators-three-why = 等级保护要求如此。您将成为系统管理员，最后再邀请另外两位。除恢复出厂设置外不可撤销。
administrators-create = 创建

# 个人账户。
account-name = 您的姓名
account-password = 口令：12 个字符；或 8 个字符，且含小写字母、大写字母、数字、其他符号中的三类
account-again = 再次输入口令
account-app = 请用应用扫描此图，或在应用中输入下面的文字。
account-code = 应用当前显示的六位数字

# 设备自检。
checks-title = 设备自检结果
checks-what = 以 COF 开头的代码在手册中有说明，电话报修时请报出代码。
checks-why = 跳过的问题会一直显示在概览页，直到解决为止。
checks-fine = 我已阅读，继续
check-state = 状态
check-version = 版本
check-secure-boot = 安全启动
check-lockdown = 内核锁定
check-volume = 数据卷
check-addresses = 地址
check-clock = 时钟（UTC）
check-warnings = 待解决
check-notices = 待办
word-on = 已开启
word-off = 未开启：任何系统都可能在本设备上启动
word-none = 无
state-unprovisioned = 尚无人可以登录
state-operational = 运行正常
state-degraded = 可以运行，但有异常
state-locked = 已锁定
volume-closed = 未打开
volume-created = 本次启动时创建，密钥封装在 TPM 中
volume-unsealed = 由 TPM 打开
volume-recovery = 由恢复密钥打开

# 恢复密钥。
recovery-title = 恢复密钥
recovery-what = 设备屏幕上显示恢复密钥。请抄写在纸上，并存放在别处。当 TPM 无法打开数据时（例如维修后或更换 TPM）使用它。
recovery-why = 没有它，TPM 一旦损坏，所有数据和密钥都将丢失。持有它的人即可控制本设备。跳过则每次启动时屏幕仍会显示。
recovery-last = 您抄写的最后四个字符
recovery-written = 已抄好
recovery-done = 已确认：屏幕不再显示。

# 程序。
program-title = 第一个程序
program-what = 程序从其他计算机使用本设备计算。每个程序有自己的名称、证书和密钥；私钥在程序自己的计算机上生成。
program-why = 跳过后可以稍后再添加程序。
program-name = 程序名称
program-role = 允许的操作
program-operator = 自己的密钥和任务
program-auditor = 状态和审计日志
program-administrator = 全部
program-create = 生成代码
program-code-title = { $name } 如何接入
program-code-what = 请在程序所在的计算机上执行。代码只显示一次，只能用一次，有效期至 { $time }。

# 完成。
summary-title = 完成
summary-what = 请打印此页，并与恢复密钥分开存放。
summary-addresses = 控制台地址
summary-authority = 本控制台的证书颁发机构
summary-authority-why = 安装到浏览器后不再出现警告。它只能为本设备的名称和内网地址签发证书。
summary-left-out = 已跳过，仍待处理
summary-invite = 请在“用户”页邀请另外两位管理员。
summary-open = 进入控制台

# 用户。
people-title = 用户
people-what = 可以在此登录的人。
people-roles = 角色
people-never = 从未
people-invite = 邀请
people-name = 姓名
people-role = 角色
people-nothing = 无角色
people-change = 修改
people-grant = 授予这些角色
people-suspend = 停用
people-resume = 恢复使用
people-reset = 重设口令和验证器
people-remove = 删除
people-invited = 已邀请，尚未登录
people-suspended = 已停用
people-since = { $time } 登录
invitation-title = { $name } 的邀请
invitation-what = 请只将此代码交给 { $name }。代码只显示一次，只能用一次，有效期至 { $time }。
invitation-where = 使用地址
invitation-accept = 您的邀请
invitation-code = 邀请代码

# 自己的账户。
own-title = 您的账户
own-password = 修改口令
own-codes = 手机丢失时使用的代码
own-codes-what = 八个代码，每个可代替六位数字使用一次。生成新代码后旧代码作废。
own-codes-make = 生成新代码
own-codes-shown = 请立即打印或抄写：代码只显示一次。
own-sessions = 其他浏览器
own-sessions-end = 退出其他所有登录
own-sessions-ended = 其他登录均已退出。

# 远程证明。
attestation = 远程证明
attestation-what = 本设备的 TPM 和固件的度量值，汇成一个由 TPM 签名的文件。持有者可在另一台计算机上独立判断本设备运行的内容；本页面不作判断。
attestation-nonce = 审计方的随机数：32 至 64 位十六进制数字
attestation-nonce-why = 由审计方自行给出，以证明文件不是旧的。
attestation-take = 下载证据
attestation-then = 然后在审计方的计算机上执行

# 密钥。
keys = 密钥
keys-what = 本设备保管的所有程序的全部密钥。密钥本身从不显示。
keys-none = 此处没有密钥。密钥由程序自行创建：coffer keys create。
keys-owner = 所有者
keys-id = 编号
keys-kind = 类型
keys-kind-is = { $kind }，{ $bits } 位
keys-operations = 允许的操作
keys-created = 创建时间
keys-uses = 使用次数
keys-uses-are = { $uses } 次，其中使用私有部分 { $private } 次
keys-uses-max = 私有部分可用
keys-uses-max-is = { $uses } 次
keys-expires = 有效期至
keys-dual = 双人控制
keys-dual-on = 已开启：销毁需要两人
keys-dual-off = 未开启
keys-open = 等待第二人同意
keys-open-is = { $deed }，由 { $by } 申请，有效期至 { $time }
keys-open-agreed = { $deed }，由 { $by } 申请，已获同意
keys-imported = 他人的公钥
keys-closed = 无法使用：密钥库在当前系统中无法打开。
keys-lost = 已丢失：其密钥库由另一个 TPM 封装，或已损坏。
keys-expired = 已过期。
keys-used-up = 次数已用完：私有部分不再提供。
keys-destroy = 销毁此密钥
keys-destroy-what = 此操作不可撤销。用此密钥加密的内容在本设备上将永远无法用它解密；已有的备份不受影响。
keys-destroy-name = 如需销毁，请输入其名称：{ $name }
keys-destroy-two = 此密钥处于双人控制之下，不能在本页销毁：由所有者申请（coffer keys destroy），再由管理员的程序同意（coffer approve）。
keys-destroyed = 密钥 { $name } 已销毁。
word-unlimited = 不限
word-unknown = 未知
list-more = 更多
operation-encrypt = 加密
operation-decrypt = 解密
operation-evaluate = 密文计算
operation-sign = 签名
operation-derive = 派生
deed-destroy = 销毁
deed-backup = 备份
deed-restore = 恢复

# 客户端。
clients = 客户端
clients-title = 客户端与证书
clients-what = 已接入的程序及其证书。正在更新证书的程序会暂时有两份证书。
clients-new = 接入新程序
clients-none = 尚无程序接入。
clients-role = 允许的操作
clients-serial = 序列号
clients-fingerprint = 证书 SHA-256
clients-enrolled = 接入时间
clients-expires = 证书有效期至
clients-standing = 状态
clients-in-use = 使用中
clients-not-used = 尚未使用
clients-expired = 已过期
clients-void = 已失效：设备身份已更换
clients-revoked = 已吊销
clients-revoke = 吊销此程序
clients-revoke-what = 此操作不可撤销。其所有证书立即失效，名称不再分配给任何人。其密钥保留。
clients-revoke-name = 如需吊销，请输入其名称：{ $name }
clients-revoke-done = 程序 { $name } 已吊销。

# 审计日志。
audit = 审计
audit-what = 谁做了什么、数量多少，从不记录数值本身。最新的在最前；时间为设备时钟（UTC）。
audit-chain = 日志是否完整
audit-chain-whole = 完整：第 { $first } 行至第 { $last } 行前后相接。
audit-chain-part = 已核对部分完整：第 { $first } 行至第 { $last } 行。日志至第 { $end } 行。
audit-chain-empty = 尚未核对。
audit-chain-busy = 正在核对，请稍后再看。
audit-chain-broken = 在第 { $line } 行断裂：与前一行不相接，两行之一被修改、删除或插入。
audit-chain-bad-head = 在第 { $line } 行断裂：其中的链头不是 TPM 为本日志签名的。
audit-chain-unreadable = 在第 { $line } 行断裂：此后无法读取。
audit-chain-signed = 第 { $line } 行之前的各行由 TPM 签名的链头覆盖，签名时间 { $time }。
audit-chain-unsigned = 尚未找到 TPM 签名的链头。
audit-chain-losses = 日志曾比设备所记的短，或不是同一日志：{ $times } 次。
audit-chain-gaps = 缺少 { $heads } 个签名的链头。断电会丢失一个，删除日志行也会。
audit-chain-keys = 链头由 { $keys } 个密钥签名：设备曾使用另一个 TPM。
audit-chain-says = 这是设备对自身的说明。请下载日志，在另一台计算机上判断：coffer-verify log FILE。
audit-check = 从第一行重新核对
audit-download = 下载日志
audit-lines = 日志行
audit-actor = 操作者：用户（@…）、程序或服务名称的一部分
audit-action = 操作：名称的一部分
audit-filter = 显示
audit-looked = 已查看第 { $first } 行至第 { $last } 行。
audit-looked-none = 没有更早的日志行。
audit-none = 没有符合的日志行。
audit-line = 第 { $number } 行
audit-no-line = 不是日志行
audit-older = 更早
audit-newest = 最新

# 角色。
role-system-administrator = 系统管理员
role-security-administrator = 安全管理员
role-audit-administrator = 审计管理员
role-operator = 操作员
role-updater = 更新员
role-metrics = 监控

# 登录。
sign-in-title = 登录
sign-in-name = 姓名
sign-in-password = 口令
sign-in-code = 应用显示的六位数字，或手机丢失时使用的代码
sign-in-button = 登录
sign-in-wait = 此处错误次数过多。请在 { $minutes } 分钟后再试，或到设备旁操作。
sign-in-invited = 我有邀请代码
sign-in-lost = 所有管理员都无法登录
signed-out = 您已退出登录：一段时间没有操作、已满八小时，或您的权限或口令已更改。
prove-title = 请再次确认身份
prove-what = 此操作需要在最近五分钟内验证过口令和六位数字。
prove-button = 继续

# 没有人可以登录。
lost-title = 为设备旁的人提供的入口
lost-what = 在设备键盘上输入 code，屏幕会显示一个配对码。在此输入它最后三组的人可以邀请一位新的管理员。此操作会记入审计日志。

# 出错。
problem-title = 操作未完成
problem-screen-code =
    { $left ->
        [0] 代码不正确，此处不能再试。请在设备键盘上输入 code，屏幕会显示新的代码。
       *[other] 代码不正确。还可以再试 { $left } 次。
    }
problem-not-present = 此后有人输入了屏幕上的代码，或时间过久。请输入屏幕现在显示的代码。
problem-old-authenticator = 图片已过期，请扫描新的图片。
problem-different = 两次输入的口令不同。
problem-password-short = 口令需要 12 个字符；或 8 个字符，且含小写字母、大写字母、数字、其他符号中的三类。
problem-password-long = 口令过长。
problem-password-common = 这是最常见的口令之一。
problem-password-name = 口令中含有您的姓名或设备名称。
problem-password-same = 口令是同一个字符的重复。
problem-name = 姓名由 1 至 32 个字母、数字、“-”、“_”和“.”组成；“{ $about }”不符合。
problem-program-name = 程序名称由 1 至 64 个字母、数字、“-”、“_”和“.”组成；“{ $about }”不符合。
problem-taken = 名称 { $about } 已被使用，或曾被使用。
problem-unknown = 没有名为 { $about } 的用户。
problem-not-allowed = 您无权进行此操作：需要其他角色。
problem-no-right = 您的角色不能使用此功能。需要以下角色之一：{ $roles }。
problem-other-name = “{ $about }”不是它的名称。未作任何操作。
problem-dual-control = 密钥 { $about } 处于双人控制之下：由所有者申请销毁（coffer keys destroy），再由管理员的程序同意（coffer approve）。未作任何操作。
problem-gone = { $about } 已不存在。
problem-excluded = 这些角色相互排斥。
problem-oneself = 不能为自己授予角色。
problem-last = 这是最后一位，必须保留。
problem-not-settled = { $about } 尚未登录：请先使用邀请。
problem-wrong-code = 代码错误、已使用或已过期。
problem-wrong-sign-in = 姓名、口令或第二因素不正确。
problem-wrong-second-factor = 这不是当前的六位数字，或已使用过。请再看一眼应用；它的时钟与设备时钟可能相差几分钟。
problem-full = 用户数量已达上限。
problem-founded = 本设备已有管理员：请登录。
problem-separated = 已改为三员管理：除恢复出厂设置外不可撤销。
problem-by-presence = 三员之间不能相互重设。请由设备旁的人邀请一位新的管理员（见登录页）。
problem-administrator-program = 已有一个程序是管理员，可以完成三员单独不能完成的操作。请先吊销它：coffer clients revoke。
problem-recovery = 这不是恢复密钥的最后四个字符，或密钥此前已确认。
problem-nonce = 随机数应为 32 至 64 位十六进制数字，且位数为偶数。
problem-form = 页面已过期，或不是由本控制台打开的。请重新填写。
problem-field = “{ $field }”未填写，或过长。
problem-page = 没有这个页面。
problem-refused = 设备未接受：{ $words }
problem-box = 设备现在无法完成：{ $words }
