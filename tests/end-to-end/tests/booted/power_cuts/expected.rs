//! What must hold at an instant, by the changes that were made before it. Pure.

/// A change that a client asked for, from the instant at which it asked to the one at which it had its answer.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) begun: u64,
    pub(crate) done: u64,
    pub(crate) change: Change,
}

#[derive(Debug)]
pub(crate) enum Change {
    Code {
        client: String,
        code: String,
    },
    Enrol {
        client: String,
    },
    Revoke {
        client: String,
        serial: String,
    },
    Create {
        owner: String,
        key: Key,
    },
    Destroy {
        owner: String,
        id: String,
    },
    /// Of a table, encrypted with a key of the administrator's.
    Submit {
        job: String,
        key: String,
    },
    /// It is done.
    Finish {
        job: String,
    },
    Delete {
        job: String,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) name: String,
    /// All that `keys list` says of it, but for its uses.
    pub(crate) said: serde_json::Value,
}

/// What is known of a change, or of the thing that it made, at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    There,
    /// It was asked for, and not answered.
    Either,
    Absent,
}

impl Event {
    pub(crate) fn at(&self, instant: u64) -> Is {
        match instant {
            _ if self.done <= instant => Is::There,
            _ if self.begun < instant => Is::Either,
            _ => Is::Absent,
        }
    }
}

impl Is {
    /// Of a thing that the one change makes and the other ends.
    pub(crate) fn until(self, ended: Is) -> Is {
        match (self, ended) {
            (Is::Absent, _) | (_, Is::There) => Is::Absent,
            (Is::There, Is::Absent) => Is::There,
            _ => Is::Either,
        }
    }

    pub(crate) fn agrees(self, is_there: bool) -> bool {
        self == Is::Either || is_there == (self == Is::There)
    }
}

/// What is known of the change that `wanted` picks, if it was ever asked for.
pub(crate) fn of(events: &[Event], instant: u64, wanted: impl Fn(&Change) -> bool) -> Is {
    events.iter().find(|e| wanted(&e.change)).map_or(Is::Absent, |e| e.at(instant))
}

/// For a check's name: what was under way.
pub(crate) fn name_at(events: &[Event], instant: u64) -> String {
    let under_way = events.iter().enumerate().find(|(_, e)| e.at(instant) == Is::Either);
    under_way.map_or("between_changes".into(), |(number, e)| format!("in_change_{number}_{}", e.change.name()))
}

impl Change {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Change::Code { .. } => "code",
            Change::Enrol { .. } => "enrolment",
            Change::Revoke { .. } => "revocation",
            Change::Create { .. } => "key_creation",
            Change::Destroy { .. } => "key_destruction",
            Change::Submit { .. } => "submission",
            Change::Finish { .. } => "job",
            Change::Delete { .. } => "job_deletion",
        }
    }
}

#[test]
fn what_is_known_of_a_change_and_of_a_thing_that_is_made_and_ended() {
    let event = Event { begun: 10, done: 20, change: Change::Finish { job: String::new() } };
    assert_eq!([10, 11, 19, 20].map(|at| event.at(at)), [Is::Absent, Is::Either, Is::Either, Is::There]);
    assert_eq!(Is::There.until(Is::Absent), Is::There);
    assert_eq!([Is::There.until(Is::Either), Is::Either.until(Is::Absent)], [Is::Either; 2]);
    assert_eq!([Is::There.until(Is::There), Is::Absent.until(Is::Absent)], [Is::Absent; 2]);
    assert!(
        Is::Either.agrees(true) && Is::Either.agrees(false) && !Is::There.agrees(false) && !Is::Absent.agrees(true)
    );
}
