//! Which keys an image is signed with, and which folders of keys are refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use imager::build::build;
use imager::keys::Keys;
use support::{Built, run, text};

fn fresh(folder: &tempfile::TempDir) -> Built {
    Built { folder: folder.path().into() }
}

/// The development keys' folder under another name and without its mark, and a Secure Boot key that is the vendor's.
fn vendor(built: &Built) -> PathBuf {
    let (from, to) = (built.keys(), built.folder.join("vendor"));
    Keys::development(&from).unwrap();
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(&from).unwrap().map(Result::unwrap) {
        if !entry.file_name().to_string_lossy().starts_with("DEVELOPMENT") {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    for name in ["PK", "KEK", "db"] {
        let (key, certificate) = (to.join(format!("{name}.key")), to.join(format!("{name}.crt")));
        let request = ["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Vendor/", "-keyout"];
        let done = run("openssl", &[&request[..], &[text(&key), "-out", text(&certificate)]].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    to
}

fn new_policy_key(folder: &Path, name: &str) {
    let (key, public) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.pub")));
    let generate = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", text(&key)];
    assert!(run("openssl", &generate).status.success());
    assert!(run("openssl", &["pkey", "-pubout", "-in", text(&key), "-out", text(&public)]).status.success());
}

fn new_release_key(folder: &Path) {
    let (key, public) = (folder.join("release.key"), folder.join("release.pub"));
    let generate = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", text(&key)];
    assert!(run("openssl", &generate).status.success());
    assert!(run("openssl", &["pkey", "-pubout", "-in", text(&key), "-out", text(&public)]).status.success());
}

fn copy(folder: &Path, from: &str, to: &str) {
    fs::copy(folder.join(from), folder.join(to)).unwrap();
}

fn refused(folder: &Path, development: &Path) -> String {
    Keys::release(folder, development).err().map(|e| e.to_string()).unwrap_or_default()
}

#[test]
fn a_release_is_not_signed_with_development_keys() {
    let folder = tempfile::tempdir().unwrap();
    let built = fresh(&folder);
    let out = built.folder.join("release");
    let mut inputs = built.inputs("release.toml");
    assert!(build(&inputs, &out, &mut |_| ()).unwrap_err().to_string().contains("--keys"));
    Keys::development(&built.keys()).unwrap();
    inputs.keys = Some(built.keys());
    assert!(build(&inputs, &out, &mut |_| ()).unwrap_err().to_string().contains("development keys"));

    // Nor where the mark was taken away, and the Secure Boot key is another.
    let (vendor, nowhere) = (vendor(&built), built.folder.join("nowhere"));
    let marked = refused(&vendor, &nowhere);
    assert!(marked.contains("pcr-early.key") && marked.contains("development"), "{marked}");
    // Nor where the keys no longer say what they are, and this machine knows them.
    for name in ["pcr-early", "pcr-ready", "release"] {
        let key = vendor.join(format!("{name}.key"));
        let text = fs::read_to_string(&key).unwrap();
        fs::write(&key, &text[text.find("-----BEGIN").unwrap()..]).unwrap();
    }
    let known = refused(&vendor, &built.keys());
    assert!(known.contains("pcr-early is one of this machine's development keys"), "{known}");

    new_policy_key(&vendor, "pcr-early");
    new_policy_key(&vendor, "pcr-ready");
    assert!(refused(&vendor, &built.keys()).contains("release is one of this machine's development keys"));
    new_release_key(&vendor);
    assert_eq!(refused(&vendor, &built.keys()), "");
}

#[test]
fn keys_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let built = fresh(&folder);
    let (vendor, nowhere) = (vendor(&built), built.folder.join("nowhere"));
    new_policy_key(&vendor, "pcr-early");
    new_policy_key(&vendor, "pcr-ready");
    new_release_key(&vendor);
    assert_eq!(refused(&vendor, &nowhere), "");
    let kept = vendor.join("release.key");
    fs::copy(&kept, vendor.join("kept")).unwrap();
    new_release_key(&vendor);
    copy(&vendor, "release.pub", "other.pub");
    fs::copy(vendor.join("kept"), &kept).unwrap();
    let public = run("openssl", &["pkey", "-pubout", "-in", text(&kept)]).stdout;
    fs::write(vendor.join("release.pub"), public).unwrap();
    for (from, to, named) in [
        ("pcr-ready.pub", "pcr-early.pub", "pcr-early.pub"),
        ("KEK.crt", "db.crt", "db.crt"),
        ("db.crt", "KEK.crt", "KEK.crt"),
        ("PK.key", "db.key", "db.crt"),
        ("other.pub", "release.pub", "release.pub"),
    ] {
        let kept = fs::read(vendor.join(to)).unwrap();
        copy(&vendor, from, to);
        let text = refused(&vendor, &nowhere);
        assert!(text.contains(named) && text.contains("it is not of the key in"), "{from} as {to}: {text}");
        fs::write(vendor.join(to), kept).unwrap();
    }
}

#[test]
fn one_key_for_two_purposes_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let built = fresh(&folder);
    let (vendor, nowhere) = (vendor(&built), built.folder.join("nowhere"));
    new_policy_key(&vendor, "pcr-early");
    for end in ["key", "pub"] {
        copy(&vendor, &format!("pcr-early.{end}"), &format!("pcr-ready.{end}"));
    }
    let text = refused(&vendor, &nowhere);
    assert!(text.contains("pcr-ready and pcr-early are the same key"), "{text}");
    // Secure Boot's key and a policy's, too.
    copy(&vendor, "db.key", "pcr-ready.key");
    let public = vendor.join("pcr-ready.pub");
    assert!(
        run(
            "openssl",
            &["pkey", "-pubout", "-in", support::text(&vendor.join("db.key")), "-out", support::text(&public)]
        )
        .status
        .success()
    );
    let text = refused(&vendor, &nowhere);
    assert!(text.contains("pcr-ready and db are the same key"), "{text}");
}
