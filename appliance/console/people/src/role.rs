//! Roles, and which of them one person may have.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a person may do at the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Accounts, network, time, backups, updates: 系统管理员.
    SystemAdministrator,
    /// Roles, locks, policies, and what the third one did: 安全管理员.
    SecurityAdministrator,
    /// The audit log, and nothing else: 审计管理员.
    AuditAdministrator,
    /// Own keys, jobs and data.
    Operator,
    /// Updates.
    Updater,
    /// Counters.
    Metrics,
}

/// Whether the administrators' roles are one person's or three persons'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separation {
    /// Whoever administers the system administers its security, too.
    One,
    /// 三权分立.
    Three,
}

/// Roles that one person may have together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(BTreeSet<Role>);

impl Role {
    pub const ALL: [Role; 6] = [
        Role::SystemAdministrator,
        Role::SecurityAdministrator,
        Role::AuditAdministrator,
        Role::Operator,
        Role::Updater,
        Role::Metrics,
    ];
    pub const ADMINISTRATORS: [Role; 3] =
        [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];

    pub fn name(self) -> &'static str {
        match self {
            Role::SystemAdministrator => "system-administrator",
            Role::SecurityAdministrator => "security-administrator",
            Role::AuditAdministrator => "audit-administrator",
            Role::Operator => "operator",
            Role::Updater => "updater",
            Role::Metrics => "metrics",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == text)
    }
}

impl Roles {
    pub fn none() -> Roles {
        Roles(BTreeSet::new())
    }

    /// `None`: they exclude each other. An audit administrator is nothing else, in any case: it would read what it did itself. Of
    /// three administrators each is that alone. Where there is one, the system's and its security's are the same person.
    pub fn new(separation: Separation, roles: impl IntoIterator<Item = Role>) -> Option<Roles> {
        let roles: BTreeSet<Role> = roles.into_iter().collect();
        let has = |role| roles.contains(&role);
        let fine = match separation {
            Separation::Three => !Role::ADMINISTRATORS.into_iter().any(has) || roles.len() == 1,
            Separation::One => {
                has(Role::SystemAdministrator) == has(Role::SecurityAdministrator)
                    && (!has(Role::AuditAdministrator) || roles.len() == 1)
            }
        };
        fine.then_some(Roles(roles))
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::*;

    #[test]
    fn which_roles_go_together() {
        let fits = |separation, roles: &[Role]| Roles::new(separation, roles.iter().copied()).is_some();
        for administrator in Role::ADMINISTRATORS {
            assert!(fits(Separation::Three, &[administrator]));
            for other in Role::ALL.into_iter().filter(|role| *role != administrator) {
                assert!(!fits(Separation::Three, &[administrator, other]), "{administrator:?} and {other:?}");
            }
        }
        assert!(fits(Separation::Three, &[Operator, Updater, Metrics]) && fits(Separation::Three, &[]));
        assert!(fits(Separation::One, &[SystemAdministrator, SecurityAdministrator, Operator]));
        assert!(!fits(Separation::One, &[SystemAdministrator]) && !fits(Separation::One, &[SecurityAdministrator]));
        assert!(
            fits(Separation::One, &[AuditAdministrator]) && !fits(Separation::One, &[AuditAdministrator, Operator])
        );
    }
}
