//! A key that was destroyed does not come back, whatever copies were taken before; and a change that is cut off costs nothing.

use std::fs;
use std::path::Path;

use ipc::List;
use ipc::control::PcrPolicy;
use ipc::keyd::{KeyInfo, KeyKind, KeyState, Limits, Operation, Refusal, Reply, Request};
use keyd::ownership;
use keyd::tpm::{Phase, Policy, Tpm};
use tempfile::TempDir;

use crate::served::{Person, Served, name, served, vault_file, vault_files};
use crate::support::{SoftwareTpm, Vendor, ready};

/// A box with two keys of the administrator's.
struct Two {
    software: SoftwareTpm,
    policy: PcrPolicy,
    folder: TempDir,
    admin: Person,
    kept: KeyInfo,
    gone: KeyInfo,
}

fn two() -> (Two, Served) {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let served = served(&software, &policy, &folder);
    let admin = served.administrator();
    let (kept, gone) = (create(&served, &admin, "kept"), create(&served, &admin, "gone"));
    (Two { software, policy, folder, admin, kept, gone }, served)
}

fn create(served: &Served, owner: &Person, key: &str) -> KeyInfo {
    let operations = List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
    let (kind, limits) = (KeyKind::Rsa { bits: 2048 }, Limits::default());
    match served.ask(Request::CreateKey { owner: owner.name.clone(), name: name(key), kind, operations, limits }) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
}

fn lease(served: &Served, key: &KeyInfo) -> Reply {
    served.ask(Request::Lease { id: key.id.clone(), client: key.owner.clone(), operation: Operation::Decrypt })
}

fn opens(served: &Served, key: &KeyInfo) -> bool {
    matches!(lease(served, key), Reply::Lease(lease) if lease.private.is_some())
}

fn state(served: &Served, key: &KeyInfo) -> Option<KeyState> {
    match served.ask(Request::FindKey { id: key.id.clone(), client: key.owner.clone() }) {
        Reply::Key(info) => Some(info.state),
        Reply::Refused(Refusal::NotFound(_)) => None,
        other => panic!("{other:?}"),
    }
}

/// A copy of everything that keyd keeps.
fn copy(from: &Path) -> TempDir {
    let to = TempDir::new().unwrap();
    for folder in ["", "keys"] {
        fs::create_dir_all(to.path().join(folder)).unwrap();
        for entry in fs::read_dir(from.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.path().join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    to
}

fn key_file(folder: &TempDir, key: &KeyInfo) -> std::path::PathBuf {
    folder.path().join("keys").join(format!("{}.json", key.id))
}

#[test]
fn no_copy_from_before_brings_a_destroyed_key_back() {
    let (Two { software, policy, folder, admin, kept, gone }, before) = two();
    let file = fs::read(key_file(&folder, &gone)).unwrap();
    let whole = copy(folder.path());
    let control = software.copy();
    assert!(matches!(before.ask(admin.destroy(&before, &gone.id)), Reply::Destroyed));
    assert!(matches!(
        before.refusal(Request::Lease {
            id: gone.id.clone(),
            client: gone.owner.clone(),
            operation: Operation::Decrypt
        }),
        Refusal::NotFound(_)
    ));
    assert!(opens(&before, &kept), "the others go on, in the same start");
    drop(before);

    // The key's own file, put back.
    fs::write(key_file(&folder, &gone), &file).unwrap();
    let software = software.reboot();
    let later = served(&software, &policy, &folder);
    assert!(later.troubles.is_empty(), "{:?}", later.troubles);
    assert!(opens(&later, &kept));
    assert_eq!(state(&later, &gone), None);
    assert!(!key_file(&folder, &gone).exists(), "nothing opens it: it is cleared away");
    drop(later);

    // All that keyd keeps, as it was before: on this TPM nothing of it opens, and the copy is kept for whoever wants to look.
    let software = software.reboot();
    let restored = served(&software, &policy, &whole);
    assert!(restored.troubles.iter().any(|t| t.contains("a key was destroyed since")), "{:?}", restored.troubles);
    for key in [&kept, &gone] {
        assert!(matches!(lease(&restored, key), Reply::Refused(Refusal::Unavailable(_))));
        assert_eq!(state(&restored, key), Some(KeyState::NoVault));
    }
    drop(restored);

    // The control: the same copy on the TPM as it was before opens both.
    let whole = {
        let mut aside = fs::read_dir(whole.path()).unwrap().map(|e| e.unwrap().path());
        let aside = aside.find(|p| p.to_str().unwrap().contains("set-aside")).unwrap();
        for file in vault_files(&whole) {
            fs::remove_file(file).unwrap();
        }
        let named = aside.to_str().unwrap().split(".set-aside").next().unwrap().to_string();
        fs::rename(&aside, named).unwrap();
        whole
    };
    let restored = served(&control, &policy, &whole);
    assert!(opens(&restored, &kept) && opens(&restored, &gone));
}

/// The order is: new file, counter, old file's end, key file's end. A start after each of them.
#[test]
fn a_power_cut_at_any_instant_leaves_the_key_whole_or_gone_and_the_others_as_they_were() {
    let (Two { software, policy, folder, admin, kept, gone }, before) = two();
    let (old, old_tpm) = (copy(folder.path()), software.copy());
    let old_file = vault_file(&folder);
    assert!(matches!(before.ask(admin.destroy(&before, &gone.id)), Reply::Destroyed));
    drop(before);
    let new_file = vault_file(&folder);
    assert_ne!(old_file.file_name(), new_file.file_name());
    let new_tpm = software.copy();

    let both = |from: &TempDir| {
        let both = copy(from.path());
        fs::copy(old.path().join(old_file.file_name().unwrap()), both.path().join(old_file.file_name().unwrap()))
            .unwrap();
        fs::copy(&new_file, both.path().join(new_file.file_name().unwrap())).unwrap();
        both
    };
    // The new file was written, the counter stands: nothing has happened.
    let cut = both(&old);
    let served_ = served(&old_tpm, &policy, &cut);
    assert!(served_.troubles.is_empty(), "{:?}", served_.troubles);
    assert!(opens(&served_, &kept) && opens(&served_, &gone));
    assert_eq!(vault_file(&cut).file_name(), old_file.file_name(), "what never came to be is gone");
    drop(served_);

    // The counter moved, the old file and the key's are still there.
    let cut = both(&old);
    let served_ = served(&new_tpm, &policy, &cut);
    assert!(served_.troubles.is_empty(), "{:?}", served_.troubles);
    assert!(opens(&served_, &kept) && !opens(&served_, &gone));
    assert_eq!(state(&served_, &gone), None);
    assert_eq!(vault_file(&cut).file_name(), new_file.file_name());
    let again = create(&served_, &admin, "gone");
    assert!(opens(&served_, &again), "its name is free again");
    drop(served_);

    // All is done but the key's file.
    let cut = copy(folder.path());
    fs::copy(key_file(&old, &gone), key_file(&cut, &gone)).unwrap();
    let served_ = served(&software.reboot(), &policy, &cut);
    assert!(opens(&served_, &kept) && !opens(&served_, &gone));
}

#[test]
fn a_counter_that_somebody_else_moves_costs_no_key_while_the_box_runs() {
    let (Two { software, policy, folder, admin, kept, gone }, before) = two();
    // Somebody with the owner's authorization, beside keyd.
    let mut beside = Tpm::open(software.tcti()).unwrap();
    let parsed = |phase| Policy::parse(&policy, phase).unwrap();
    ownership::use_kept(&mut beside, &parsed(Phase::Early), &parsed(Phase::Ready)).unwrap();
    beside.count().unwrap();
    drop(beside);
    assert!(matches!(before.ask(admin.destroy(&before, &gone.id)), Reply::Destroyed));
    assert!(opens(&before, &kept));
    let third = create(&before, &admin, "third");
    drop(before);
    let software = software.reboot();
    let later = served(&software, &policy, &folder);
    assert!(opens(&later, &kept) && opens(&later, &third) && state(&later, &gone).is_none());
    drop(later);
    // While it is off there is nobody to follow: the keys are lost, and said so.
    let software = software.reboot();
    ready(&software, &policy).count().unwrap();
    let software = software.reboot();
    let lost = served(&software, &policy, &folder);
    assert!(lost.troubles.iter().any(|t| t.contains("counter")), "{:?}", lost.troubles);
    assert_eq!(state(&lost, &kept), Some(KeyState::NoVault));
}

/// Deleted and made anew it begins above every value it had.
#[test]
fn a_counter_that_is_made_anew_does_not_come_back_to_an_old_value() {
    let (Two { software, policy, folder, gone, .. }, before) = two();
    drop(before);
    let software = software.reboot();
    software.tool("tpm2_nvundefine", &["-C", "platform", "0x1800111"]);
    let later = served(&software, &policy, &folder);
    assert!(!opens(&later, &gone));
    assert_eq!(vault_files(&folder).len(), 1);
}
