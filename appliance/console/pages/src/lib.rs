//! The console's pages: what is to be seen in, HTML out. They work without script, load nothing from elsewhere, and have no style or
//! script in them, so that the strictest policy of a browser holds for them.
#![forbid(unsafe_code)]

mod account;
pub mod assets;
mod facts;
mod frame;
mod holdings;
mod home;
mod picture;
mod set_up;
mod signing_in;

pub use account::Account;
pub use facts::Facts;
pub use frame::{Frame, MenuEntry};
pub use holdings::{AuditPage, ChainState, ClientRow, ClientsPage, Fact, KeyRow, KeysPage, LogRow};
pub use home::{
    AttestationPage, Choice, CodePage, OverviewPage, OwnAccountPage, PeoplePage, PersonRow, ProblemPage, SpareCodesPage,
};
pub use picture::picture;
pub use set_up::{AdministratorsPage, ChecksPage, PresencePage, ProgramPage, RecoveryKeyPage, SummaryPage};
pub use signing_in::{InvitationPage, LostPage, SignInPage};

/// Content-Security-Policy of every page.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
