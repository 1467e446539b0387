//! What the image holds, which no boot is needed for.

use std::collections::BTreeSet;

use end_to_end::Box;

#[test]
fn the_image_holds_no_shell_and_no_interpreter() {
    let made = Box::of("dev");
    let manifest = std::fs::read_to_string(made.image.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let programs: BTreeSet<&str> = files
        .iter()
        .filter(|f| f["size"].is_u64())
        .map(|f| f["path"].as_str().unwrap())
        .filter(|p| !p.contains("/lib") && !p.starts_with("/etc/"))
        .collect();
    let expected = [
        "/bin/auditd",
        "/bin/computed",
        "/bin/consoled",
        "/bin/keyd",
        "/bin/networkd",
        "/init",
        "/sbin/e2fsck",
        "/sbin/mke2fs",
    ];
    assert_eq!(programs, BTreeSet::from(expected));
    let shells = ["sh", "bash", "dash", "busybox", "python", "perl", "awk", "lua"];
    assert!(files.iter().all(|f| !shells.contains(&f["path"].as_str().unwrap().rsplit('/').next().unwrap())));
}
