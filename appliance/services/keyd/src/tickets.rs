//! Tickets of people who may read the audit log, each good once and for a while: the log's service learns a name by it, and no session.
//! Pure: time and tickets come in.

use std::collections::VecDeque;

use ipc::Name;
use secrets::Secret;

const VALID_S: u64 = 60;
/// Whoever asks for more makes the oldest ones void.
const OPEN_MAX: usize = 64;

#[derive(Default)]
pub(crate) struct Tickets(VecDeque<(Secret, Name, u64)>);

impl Tickets {
    pub(crate) fn give(&mut self, ticket: Secret, to: Name, now: u64) {
        if self.0.len() >= OPEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back((ticket, to, now + VALID_S));
    }

    /// Whose it is; now it is nobody's any more.
    pub(crate) fn use_up(&mut self, ticket: &Secret, now: u64) -> Option<Name> {
        self.0.retain(|(_, _, until)| *until > now);
        let at = self.0.iter().position(|(known, ..)| known.equals(ticket))?;
        self.0.remove(at).map(|(_, name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_for_a_while_and_there_are_so_many() {
        let (mut tickets, ticket) = (Tickets::default(), |n: u8| Secret::new(vec![n; 16]));
        tickets.give(ticket(1), Name::shortened("@an"), 0);
        tickets.give(ticket(2), Name::shortened("@bo"), 0);
        assert_eq!(tickets.use_up(&ticket(1), 1), Some(Name::shortened("@an")));
        assert_eq!(tickets.use_up(&ticket(1), 1), None);
        assert_eq!(tickets.use_up(&Secret::new(Vec::new()), 1), None);
        assert_eq!(tickets.use_up(&ticket(2), VALID_S), None, "it has expired");
        for n in 0..=255 {
            tickets.give(ticket(n), Name::shortened("@an"), 0);
        }
        assert!(tickets.0.len() == OPEN_MAX && tickets.use_up(&ticket(0), 1).is_none());
    }
}
