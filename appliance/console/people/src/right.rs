//! What may be looked at and done at the console beside the people themselves, and whose roles it takes. keyd asks this table and nothing
//! else, and the menu is made of it.

use crate::role::Role::{self, AuditAdministrator, SecurityAdministrator, SystemAdministrator};
use crate::role::{Roles, Separation};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// What each key is, of whom, and what it was used for; never the key.
    SeeKeys,
    /// The end of a key that is not under dual control.
    DestroyKey,
    ReadAuditLog,
    SeeClients,
    /// The end of a program.
    RevokeClient,
    /// A code for a new program.
    LetClientIn,
}

/// Whose role is enough: where the administrators' roles are one person's, and where they are three persons'.
struct Row {
    right: Right,
    one: &'static [Role],
    three: &'static [Role],
}

const fn row(right: Right, one: &'static [Role], three: &'static [Role]) -> Row {
    Row { right, one, three }
}

/// Who administers one box alone reads its log, as a program does that is an administrator; of three the audit administrator alone.
const TABLE: [Row; 6] = [
    row(Right::SeeKeys, &[SecurityAdministrator, AuditAdministrator], &[SecurityAdministrator, AuditAdministrator]),
    row(Right::DestroyKey, &[SecurityAdministrator], &[SecurityAdministrator]),
    row(Right::ReadAuditLog, &[SystemAdministrator, AuditAdministrator], &[AuditAdministrator]),
    row(Right::SeeClients, &[SystemAdministrator, AuditAdministrator], &Role::ADMINISTRATORS),
    row(Right::RevokeClient, &[SystemAdministrator], &[SystemAdministrator]),
    row(Right::LetClientIn, &[SystemAdministrator], &[SystemAdministrator]),
];

impl Right {
    pub const ALL: [Right; 6] = [
        Right::SeeKeys,
        Right::DestroyKey,
        Right::ReadAuditLog,
        Right::SeeClients,
        Right::RevokeClient,
        Right::LetClientIn,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Right::SeeKeys => "see-keys",
            Right::DestroyKey => "destroy-key",
            Right::ReadAuditLog => "read-audit-log",
            Right::SeeClients => "see-clients",
            Right::RevokeClient => "revoke-client",
            Right::LetClientIn => "let-client-in",
        }
    }

    /// Any of them is enough.
    pub fn roles(self, separation: Separation) -> &'static [Role] {
        // What is in no row is nobody's.
        let row = TABLE.iter().find(|row| row.right == self);
        row.map_or(&[], |row| match separation {
            Separation::One => row.one,
            Separation::Three => row.three,
        })
    }

    pub fn is_of(self, roles: &Roles, separation: Separation) -> bool {
        self.roles(separation).iter().any(|role| roles.has(*role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Separation::{One, Three};

    #[test]
    fn the_table_has_a_row_for_each_right() {
        for right in Right::ALL {
            assert_eq!(TABLE.iter().filter(|row| row.right == right).count(), 1, "{right:?}");
            for separation in [One, Three] {
                assert!(!right.roles(separation).is_empty(), "nobody has {right:?}");
            }
        }
    }

    #[test]
    fn what_the_table_must_never_allow() {
        let has = |right: Right, separation, role| right.roles(separation).contains(&role);
        for right in Right::ALL {
            for separation in [One, Three] {
                for role in [Role::Operator, Role::Updater, Role::Metrics] {
                    assert!(!has(right, separation, role), "{right:?}: {role:?} administers nothing");
                }
                let looks = matches!(right, Right::SeeKeys | Right::ReadAuditLog | Right::SeeClients);
                assert_eq!(has(right, separation, AuditAdministrator), looks, "{right:?}: an auditor looks");
            }
            // Of three none has another one's.
            assert!(!(right == Right::ReadAuditLog && has(right, Three, SystemAdministrator)));
            assert!(!(right == Right::DestroyKey && has(right, Three, SystemAdministrator)));
            assert!(!(right == Right::RevokeClient && has(right, Three, SecurityAdministrator)));
        }
        assert!(!Right::ReadAuditLog.is_of(&Roles::none(), One));
    }

    /// A refusal is said by one short text.
    #[test]
    fn whose_roles_it_takes_fits_a_message() {
        for roles in Right::ALL.into_iter().flat_map(|right| [One, Three].map(|separation| right.roles(separation))) {
            assert!(roles.iter().map(|role| role.name().len() + 1).sum::<usize>() <= 64, "{roles:?}");
        }
    }
}
