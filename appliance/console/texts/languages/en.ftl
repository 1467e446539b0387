# The frame of every page.
product = Coffer
development = Development image: signed with keys that anyone may have
step-of = Step { $number } of { $steps }
back = Back
left-out = Later
go-on = Continue
fingerprint = Certificate, SHA-256
serial-number = Serial number

# Presence.
presence-title = Show that you stand before the box
presence-what = The box's screen shows a code. Type its last two groups here.
presence-why = Whoever types it sets this box up. Nobody else can from then on.
presence-warning = Your browser warned you because this box has no certificate that it knows. Compare the fingerprint below with the one on the screen: they are the same only if nobody stands in between.
presence-code = Last two groups of the code
presence-same = Same as on the screen, continue
presence-wrong =
    { $left ->
        [0] That is not the code. The screen shows a new one now.
        [one] That is not the code. One more try, then the screen shows a new one.
       *[other] That is not the code. { $left } more tries, then the screen shows a new one.
    }
presence-address = The certificate names the address that the screen shows. Open that one.
presence-taken = Somebody else is setting this box up, from { $from }. A new code from the screen takes it over.
presence-cable = Safest: one cable from your computer straight into the box, and the address on the screen.

# Administrators.
administrators-title = Who looks after this box
administrators-what = You make your own account now. It takes a password and an app on your telephone that shows six digits.
administrators-why = Without an account nobody comes back to this box. There is no password that the box came with.
administrators-three = Three administrators that exclude each other: system, security, audit
administrators-three-why = Graded protection asks for it. You become the system administrator; the other two get invitations at the end. It is not undone but by a factory reset.
administrators-name = Your name
administrators-password = Password
administrators-again = The same password again
administrators-different = These are two different passwords.
administrators-app = Scan this with the app, or type the text below into it.
administrators-code = The six digits that it shows now
administrators-create = Create
factor-wrong = Those are not the six digits of this moment. Look at the app again; its clock and the box's may be minutes apart.

# Network, name and time.
network-title = Network, name and time
network-what = This is what the box found. Keep it, or change it.
network-why = Left out, it stays as it is: addresses from the network, the time from the network or the clock.
network-keep = Keep and continue
network-change = Change
network-address = Address
network-gateway = Gateway
network-servers = Name servers
network-name = Name of the box
network-by-dhcp = by DHCP
network-by-hand = set here
network-none = no address
network-clock = The box's clock says { $machine }, your browser's { $browser }.
network-clock-take = Set the box by your browser
network-clock-off = They are { $seconds } seconds apart. Second factors, certificates and the dates in the audit log hang on the box's clock.
network-trying = Trying the new address. The old one is there until you confirm, and comes back by itself after { $seconds } seconds.
network-confirm = I see this page under the new address: keep it
network-undone = The new address was not confirmed. The old one is as it was.

# Checks.
checks-title = What the box found when it looked at itself
checks-what = Each line is checked by what the TPM and the firmware measured, not by what the box would like to say.
checks-why = Left out, a warning stays on every page until it is mended.
checks-fine = Looks right
checks-accept = I have read this: continue all the same
checks-evidence = Download the evidence

# Recovery key.
recovery-title = The recovery key
recovery-what = It opens the data when the TPM cannot: after a repair, or with another TPM. Write it down, on paper, and keep it elsewhere.
recovery-why = Without it a broken TPM costs all data and all keys. Whoever has it has the box.
recovery-shown = This key counts from the moment that you type two of its groups. The one of the first start is void then.
recovery-group = Group { $number }
recovery-written = Written down
recovery-wrong = Group { $number } is another one. Look at your paper; the key is shown again below.
recovery-print = Print

# Organization, first key and first user.
organization-title = Whose box this is, and a first key
organization-what = The name stands on certificates and printed sheets. The key is made in the box and never leaves it.
organization-why = Left out, keys and users are made later.
organization-name = Organization
organization-key = Paillier key of 2048 bits: numbers are encrypted, and sums and products with known numbers are computed on them
organization-user = Name of the first program that uses the box
organization-create = Create

# Summary.
summary-title = Done
summary-what = Print this sheet, and keep it where the recovery key is not.
summary-enrol = On the program's computer
summary-invitation = Invitation for the { $role }
summary-until = until { $time }
summary-spare = Codes for a lost telephone, each good once
summary-warnings = Still to be mended
summary-open = Open the console

# Roles, as people say them.
role-system-administrator = system administrator
role-security-administrator = security administrator
role-audit-administrator = audit administrator
role-operator = operator
role-updater = updater
role-metrics = monitoring

# Signing in.
sign-in-title = Sign in
sign-in-name = Name
sign-in-password = Password
sign-in-code = Six digits of your app, or a code for a lost telephone
sign-in-button = Sign in
sign-in-wrong = Name, password or second factor is wrong.
sign-in-wait = Too many wrong tries from here. Come again in { $minutes } minutes, or stand before the box.
sign-in-last = Signed in before: { $time }
sign-in-never = This is the first time.
sign-out = Sign out
signed-out-idle = You were signed out, because nothing was done for { $minutes } minutes.
signed-out-long = You were signed out: eight hours are the longest.
signed-out-changed = You were signed out, because your rights or your password were changed.
