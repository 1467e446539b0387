//! The order of a replacement against a power cut at every instant, in models of what ext4 and FAT keep. And the real functions.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use durable_files::{AppendFile, ReadError, Step, read_json, replace, replace_steps, set_aside, write_json};

/// What is left of the file's name after a cut: its content, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Old,
    New,
    Empty,
}

/// What a disk may hold after a cut behind so many steps. Whatever was not synced may be there or not.
fn after_cut(steps: &[Step], is_fat: bool) -> Vec<Left> {
    let (mut file_synced, mut renamed, mut file_synced_since, mut folder_synced) = (false, false, false, false);
    for step in steps {
        match step {
            Step::Create | Step::Write => {}
            Step::SyncFile => {
                file_synced = true;
                file_synced_since |= renamed;
            }
            Step::Rename => renamed = true,
            Step::SyncFolder => folder_synced |= renamed,
        }
    }
    let mut left = Vec::new();
    if !(renamed && folder_synced) {
        left.push(Left::Old);
    }
    if renamed {
        // FAT writes place and size of a renamed file with the file, not with its folder.
        let whole = file_synced && (!is_fat || file_synced_since);
        left.push(if whole { Left::New } else { Left::Empty });
    }
    left
}

/// On FAT the new name and the old one lie in the same sector as a rule, and the file's own sync writes it: until then the cache
/// holds back the new name. What the model has to show is an order in which a synced folder comes before the synced file.
fn states(order: &[Step], is_fat: bool) -> Vec<Left> {
    let cuts = (0..=order.len()).filter(|n| !is_fat || order[..*n].last() != Some(&Step::Rename));
    cuts.flat_map(|n| after_cut(&order[..n], is_fat)).collect()
}

#[test]
fn old_or_new_is_left_at_every_instant_on_both_file_systems() {
    for is_fat in [false, true] {
        assert!(!states(&replace_steps(), is_fat).contains(&Left::Empty), "FAT: {is_fat}");
        assert_eq!(after_cut(&replace_steps(), is_fat), [Left::New]);
    }
}

#[test]
fn without_the_second_sync_a_fat_file_is_empty() {
    let hasty: Vec<Step> = [&replace_steps()[..4], &[Step::SyncFolder]].concat();
    assert!(states(&hasty, true).contains(&Left::Empty));
    assert!(!states(&hasty, false).contains(&Left::Empty));
}

#[test]
fn a_file_is_replaced_whole_and_one_that_failed_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    replace(&path, b"old").unwrap();
    // Something that cannot be replaced by a file lies where the new one is to be written.
    std::fs::create_dir(folder.path().join("f.new")).unwrap();
    assert!(replace(&path, b"new").is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn a_file_of_another_version_or_damaged_is_told_apart_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    assert!(read_json::<String>(&path, 1, 100).unwrap().is_none());
    write_json(&path, 1, &"content").unwrap();
    assert_eq!(read_json::<String>(&path, 1, 100).unwrap().unwrap(), "content");
    assert!(matches!(read_json::<String>(&path, 2, 100), Err(ReadError::Version { found: 1, known: 2 })));
    assert!(matches!(read_json::<u32>(&path, 1, 100), Err(ReadError::Malformed(_))));
    assert!(matches!(read_json::<String>(&path, 1, 10), Err(ReadError::TooLong { max: 10 })));
    for damaged in ["", "{", "[]", "{\"content\":\"no version\"}"] {
        std::fs::write(&path, damaged).unwrap();
        assert!(matches!(read_json::<String>(&path, 1, 100), Err(ReadError::Malformed(_))), "{damaged:?}");
    }
    let (first, second) = (set_aside(&path, 5).unwrap(), {
        std::fs::write(&path, "again").unwrap();
        set_aside(&path, 5).unwrap()
    });
    assert!(first.exists() && second.exists() && first != second && !path.exists());
}

#[test]
fn a_log_goes_on_where_its_last_whole_piece_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut log = AppendFile::open(&path, 0).unwrap();
    log.append(b"one\n").unwrap();
    std::fs::write(&path, b"one\ntw").unwrap();
    let mut log = AppendFile::open(&path, 4).unwrap();
    log.append(b"two\n").unwrap();
    assert_eq!((std::fs::read(&path).unwrap().as_slice(), log.length()), (&b"one\ntwo\n"[..], 8));
    assert!(AppendFile::open(&path, 9).is_err());
}
