# 每个页面的框架。
product = Coffer
development = 开发镜像：签名密钥任何人都可能持有
step-of = 第 { $number } 步，共 { $steps } 步
back = 返回
left-out = 以后再说
go-on = 继续
fingerprint = 证书指纹（SHA-256）
serial-number = 序列号

# 到场验证。
presence-title = 请证明您在设备旁
presence-what = 设备屏幕上显示一个代码，请在此输入它的最后两组。
presence-why = 输入代码的人即开始设置本设备，此后其他人无法再设置。
presence-warning = 浏览器发出警告，是因为它不认识本设备的证书。请将下面的指纹与屏幕上的指纹核对：只有两者一致，才说明中间没有其他人。
presence-code = 代码的最后两组
presence-same = 与屏幕一致，继续
presence-wrong =
    { $left ->
        [0] 代码不正确。屏幕上已显示新的代码。
       *[other] 代码不正确。还可以再试 { $left } 次，之后屏幕会显示新的代码。
    }
presence-address = 证书中写的是屏幕上显示的地址，请打开那个地址。
presence-taken = 另一个浏览器（{ $from }）正在设置本设备。输入屏幕上的新代码即可接管。
presence-cable = 最安全的方式：用一根网线将电脑直接连到本设备，并打开屏幕上显示的地址。

# 管理员。
administrators-title = 由谁管理本设备
administrators-what = 现在创建您自己的账户：需要一个口令，以及手机上显示六位数字的应用。
administrators-why = 没有账户，任何人都无法再进入本设备。本设备没有出厂口令。
administrators-three = 三员管理：系统管理员、安全管理员、审计管理员相互独立
administrators-three-why = 等级保护要求如此。您将成为系统管理员，另外两位在最后获得邀请。除恢复出厂设置外不可撤销。
administrators-name = 您的姓名
administrators-password = 口令
administrators-again = 再次输入口令
administrators-different = 两次输入的口令不同。
administrators-app = 请用应用扫描此图，或在应用中输入下面的文字。
administrators-code = 应用当前显示的六位数字
administrators-create = 创建
factor-wrong = 这不是当前的六位数字。请再看一眼应用；它的时钟与设备时钟可能相差几分钟。

# 网络、名称与时间。
network-title = 网络、名称与时间
network-what = 以下是设备检测到的设置，可以保持不变，也可以修改。
network-why = 跳过则保持现状：地址由网络分配，时间取自网络或时钟。
network-keep = 保持并继续
network-change = 修改
network-address = 地址
network-gateway = 网关
network-servers = 域名服务器
network-name = 设备名称
network-by-dhcp = 由 DHCP 分配
network-by-hand = 在此设置
network-none = 没有地址
network-clock = 设备时钟为 { $machine }，浏览器时钟为 { $browser }。
network-clock-take = 按浏览器时间设置设备
network-clock-off = 两者相差 { $seconds } 秒。第二因素、证书以及审计日志中的日期都取决于设备时钟。
network-trying = 正在尝试新地址。确认之前旧地址仍然有效，{ $seconds } 秒后自动恢复。
network-confirm = 我已在新地址下看到此页面：保留新地址
network-undone = 新地址未被确认，旧地址保持不变。

# 设备自检。
checks-title = 设备自检结果
checks-what = 每一行都由 TPM 和固件的度量值检验，而不是设备自己的说法。
checks-why = 跳过后，警告会显示在每个页面上，直到问题解决。
checks-fine = 没有问题
checks-accept = 我已阅读：仍然继续
checks-evidence = 下载证据

# 恢复密钥。
recovery-title = 恢复密钥
recovery-what = 当 TPM 无法打开数据时（例如维修后或更换 TPM）使用它。请抄写在纸上，并存放在别处。
recovery-why = 没有它，TPM 一旦损坏，所有数据和密钥都将丢失。持有它的人即可控制本设备。
recovery-shown = 输入其中两组后，此密钥即刻生效，首次启动时的密钥随之作废。
recovery-group = 第 { $number } 组
recovery-written = 已抄好
recovery-wrong = 第 { $number } 组不符。请核对您的抄写；密钥仍显示在下面。
recovery-print = 打印

# 机构、第一个密钥与第一个用户。
organization-title = 所属机构与第一个密钥
organization-what = 机构名称会出现在证书和打印件上。密钥在设备内生成，永不离开设备。
organization-why = 跳过后可以稍后再创建密钥和用户。
organization-name = 机构
organization-key = 2048 位 Paillier 密钥：数字被加密，可在密文上求和以及与已知数相乘
organization-user = 第一个使用本设备的程序名称
organization-create = 创建

# 完成。
summary-title = 完成
summary-what = 请打印此页，并与恢复密钥分开存放。
summary-enrol = 在程序所在的计算机上执行
summary-invitation = { $role }的邀请
summary-until = 有效期至 { $time }
summary-spare = 手机丢失时使用的代码，每个只能用一次
summary-warnings = 尚待处理
summary-open = 进入控制台

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
sign-in-wrong = 姓名、口令或第二因素不正确。
sign-in-wait = 此处错误次数过多。请在 { $minutes } 分钟后再试，或到设备旁操作。
sign-in-last = 上次登录：{ $time }
sign-in-never = 这是首次登录。
sign-out = 退出
signed-out-idle = 由于 { $minutes } 分钟没有操作，您已退出登录。
signed-out-long = 您已退出登录：最长为八小时。
signed-out-changed = 您的权限或口令已更改，因此已退出登录。
