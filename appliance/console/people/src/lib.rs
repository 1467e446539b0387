//! The people who sign in at a box's console. Pure: the time and all randomness are arguments; who keeps it writes it down before an
//! answer leaves.
//!
//! A box has one administrator, or three that exclude each other, as Chinese graded protection asks for (GB/T 22239-2019, 8.1.5:
//! 系统, 安全 and 审计管理员): who makes accounts gives no rights, who gives rights makes no accounts, and who reads what both
//! did does neither. No account ever has two of the three, and none of the three loses its last holder.
#![forbid(unsafe_code)]

pub use code::{CODE_BYTES, OneTimeCode};
pub use limits::{Attempts, Wait, household};
pub use password::{Password, PasswordError, SALT_BYTES, Verifier};
pub use people::{NewFactors, People, PersonView, Second, SignedIn};
pub use person::FACTORS_MAX;
pub use refusal::{NAME_MAX, Refusal};
pub use right::Right;
pub use role::{Role, Roles, Separation};
pub use sessions::{Ended, IDLE_RANGE_S, IDLE_S, Session, SessionId, Sessions};
pub use totp::{SECRET_BYTES, TotpSecret};

mod code;
mod limits;
mod password;
mod people;
mod person;
mod refusal;
mod right;
mod role;
mod sessions;
mod totp;
