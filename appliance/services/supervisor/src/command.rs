//! What a person at the console may ask for.

use crate::clock;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Status,
    /// An administrator's enrolment code, for whoever stands before the box.
    Code,
    /// The recovery key was written down; its last characters show it.
    Confirm(String),
    /// Seconds since 1970.
    Time(u64),
    /// Try again to open the data volume.
    Retry,
    /// This one of several disks, counted from 1.
    ChooseDisk(usize),
    /// Begin anew with an empty volume; the word that the box asks for, once it has been asked.
    Erase(Option<String>),
    PowerOff,
    Restart,
}

/// What a line is, if it is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Other<'a> {
    /// A command with an argument that it does not take; how it is used.
    Usage(&'static str),
    /// Its first two words.
    Unknown(&'a str, Option<&'a str>),
}

pub(crate) const HELP: [&str; 11] = [
    "status                   what state the box is in, and why",
    "code                     a pairing code: for the console, and for an administrator's program",
    "confirm XXXX             you have written the recovery key down; XXXX are its last four characters",
    "time 2026-11-30T08:00    set the clock, in UTC",
    "power-off                switch off in order (so does the power button)",
    "restart                  start anew",
    "when the data volume stays closed:",
    "the recovery key         type it at any time; it is not shown",
    "the PIN                  where the box asks for it at its start; it is not shown",
    "retry                    try again to open the volume; choose-disk N: with this disk",
    "erase                    begin anew with an empty volume, which asks again first",
];

impl Command {
    /// `None` for an empty line.
    pub(crate) fn parse(line: &str) -> Option<Result<Command, Other<'_>>> {
        let mut words = line.split_whitespace();
        let (word, argument, more) = (words.next()?, words.next(), words.next());
        if more.is_some() {
            return Some(Err(Other::Unknown(word, argument)));
        }
        let usage = |command: Option<Command>, how| command.ok_or(Other::Usage(how));
        Some(match (word, argument) {
            ("help" | "?", None) => Ok(Command::Help),
            ("status", None) => Ok(Command::Status),
            ("code", None) => Ok(Command::Code),
            ("retry", None) => Ok(Command::Retry),
            ("power-off", None) => Ok(Command::PowerOff),
            ("restart", None) => Ok(Command::Restart),
            ("erase", word) => Ok(Command::Erase(word.map(String::from))),
            ("confirm", word) => usage(word.map(|w| Command::Confirm(w.into())), "confirm XXXX"),
            ("time", word) => usage(word.and_then(clock::typed).map(Command::Time), "time 2026-11-30T08:00 (UTC)"),
            ("choose-disk", word) => {
                let number = word.and_then(|w| w.parse().ok()).filter(|n| *n > 0);
                usage(number.map(Command::ChooseDisk), "choose-disk 1")
            }
            other => Err(Other::Unknown(other.0, other.1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_whole_lines() {
        assert_eq!(Command::parse("  "), None);
        assert_eq!(Command::parse(" status "), Some(Ok(Command::Status)));
        assert_eq!(Command::parse("status now"), Some(Err(Other::Unknown("status", Some("now")))));
        assert_eq!(Command::parse("power-off in an hour"), Some(Err(Other::Unknown("power-off", Some("in")))));
        assert_eq!(Command::parse("time 1970-01-02"), Some(Ok(Command::Time(86_400))));
        assert!(matches!(Command::parse("time tomorrow"), Some(Err(Other::Usage(_)))));
        assert!(matches!(Command::parse("choose-disk 0"), Some(Err(Other::Usage(_)))));
        assert_eq!(Command::parse("choose-disk 2"), Some(Ok(Command::ChooseDisk(2))));
        assert_eq!(Command::parse("erase"), Some(Ok(Command::Erase(None))));
        assert_eq!(Command::parse("erase AB12"), Some(Ok(Command::Erase(Some("AB12".into())))));
        assert!(matches!(Command::parse("confirm"), Some(Err(Other::Usage(_)))));
    }

    #[test]
    fn the_help_names_every_command() {
        for word in ["status", "code", "confirm", "time", "power-off", "restart", "retry", "choose-disk", "erase"] {
            assert!(HELP.iter().any(|line| line.contains(word)), "{word}");
        }
    }
}
