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
