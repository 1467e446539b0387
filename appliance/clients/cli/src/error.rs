pub(crate) use error_chain::chain;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("starting the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: {what}")]
    Content { path: PathBuf, what: String },
    #[error("this machine is not enrolled at the box {name:?}: run coffer enrol --host HOST --code CODE")]
    NotEnrolled { name: String },
    #[error(
        "this machine is enrolled at another box as {name:?}, {known}; {found} answers there: give it a name of its own (--box NAME), \
         or keep the other under another name (--replace). The code was not used"
    )]
    OtherBox { name: String, known: String, found: String },
    #[error("no randomness")]
    Randomness,
    #[error("which box: give --host")]
    NoHost,
    #[error(
        "this machine is not enrolled at that box: give --code, with a pairing code on its screen or the first four groups of one"
    )]
    NoCode,
    #[error("the box runs a release that does not say which authority its console has")]
    NoConsole,
    #[error("the authority of the box's console is not one to trust")]
    Authority(#[from] crate::authority::AuthorityError),
    #[error(transparent)]
    Upstream(#[from] crate::console::UpstreamError),
    #[error(transparent)]
    Ports(#[from] crate::console::PortError),
    #[error("what the browsers trust")]
    Stores(#[from] crate::trust::StoreError),
    #[error("the pairing code")]
    PairingCode(#[from] accounts::PairingCodeError),
    #[error("making this client's key and request")]
    Request(#[from] rcgen::Error),
    #[error("setting TLS up")]
    Tls(#[from] rustls::Error),
    #[error("connecting to {address}")]
    Connect {
        address: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the connection to the box: {what}")]
    Connection { what: String },
    #[error("the box answered {code:?}: {message}")]
    Status { code: tonic::Code, message: String },
    #[error("waiting for job {id}, which goes on in the box (coffer jobs watch {id})")]
    Watch {
        id: String,
        #[source]
        source: Box<CliError>,
    },
    #[error("writing to standard output")]
    Output(#[source] std::io::Error),
    #[error("job {id} {how}")]
    Job { id: String, how: String },
    #[error("the box's answer: {0}")]
    Answer(String),
    #[error("the box shows no evidence")]
    NoEvidence(#[source] Box<CliError>),
    #[error("the box's evidence")]
    Evidence(#[from] verifier::Unusable),
    #[error("what the evidence is judged by")]
    Reference(#[from] coffer_verify::VerifyError),
    #[error("predicting PCR 7")]
    Predict(#[from] attestation::secure_boot::PredictError),
    #[error("the box's evidence does not hold: {}", failed.join("; "))]
    Untrusted { failed: Vec<String> },
    #[error(
        "another TPM than at the enrolment answers there (attestation key {found}, and it was {known}): if the box was repaired, \
         its screen shows a new pin: coffer renew --pin PIN"
    )]
    AnotherTpm { known: String, found: String },
    #[error("the audit log")]
    Audit(#[from] audit_log::VerifyError),
    #[error("{0}")]
    Usage(String),
}

impl From<tonic::Status> for CliError {
    fn from(status: tonic::Status) -> CliError {
        // "transport error" says nothing: what went wrong is what it came from, and no box has said it.
        let mut innermost = std::error::Error::source(&status);
        while let Some(next) = innermost.and_then(|e| e.source()) {
            innermost = Some(next);
        }
        match innermost {
            None => CliError::Status { code: status.code(), message: status.message().to_string() },
            Some(e) => CliError::Connection { what: explained(e.to_string()) },
        }
    }
}

pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> CliError {
    let path = path.into();
    move |source| CliError::File { action, path, source }
}

/// What TLS and HTTP/2 say of a connection, in words, and what is to be done.
pub(crate) fn explained(text: String) -> String {
    let says = |part: &str| text.contains(part);
    // The second is what a call hears of the first: its connection is given up.
    if says("keep-alive timed out") || says("stream closed because of a broken pipe") {
        let gone = "nothing came from the box for so long (--silence), not even an answer to a ping, or it ended the connection";
        return format!("{gone}: the box or the network to it is gone");
    }
    if let Some(alert) = text.strip_prefix("received fatal alert: ") {
        return format!(
            "the box does not take this client's certificate ({alert}): coffer renew, or a new enrolment, makes another"
        );
    }
    if !says("invalid peer certificate") {
        return text;
    }
    // Our own verifier's: of a pin.
    if says("ApplicationVerificationFailure") {
        return "another box answers there than the one of this code or pin".into();
    }
    if says("expired") || says("Expired") || says("not valid yet") || says("NotValidYet") {
        return format!("{text}: the box's certificate is not for now, or the clock of this machine is wrong");
    }
    let what = "another box answers there, or this one has a new identity, as its screen then says";
    format!("{text}: {what}: coffer renew --pin PIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_library_says_is_explained() {
        let alert = explained("received fatal alert: CertificateExpired".into());
        assert!(alert.contains("coffer renew") && alert.contains("CertificateExpired"), "{alert}");
        assert!(explained("keep-alive timed out".into()).contains("network"));
        let other = explained("invalid peer certificate: UnknownIssuer".into());
        assert!(other.contains("another box answers there"), "{other}");
        let clock = explained("invalid peer certificate: certificate expired: verification time 1".into());
        assert!(clock.contains("clock") && !clock.contains("another box"), "{clock}");
        assert_eq!(explained("connection refused".into()), "connection refused");
    }
}
