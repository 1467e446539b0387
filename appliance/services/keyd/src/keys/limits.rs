//! What ends a key. Pure: time comes in as a number.

use ipc::keyd::{Ended, KeyInfo, Limits, Operation};

/// Why the key is not for this any more.
pub(super) fn check(info: &KeyInfo, operation: Operation, now: u64) -> Result<(), String> {
    match info.limits.ended(info.private_uses, now) {
        Some(Ended::Expired) => {
            let expires = info.limits.expires;
            Err(format!("expired: it was to be used until {expires} (seconds since 1970; the box's clock says {now})"))
        }
        Some(Ended::UsedUp) if operation.is_private() => {
            Err(format!("used up: its private part was leased {} times, its limit", info.private_uses))
        }
        Some(Ended::UsedUp) | None => Ok(()),
    }
}

/// Whether a key may be made with these.
pub(super) fn check_new(limits: &Limits, now: u64) -> Result<(), String> {
    match limits.expires {
        expires if expires > 0 && expires <= now => {
            Err(format!("the key would have expired already: at {expires}; the box's clock says {now}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_at_its_time_for_everything_and_after_its_uses_for_what_is_private() {
        let mut info = crate::binding::tests::info();
        assert_eq!(check(&info, Operation::Decrypt, u64::MAX), Ok(()), "without limits");
        info.limits = Limits { uses_max: 2, expires: 100, dual_control: false };
        info.private_uses = 1;
        assert_eq!(check(&info, Operation::Decrypt, 99), Ok(()));
        for operation in [Operation::Encrypt, Operation::Decrypt] {
            assert!(check(&info, operation, 100).unwrap_err().starts_with("expired"));
        }
        info.private_uses = 2;
        assert!(check(&info, Operation::Sign, 99).unwrap_err().starts_with("used up"));
        assert_eq!(check(&info, Operation::Encrypt, 99), Ok(()));
        assert!(check_new(&info.limits, 100).is_err() && check_new(&info.limits, 99).is_ok());
        assert!(check_new(&Limits::default(), 99).is_ok());
    }
}
