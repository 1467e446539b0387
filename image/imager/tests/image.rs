//! A whole image, built twice, and judged by programs that others wrote. Runs in the tool root (scripts/in-root), without a
//! kernel or programs of ours: a boot stub stands for the kernel, /usr/bin/true for each program.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

mod support;

use std::fs;

use imager::build::{BOOT_LOADER, DISK, UKI, VARIABLES, build};
use imager::keys::Keys;
use imager::manifest::{FileRecord, Manifest};
use imager::verify::verify;
use imager::{ImagerError, authenticode, disk, pcr, reference, sbom};
use support::{built, run, text};

const FILES: [&str; 7] = [DISK, UKI, BOOT_LOADER, VARIABLES, "manifest.json", sbom::FILE_NAME, reference::FILE_NAME];

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let built = built();
    // Another second at least: a time of day in a signature or a directory entry would show.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let two = built.folder.join("two");
    build(&built.inputs("dev.toml"), &two, &mut |_| ()).unwrap();
    for name in FILES {
        let (a, b) = (fs::read(built.image().join(name)).unwrap(), fs::read(two.join(name)).unwrap());
        assert!(a == b, "{name} differs: {} bytes at first, {} then", a.len(), b.len());
    }
}

#[test]
fn sbverify_accepts_the_signatures_and_no_changed_byte() {
    let built = built();
    let certificate = built.keys().join("db.crt");
    for name in [UKI, BOOT_LOADER] {
        let path = built.image().join(name);
        let done = run("sbverify", &["--cert", text(&certificate), text(&path)]);
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    }
    let mut bytes = fs::read(built.image().join(UKI)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = built.folder.join("changed.efi");
    fs::write(&changed, bytes).unwrap();
    assert!(!run("sbverify", &["--cert", text(&certificate), text(&changed)]).status.success());
    assert!(
        !run("sbverify", &["--cert", text(&built.keys().join("KEK.crt")), text(&built.image().join(UKI))])
            .status
            .success()
    );
}

#[test]
fn pcr_11_is_what_systemd_measure_computes() {
    let built = built();
    let manifest = Manifest::read(&built.image()).unwrap();
    let uki = fs::read(built.image().join(UKI)).unwrap();
    let folder = built.folder.join("sections");
    fs::create_dir_all(&folder).unwrap();
    let mut arguments = vec!["calculate".to_string(), "--bank=sha256".into(), "--json=short".into()];
    for name in ["linux", "osrel", "cmdline", "initrd", "uname", "sbat", "pcrpkey"] {
        let path = folder.join(name);
        fs::write(&path, pcr::section(&uki, &format!(".{name}")).unwrap().unwrap()).unwrap();
        arguments.push(format!("--{name}={}", path.display()));
    }
    let phases = ["enter-initrd", "enter-initrd:leave-initrd:sysinit:ready"];
    arguments.extend(phases.map(|phase| format!("--phase={phase}")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = run("/usr/lib/systemd/systemd-measure", &arguments);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    for phase in phases {
        let theirs = answer["sha256"].as_array().unwrap().iter().find(|entry| entry["phase"] == phase).unwrap();
        assert_eq!(theirs["hash"], manifest.pcr11[phase], "{phase}");
    }
}

#[test]
fn the_disk_is_one_that_others_read() {
    let image = built().image().join(DISK);
    let table = String::from_utf8(run("sfdisk", &["--dump", text(&image)]).stdout).unwrap();
    assert!(
        table.contains("type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B") && table.contains("name=\"coffer-data\""),
        "{table}"
    );
    assert!(run("sfdisk", &["--verify", text(&image)]).status.success());
    let esp = disk::find(&image, "coffer-esp").unwrap().unwrap();
    let fat = built().folder.join("esp.img");
    fs::write(&fat, &fs::read(&image).unwrap()[esp.start as usize..][..esp.length as usize]).unwrap();
    let checked = run("fsck.fat", &["-n", text(&fat)]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let listed = run("mdir", &["-b", "-i", text(&fat), "::/EFI/Linux"]);
    // Alone in its folder and with a short name: its entry, and those of its later names, are in the folder's first sector.
    assert_eq!(String::from_utf8_lossy(&listed.stdout).trim(), "::/EFI/Linux/a+3.efi");
}

#[test]
fn the_disk_for_large_sectors_holds_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (built().image().join(DISK), folder.path().join("large.img"));
    imager::sectors::enlarge(&small, &large).unwrap();
    assert_eq!(disk::sector(&fs::File::open(&large).unwrap()).unwrap(), 4096);
    let (from, to) = (disk::open_esp(&small).unwrap(), disk::open_esp(&large).unwrap());
    assert!(from.files().unwrap().len() >= 4);
    assert_eq!(from.files().unwrap(), to.files().unwrap());
    for path in from.files().unwrap() {
        assert!(from.read(&path).unwrap() == to.read(&path).unwrap(), "{path}");
    }
    let esp = disk::find(&large, "coffer-esp").unwrap().unwrap();
    let data = disk::find(&large, "coffer-data").unwrap().unwrap();
    assert_eq!(data.length, disk::find(&small, "coffer-data").unwrap().unwrap().length);
    let fat = folder.path().join("esp.img");
    fs::write(&fat, &fs::read(&large).unwrap()[esp.start as usize..][..esp.length as usize]).unwrap();
    let checked = run("fsck.fat", &["-n", text(&fat)]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    // The copy of the table goes to the end of a larger disk.
    let file = fs::OpenOptions::new().read(true).write(true).open(&large).unwrap();
    file.set_len(2 << 30).unwrap();
    disk::fill(&file, 2 << 30).unwrap();
    let grown = disk::find(&large, "coffer-data").unwrap().unwrap();
    assert_eq!((grown.start, grown.start + grown.length), (data.start, (2 << 30) - (1 << 20)));
}

#[test]
fn verify_finds_what_was_changed() {
    let built = built();
    assert!(verify(&built.image()).unwrap() > 20);
    let copy = built.folder.join("copy");
    fs::create_dir_all(&copy).unwrap();
    for name in FILES {
        fs::copy(built.image().join(name), copy.join(name)).unwrap();
    }
    let esp = disk::open_esp(&copy.join(DISK)).unwrap();
    esp.write("EFI/Linux/a+3.efi", b"another").unwrap();
    esp.close().unwrap();
    let Err(ImagerError::Verification { failures, .. }) = verify(&copy) else { panic!("it was not found") };
    assert!(
        failures.len() == 2 && failures[0].starts_with(DISK) && failures[1].starts_with("EFI/Linux/"),
        "{failures:?}"
    );
}

/// Who changes an image can write its manifest anew, and has no key of the vendor's.
#[test]
fn verify_asks_for_the_vendors_signatures() {
    let built = built();
    let keys = Keys::development(&built.keys()).unwrap();
    let stranger = Keys::development(&built.folder.join("stranger")).unwrap();
    let uki = fs::read(built.image().join(UKI)).unwrap();
    let bare = authenticode::unsigned("it", &uki).unwrap();
    let other = authenticode::sign("it", &bare, &stranger.secure_boot).unwrap();
    for (name, bytes, words) in [
        ("stranger", other, "who signed coffer.efi is Ok("),
        ("unsigned", bare.clone(), "who signed coffer.efi is Err(\"it is not signed\")"),
        (
            "stamped",
            stamped(&uki, &authenticode::sign("it", &bare, &keys.secure_boot).unwrap()),
            "it is not what was signed",
        ),
    ] {
        let copy = built.folder.join(name);
        fs::create_dir_all(&copy).unwrap();
        for file in FILES {
            fs::copy(built.image().join(file), copy.join(file)).unwrap();
        }
        let mut manifest = Manifest::read(&copy).unwrap();
        manifest.uki = FileRecord::of(UKI, &[], &bytes);
        fs::write(copy.join(UKI), bytes).unwrap();
        fs::write(copy.join("manifest.json"), manifest.json()).unwrap();
        let Err(ImagerError::Verification { failures, .. }) = verify(&copy) else { panic!("{name} was not found") };
        assert!(failures.iter().any(|f| f.contains(words)), "{name}: {failures:#?}");
    }
}

/// The image with a bit changed that no section has and the signature covers.
fn stamped(image: &[u8], signed: &[u8]) -> Vec<u8> {
    assert_eq!(image, signed);
    let mut changed = image.to_vec();
    // The time stamp of the file's header: 8 bytes behind "PE\0\0".
    let header = u32::from_le_bytes(image[0x3c..0x40].try_into().unwrap()) as usize;
    changed[header + 8] ^= 1;
    changed
}

#[test]
fn nothing_in_the_image_runs_a_script() {
    let manifest = Manifest::read(&built().image()).unwrap();
    let shells = ["sh", "bash", "dash", "busybox", "python3", "perl", "awk"];
    for file in &manifest.files {
        assert!(!shells.contains(&file.path.rsplit('/').next().unwrap()), "{}", file.path);
        // Nobody, and no group, may write anything.
        assert!(file.mode.ends_with("555") || file.mode.ends_with("444"), "{} {}", file.path, file.mode);
    }
}

#[test]
fn the_bill_of_materials_names_what_is_shipped_and_nothing_else() {
    let bytes = fs::read(built().image().join(sbom::FILE_NAME)).unwrap();
    let mut bill: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.6")));
    let names: Vec<&str> = bill["components"].as_array().unwrap().iter().filter_map(|c| c["name"].as_str()).collect();
    for name in ["supervisor", "/init", "serde", "linux", "libc6"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    // What only builds a program, and what the lock file has for others, is in no program.
    assert!(!names.contains(&"tools") && !names.contains(&"clap"));
    let manifest = Manifest::read(&built().image()).unwrap();
    sbom::covers(&bill, &manifest).unwrap();
    let first = bill["components"].as_array_mut().unwrap().remove(0);
    let refused = sbom::covers(&bill, &manifest).unwrap_err().to_string();
    assert!(refused.contains(first["name"].as_str().unwrap()), "{refused}");
}

#[test]
fn a_program_without_its_list_of_crates_or_with_anothers_makes_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let built = support::Built { folder: folder.path().into() };
    support::prepare(&built.folder);
    let refused = || build(&built.inputs("dev.toml"), &built.image(), &mut |_| ()).unwrap_err().to_string();
    let keyd = built.folder.join("bin/keyd");
    support::stand_in("auditd", &keyd);
    let other = refused();
    assert!(other.contains("/bin/keyd") && other.contains("auditd"), "{other}");
    fs::copy("/usr/bin/true", &keyd).unwrap();
    let without = refused();
    assert!(without.contains("/bin/keyd") && without.contains("no list of its crates"), "{without}");
}

/// What auditors compare a box with, by the key that they have.
#[test]
fn the_reference_values_are_the_images_and_signed() {
    let built = built();
    let keys = Keys::development(&built.keys()).unwrap();
    let stranger = Keys::development(&built.folder.join("stranger")).unwrap();
    let file = fs::read(built.image().join(reference::FILE_NAME)).unwrap();
    let values = reference::verify(&file, &keys.release.public_pem).unwrap();
    assert!(reference::verify(&file, &stranger.release.public_pem).is_err());
    let manifest = Manifest::read(&built.image()).unwrap();
    for (phases, value) in &manifest.pcr11 {
        assert_eq!(values.pcr11[phases].to_string(), *value);
    }
    assert_eq!(values.security_version, manifest.security_version);
    assert_eq!(values.secure_boot.db[0].to_string(), manifest.secure_boot_certificate);
    let files = manifest.files.iter().filter(|f| f.sha256.is_some()).count();
    assert_eq!(values.components.len(), files);
    // The digests are those in the signatures, which sbverify has compared with the files.
    for (name, file) in [("image", UKI), ("boot-loader", BOOT_LOADER)] {
        let bytes = fs::read(built.image().join(file)).unwrap();
        assert!(bytes.windows(32).rev().take(4096).any(|w| *w == values.programs[name].0), "{name}");
    }
}

#[test]
fn only_a_disk_is_written_to() {
    let file = built().folder.join("not-a-disk");
    fs::write(&file, b"precious").unwrap();
    let refused = imager::write::write(&built().image().join(DISK), &file, false, &mut |_, _| ()).unwrap_err();
    assert!(matches!(refused, ImagerError::Refused { .. }), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}
