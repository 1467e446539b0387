//! Which names are images, and what becomes of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use std::fs;

use boot_slots::{NAME_MAX, Others, SlotPath, Standing, mark};

fn variable(text: &str) -> Vec<u8> {
    [0u8; 4].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn good(path: &str) -> Option<String> {
    SlotPath::from_variable(&variable(path)).unwrap().good().map(|slot| slot.path().to_string())
}

#[test]
fn counters_are_recognized_and_nothing_else() {
    assert_eq!(good("\\EFI\\Linux\\a+3.efi\0").as_deref(), Some("EFI/Linux/a.efi"));
    assert_eq!(good("\\EFI\\Linux\\coffer_0.1.0+2-1.efi").as_deref(), Some("EFI/Linux/coffer_0.1.0.efi"));
    for none in ["\\EFI\\Linux\\a.efi", "\\EFI\\Linux\\a+beta.efi", "\\EFI\\Linux\\a+.efi", "\\EFI\\Linux\\a+1-.efi"] {
        assert_eq!(good(none), None, "{none}");
    }
}

#[test]
fn a_path_can_not_climb() {
    for refused in ["\\EFI\\..\\a+3.efi\0", "\\EFI\\.\\a+3.efi", "\\EFI\\\\a+3.efi", "\\EFI\\Linux\\a+3.conf\0", ""] {
        assert_eq!(SlotPath::from_variable(&variable(refused)), None, "{refused}");
    }
    assert_eq!(SlotPath::from_variable(&[1, 2]), None);
}

#[test]
fn the_loaders_entry_is_an_image_of_the_folder() {
    assert_eq!(SlotPath::from_entry(&variable("a.efi\0")), Some(named("a.efi")));
    for refused in ["..\\a.efi", "auto-windows", "", "\0"] {
        assert_eq!(SlotPath::from_entry(&variable(refused)), None, "{refused}");
    }
}

#[test]
fn a_name_stays_within_two_entries_whatever_its_counter() {
    let slot = SlotPath::untried("a").unwrap();
    assert_eq!((slot.path(), slot.name()), ("EFI/Linux/a+3.efi", "a+3.efi"));
    assert_eq!(slot, SlotPath::first());
    let longest = SlotPath::untried("abcde").unwrap();
    assert!(longest.name().replace("+3", "+2-1").len() <= NAME_MAX);
    for refused in ["", "abcdef", "a+", "a.b", "A", "a_b"] {
        assert_eq!(SlotPath::untried(refused), None, "{refused}");
    }
}

#[test]
fn a_good_image_has_its_content_under_its_new_name() {
    let root = tempfile::tempdir().unwrap();
    let counted = SlotPath::untried("a").unwrap();
    fs::create_dir_all(root.path().join(boot_slots::FOLDER)).unwrap();
    fs::write(root.path().join(counted.path()), b"image").unwrap();
    let good = counted.good().unwrap();
    mark(root.path(), &counted, &good).unwrap();
    assert_eq!(fs::read(root.path().join(good.path())).unwrap(), b"image");
    assert!(!root.path().join(counted.path()).exists());
    assert!(mark(root.path(), &counted, &good).is_err(), "there is nothing any more");
}

fn named(file: &str) -> SlotPath {
    SlotPath::named(file).unwrap()
}

#[test]
fn a_name_says_how_the_image_stands() {
    for (file, standing) in [
        ("a.efi", Standing::Good),
        ("a+3.efi", Standing::Tried { left: 3 }),
        ("a+2-1.efi", Standing::Tried { left: 2 }),
        ("a+0-3.efi", Standing::Bad),
        ("a+0.efi", Standing::Bad),
        // No counter, so part of the name.
        ("a+-1.efi", Standing::Good),
        ("a+99999999999.efi", Standing::Good),
    ] {
        assert_eq!(named(file).standing(), standing, "{file}");
    }
    assert_eq!((named("b+2-1.efi").slot(), named("b.efi").slot()), ("EFI/Linux/b", "EFI/Linux/b"));
    for none in ["a.new", ".efi", "x/a.efi", "x\\a.efi", ""] {
        assert_eq!(SlotPath::named(none), None, "{none}");
    }
}

#[test]
fn a_bad_name_stays_within_its_entries() {
    for (counted, bad) in [("b+3.efi", "b+0-1.efi"), ("b+1-2.efi", "b+0-2.efi"), ("b+1-77.efi", "b+0-9.efi")] {
        let marked = named(counted).bad().unwrap();
        assert_eq!((marked.name(), marked.standing()), (bad, Standing::Bad));
        assert!(marked.name().len() <= NAME_MAX);
    }
    assert_eq!(named("b.efi").bad(), None);
}

#[test]
fn the_others_are_what_the_running_one_falls_back_to_and_what_failed() {
    let files = ["a.efi", "b+0-3.efi", "b+2-1.efi", "b.new", "readme.txt", "c+1.efi"];
    let others = Others::of(files, &named("a.efi"));
    assert_eq!(others.good().count(), 0);
    assert_eq!(others.failed().map(SlotPath::name).collect::<Vec<_>>(), ["b+0-3.efi"]);
    // By whatever name the running one goes now.
    let others = Others::of(files, &named("b+3.efi"));
    assert_eq!(others.good().collect::<Vec<_>>(), [&named("a.efi")]);
    assert_eq!(others.failed().count(), 0);
}
