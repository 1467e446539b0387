use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum AuditdError {
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("starting a thread")]
    Thread(#[source] std::io::Error),
    #[error("descriptor {0} was not passed")]
    Descriptor(i32),
    #[error("the service table gives it no folder")]
    NoFolder,
    #[error(transparent)]
    Startup(#[from] ipc::StartupError),
    #[error("the supervisor's channel")]
    Control(#[from] ipc::ChannelError),
    #[error("the jail")]
    Jail(#[from] sandbox::EnterError),
}

pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AuditdError {
    let path = path.to_path_buf();
    move |source| AuditdError::File { action, path, source }
}
