//! `coffer trust`: the authority of a box's console, for browsers that are to know it from then on.

mod stores;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::arguments::Trust;
use crate::authority::{Authority, fingerprint, is_host_name};
use crate::connect::Link;
use crate::error::{CliError, file};
use crate::output::Output;
use crate::profile::Profile;
use crate::proven::prove;
use stores::Stores;

pub(crate) use stores::StoreError;

/// Of a file that may be another certificate.
const FILE_MAX: u64 = 64 << 10;

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    New,
    Same,
    Replaced,
}

pub(crate) async fn run(profile: &Profile, link: &Link, wanted: Trust, output: &Output) -> Result<(), CliError> {
    if wanted.remove {
        return remove(wanted.which.address.as_deref(), output);
    }
    // What cannot be done is said before anything is.
    let stores = wanted.install.then(Stores::found).transpose()?;
    let authority = prove(profile, link, &wanted.which).await?.authority;
    let path = wanted.out.unwrap_or_else(|| PathBuf::from(format!("{}.pem", authority.host_name())));
    let written = write(&path, &authority, wanted.replace)?;
    let installed = match &stores {
        Some(stores) => stores.install(&authority, &path, wanted.replace)?,
        None => Vec::new(),
    };
    said(&authority, &path, written, &installed, output);
    Ok(())
}

fn said(authority: &Authority, path: &Path, written: Written, installed: &[PathBuf], output: &Output) {
    let (name, sha256, permitted) = (authority.host_name(), authority.fingerprint(), authority.permitted());
    let how = match written {
        Written::New => "written to",
        Written::Same => "is there already, in",
        Written::Replaced => "written, in place of another one, to",
    };
    let stores: Vec<String> = installed.iter().map(|store| store.display().to_string()).collect();
    let next = match installed {
        [] => format!(
            "To have your browsers trust it: coffer trust ... --install, or import {} as an authority for web sites by hand.",
            path.display()
        ),
        _ => format!("Trusted by the browsers that use {}. coffer trust {name} --remove ends that.", stores.join(", ")),
    };
    output.result(
        json!({
            "box": name, "file": path.display().to_string(), "sha256": sha256, "permitted": permitted,
            "unchanged": written == Written::Same, "stores": stores,
        }),
        &format!(
            "The authority of {name}'s console {how} {}.\n  SHA-256 {sha256}\n  It may speak for {} alone.\n{next}",
            path.display(),
            permitted.join(", ")
        ),
    );
}

fn remove(name: Option<&str>, output: &Output) -> Result<(), CliError> {
    let name = name.filter(|name| is_host_name(name)).ok_or_else(|| {
        CliError::Usage("which box's authority: its own name, coffer trust coffer-XXXXXX --remove".into())
    })?;
    let from = Stores::found()?.remove(name)?;
    let stores: Vec<String> = from.iter().map(|store| store.display().to_string()).collect();
    let text = match stores.is_empty() {
        true => format!("no browser of this user trusted the authority of {name}"),
        false => format!("the authority of {name} is trusted no more by the browsers that use {}", stores.join(", ")),
    };
    output.result(json!({ "box": name, "removed_from": stores }), &text);
    Ok(())
}

/// All of it or nothing; what is there stays, unless it is this very certificate, or is to be replaced.
fn write(path: &Path, authority: &Authority, replace: bool) -> Result<Written, CliError> {
    let written = match found(path)? {
        None => Written::New,
        Some(there) if there.as_deref() == Some(authority.der()) => return Ok(Written::Same),
        Some(_) if replace => Written::Replaced,
        Some(there) => return Err(CliError::Content { path: path.into(), what: holds(there.as_deref(), authority) }),
    };
    let mut random = [0; 8];
    SystemRandom::new().fill(&mut random).map_err(|_| CliError::Randomness)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", HEXLOWER.encode(&random)));
    let beside = PathBuf::from(beside);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&beside);
    let mut made = made.map_err(file("making", &beside))?;
    let put = made.write_all(authority.pem().as_bytes()).and_then(|()| made.sync_all());
    if let Err(e) = put.and_then(|()| fs::rename(&beside, path)) {
        let _ = fs::remove_file(&beside);
        return Err(file("writing", path)(e));
    }
    Ok(written)
}

/// The certificate in a file that is there, if it has one.
fn found(path: &Path) -> Result<Option<Option<Vec<u8>>>, CliError> {
    let opened = match fs::File::open(path) {
        Ok(opened) => opened,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(file("reading", path)(e)),
    };
    let mut content = Vec::new();
    opened.take(FILE_MAX).read_to_end(&mut content).map_err(file("reading", path))?;
    Ok(Some(parse_x509_pem(&content).ok().map(|(_, pem)| pem.contents)))
}

/// What stands in the way, and what it may mean.
fn holds(there: Option<&[u8]>, authority: &Authority) -> String {
    let certificate = there.and_then(|der| X509Certificate::from_der(der).ok());
    let Some((der, (_, certificate))) = there.zip(certificate) else {
        return "it is there already, and holds no certificate (--replace puts the authority in its place)".into();
    };
    let subject = certificate.subject().iter_common_name().find_map(|name| name.as_str().ok()).unwrap_or("no name");
    let subject: String = subject.chars().filter(|c| !c.is_control()).take(100).collect();
    let sha256 = fingerprint(der);
    let meaning = match subject.ends_with(authority.host_name()) {
        true => {
            "this box's authority has changed since, as after its TPM was replaced: whoever trusts the old one does not know the new"
        }
        false => "it is another box's, or something else's",
    };
    format!(
        "it holds the certificate of \"{subject}\" (SHA-256 {sha256}): {meaning} (--replace puts the new one in its place, --out elsewhere)"
    )
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
