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
