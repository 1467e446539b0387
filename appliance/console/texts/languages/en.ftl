# The frame of every page.
product = Coffer
development = Development image: signed with keys that anyone may have
step-of = Step { $number } of { $steps }
left-out = Later
go-on = Continue
fingerprint = Certificate, SHA-256
device = Device
sign-out = Sign out
overview = Overview
programs = Programs
people = People

# Presence.
presence-title = Show that you stand before the box
presence-what = The box's screen shows a pairing code. Type its last three groups here.
presence-why = Whoever types it sets this box up. Nobody else can from then on.
presence-warning = Your browser warned you because this box has no certificate that it knows. Compare the fingerprint below with the one on the screen: they are the same only if nobody stands in between.
presence-code = Last three groups of the code
presence-same = Same as on the screen, continue
presence-cable = Safest: one cable from your computer straight into the box, and the address on the screen.

# Administrators.
administrators-title = Who looks after this box
administrators-what = You make your own account now. It takes a password and an app on your telephone that shows six digits.
administrators-why = Without an account nobody comes back to this box. There is no password that the box came with.
administrators-three = Three administrators that exclude each other: system, security, audit
administrators-three-why = Graded protection asks for it. You become the system administrator, and invite the other two at the end. It is not undone but by a factory reset.
administrators-create = Create

# A person's account.
account-name = Your name
account-password = Password: 12 characters, or 8 with three of small letters, capitals, digits and others
account-again = The same password again
account-app = Scan this with the app, or type the text below into it.
account-code = The six digits that it shows now

# Checks.
checks-title = What the box found when it looked at itself
checks-what = Codes that begin with COF are explained in the handbook; say them on the telephone.
checks-why = What is left out is shown again on the overview, until it is mended.
checks-fine = I have read this, continue
check-state = State
check-version = Release
check-secure-boot = Secure Boot
check-lockdown = Kernel lockdown
check-volume = Data volume
check-addresses = Addresses
check-clock = Clock (UTC)
check-warnings = To be mended
check-notices = To be done
word-on = on
word-off = off: any system could be started on this box
word-none = none
state-unprovisioned = nobody can sign in yet
state-operational = works as it should
state-degraded = works, but not as it should
state-locked = locked
volume-closed = closed
volume-created = made at this start, sealed in the TPM
volume-unsealed = opened by the TPM
volume-recovery = opened with the recovery key

# Recovery key.
recovery-title = The recovery key
recovery-what = The box's screen shows it. Write it down, on paper, and keep it elsewhere. It opens the data when the TPM cannot: after a repair, or with another TPM.
recovery-why = Without it a broken TPM costs all data and all keys. Whoever has it has the box. Left out, the screen goes on showing it at every start.
recovery-last = Its last four characters, as you wrote them
recovery-written = Written down
recovery-done = It is confirmed: the screen shows it no more.

# Programs.
program-title = A first program
program-what = Programs compute with the box from other computers. Each has a name, a certificate and keys of its own; its private key is made on its own computer.
program-why = Left out, programs are let in later.
program-name = Name of the program
program-role = What it may do
program-operator = Own keys and jobs
program-auditor = Status and audit log
program-administrator = Everything
program-create = Make a code for it
program-code-title = How { $name } gets in
program-code-what = Run this on the program's computer. The code is shown once, is good once, and until { $time }.

# Summary.
summary-title = Done
summary-what = Print this sheet, and keep it where the recovery key is not.
summary-addresses = The console's addresses
summary-authority = Certificate authority of this console
summary-authority-why = Installed in a browser, it ends the warnings. It can speak for this box's names and private addresses alone.
summary-left-out = Left out, still to be done
summary-invite = Invite the other two administrators under People.
summary-open = Open the console

# People.
people-title = People
people-what = Who may sign in here.
people-roles = Roles
people-never = never
people-invite = Invite
people-name = Name of the person
people-role = Role
people-nothing = no role
people-change = Change
people-grant = Give these roles
people-suspend = Suspend
people-resume = End the suspension
people-reset = New password and authenticator
people-remove = Remove
people-invited = invited, not yet come
people-suspended = suspended
people-since = signed in { $time }
invitation-title = Invitation for { $name }
invitation-what = Give this code to { $name } only. It is shown once, is good once, and until { $time }.
invitation-where = To be used at
invitation-accept = Your invitation
invitation-code = Code of the invitation

# One's own account.
own-title = Your account
own-password = Change the password
own-codes = Codes for a lost telephone
own-codes-what = Eight codes, each good once instead of the six digits. New ones make the old ones void.
own-codes-make = Make new codes
own-codes-shown = Print or write them down now: they are shown once.
own-sessions = Other browsers
own-sessions-end = Sign out everywhere else
own-sessions-ended = You are signed out everywhere else.

# Attestation.
attestation = Attestation
attestation-what = What this box's TPM and firmware measured, in one file, signed by the TPM. Whoever has it judges alone, on another computer, what this box runs; this page judges nothing.
attestation-nonce = The auditor's number: 32 to 64 hexadecimal digits
attestation-nonce-why = The auditor makes it up, so that the file cannot be an old one.
attestation-take = Download the evidence
attestation-then = Then, on the auditor's computer

# Keys.
keys = Keys
keys-what = All keys that this box holds, of all programs. The keys themselves are never shown.
keys-none = There is no key here. Programs make their own: coffer keys create.
keys-owner = Owner
keys-id = Number
keys-kind = Kind
keys-kind-is = { $kind }, { $bits } bits
keys-operations = May be used to
keys-created = Made
keys-uses = Used
keys-uses-are = { $uses } times, { $private } of them with the private part
keys-uses-max = Private part may be used
keys-uses-max-is = { $uses } times
keys-expires = Good until
keys-dual = Dual control
keys-dual-on = on: its end takes two
keys-dual-off = off
keys-open = Waits for a second person
keys-open-is = { $deed }, asked for by { $by }, until { $time }
keys-open-agreed = { $deed }, asked for by { $by }, agreed to
keys-imported = somebody else's public key
keys-closed = It cannot be used: the vault does not open in this system.
keys-lost = It is lost: its vault was sealed to another TPM, or is damaged.
keys-expired = It has expired.
keys-used-up = It is used up: its private part is given out no more.
keys-destroy = Destroy this key
keys-destroy-what = It cannot be undone. What was encrypted with this key can never be read with it on this box again; a backup of it is not touched.
keys-destroy-name = To destroy it, type its name: { $name }
keys-destroy-two = This key is under dual control, and does not end from this page: its owner asks for it (coffer keys destroy), and an administrator's program agrees (coffer approve).
keys-destroyed = The key { $name } is destroyed.
word-unlimited = no limit
word-unknown = not known
list-more = More
operation-encrypt = encrypt
operation-decrypt = decrypt
operation-evaluate = compute on ciphertexts
operation-sign = sign
operation-derive = derive
deed-destroy = its end
deed-backup = a backup
deed-restore = a restore

# Clients.
clients = Clients
clients-title = Clients and certificates
clients-what = Programs that were let in, and the certificate of each. A program that renews has two for a while.
clients-new = Let another program in
clients-none = No program was let in yet.
clients-role = May use
clients-serial = Serial number
clients-fingerprint = Certificate, SHA-256
clients-enrolled = Let in
clients-expires = Certificate good until
clients-standing = Standing
clients-in-use = in use
clients-not-used = not used yet
clients-expired = expired
clients-void = void: the box has another identity since
clients-revoked = revoked
clients-revoke = Revoke this program
clients-revoke-what = It cannot be undone. All of its certificates end now, and nobody ever gets its name again. Its keys stay.
clients-revoke-name = To revoke it, type its name: { $name }
clients-revoke-done = The program { $name } is revoked.

# The audit log.
audit = Audit log
audit-what = Who did what, and how much of it, never a value. Newest first; times are the box's clock, in UTC.
audit-chain = Is it whole?
audit-chain-whole = Whole: lines { $first } to { $last } follow from each other.
audit-chain-part = Whole as far as it was followed: lines { $first } to { $last }. The log goes on to line { $end }.
audit-chain-empty = It was not followed yet.
audit-chain-busy = It is being followed just now: look again in a moment.
audit-chain-broken = BROKEN at line { $line }: it does not follow from the line before it. One of the two was changed, taken out or put in.
audit-chain-bad-head = BROKEN at line { $line }: the head in it was not signed by a TPM for this log.
audit-chain-unreadable = BROKEN at line { $line }: from there on it cannot be read.
audit-chain-signed = Lines below { $line } are covered by a head that the TPM signed, { $time }.
audit-chain-unsigned = No head that the TPM signed was found yet.
audit-chain-losses = The log was found shorter than the box remembered, or another one: { $times } times.
audit-chain-gaps = Signed heads that are missing: { $heads }. A power cut loses one; so does whoever takes lines out.
audit-chain-keys = Its heads are signed by { $keys } keys: the box had another TPM.
audit-chain-says = This is what the box says of itself. Download the log and judge it on another computer: coffer-verify log FILE.
audit-check = Check from the first line
audit-download = Download the log
audit-lines = Lines
audit-actor = Who: a part of the name of a person (@...), a program or a service
audit-action = What: a part of the action
audit-filter = Show
audit-looked = Looked at lines { $first } to { $last }.
audit-looked-none = There are no older lines.
audit-none = No such line.
audit-line = Line { $number }
audit-no-line = not a line of the log
audit-older = Older
audit-newest = Newest

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
sign-in-wait = Too many wrong tries from here. Come again in { $minutes } minutes, or stand before the box.
sign-in-invited = I have an invitation
sign-in-lost = No administrator can sign in any more
signed-out = You are signed out: nothing was done for some minutes, eight hours are over, or your rights or password were changed.
prove-title = It is still you?
prove-what = This takes a password and six digits that were proven in the last five minutes.
prove-button = Go on

# Nobody can sign in any more.
lost-title = A way in for whoever stands before the box
lost-what = Type "code" at the box's keyboard: its screen shows a pairing code. Whoever types its last three groups here makes a new administrator. That it was done stands in the audit log.

# What went wrong.
problem-title = That did not work
problem-screen-code =
    { $left ->
        [0] That is not the code, and no more are taken from here. Type "code" at the box's keyboard: the screen shows another one.
        [one] That is not the code. One more try.
       *[other] That is not the code. { $left } more tries.
    }
problem-not-present = Somebody else has typed the code of the screen since, or it was too long ago. Type the code that the screen shows now.
problem-old-authenticator = The picture was too old. Scan the new one.
problem-different = These are two different passwords.
problem-password-short = A password has 12 characters, or 8 with three of small letters, capitals, digits and others.
problem-password-long = This password is too long.
problem-password-common = This password is one of those that everybody tries first.
problem-password-name = This password holds your name or the box's.
problem-password-same = This password is one character again and again.
problem-name = A name has 1 to 32 letters, digits, "-", "_" and "."; "{ $about }" has not.
problem-program-name = A program's name has 1 to 64 letters, digits, "-", "_" and "."; "{ $about }" has not.
problem-taken = The name { $about } is somebody's, or was.
problem-unknown = There is nobody of the name { $about }.
problem-not-allowed = You may not do this: it takes another role.
problem-no-right = This is not for your role. It takes one of these: { $roles }.
problem-other-name = "{ $about }" is not its name. Nothing was done.
problem-dual-control = The key { $about } is under dual control: its owner asks for its end (coffer keys destroy), and an administrator's program agrees (coffer approve). Nothing was done.
problem-gone = { $about } is not here any more.
problem-excluded = These roles exclude each other.
problem-oneself = Nobody gives roles to themselves.
problem-last = This is the last one of its kind, and one is needed.
problem-not-settled = { $about } has not signed in yet: the invitation comes first.
problem-wrong-code = The code is wrong, used or expired.
problem-wrong-sign-in = Name, password or second factor is wrong.
problem-wrong-second-factor = Those are not the six digits of this moment, or they were used. Look at the app again; its clock and the box's may be minutes apart.
problem-full = The box has as many people as it can.
problem-founded = The box has administrators already: sign in.
problem-separated = One administrator became three: that is not undone but by a factory reset.
problem-by-presence = Of three administrators none resets another. Whoever stands before the box invites a new one (at the sign-in page).
problem-administrator-program = A program is an administrator already, and may do what three people may not do alone. Revoke it first: coffer clients revoke.
problem-recovery = These are not the last four characters of the recovery key, or it was confirmed before.
problem-nonce = The number has 32 to 64 hexadecimal digits, an even number of them.
problem-form = This page was too old, or did not come from this console. Here it is again.
problem-field = "{ $field }" is missing, or longer than it may be.
problem-page = There is no such page.
problem-refused = The box did not take it: { $words }
problem-box = The box could not do it now: { $words }
