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
