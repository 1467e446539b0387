//! What a person at the console may ask for.

pub(crate) enum Command {
    PowerOff,
    Restart,
    Status,
    /// An administrator's enrolment code, for whoever stands before the box.
    Code,
}

impl Command {
    /// `None` for an empty line; for what is no command, its first two words.
    pub(crate) fn parse(line: &str) -> Option<Result<Command, (&str, Option<&str>)>> {
        let mut words = line.split_whitespace();
        Some(match (words.next()?, words.next()) {
            ("power-off", None) => Ok(Command::PowerOff),
            ("restart", None) => Ok(Command::Restart),
            ("status", None) => Ok(Command::Status),
            ("code", None) => Ok(Command::Code),
            other => Err(other),
        })
    }
}
