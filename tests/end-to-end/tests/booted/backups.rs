//! Keys that two people back up and restore in another box; and what is left of them in a box's memory once they were used.

mod memory;

use std::path::Path;

use data_encoding::HEXLOWER;
use end_to_end::{Box, JOB, POWER_OFF, checks};
use harness::Machine;
use harness::client::Client;
use key_backup::{BackupKey, Half, Header, RecipientKey};
use rug::Integer;
use rug::integer::Order;
use secrets::Secret;
use serde_json::Value;

use memory::{Memory, shapes};

/// A batch's lease ends with it; what is wiped is wiped by then.
const SETTLED: std::time::Duration = std::time::Duration::from_secs(5);

/// Two administrators of a box, each with a file that opens half of a backup.
struct People {
    first: Client,
    second: Client,
}

#[test]
fn keys_go_to_another_box_by_two_people_and_stay_in_no_memory() {
    checks::run("keys_go_to_another_box_by_two_people_and_stay_in_no_memory", |checks| {
        let (one, other) = (Box::test(), Box::test());
        let folder = one.folder.path();
        let file = |name: &str| folder.join(name).to_str().unwrap().to_string();
        let (halves, backup) = ([file("first.key"), file("second.key")], file("backup"));
        let (clear, sealed) = (file("clear"), file("sealed"));
        std::fs::write(&clear, b"for whoever has the key").unwrap();

        let mut machine = checks.step("the_first_box", || one.boot(&one.settings()));
        let people = checks.step("two_people_and_their_keys", || {
            let people = meet(&one, &machine);
            halves.iter().for_each(|path| drop(people.first.call(&["backup", "key", path], JOB).unwrap()));
            people.first.call(&["keys", "create", "r", "--kind", "rsa"], JOB).unwrap();
            people.first.call(&["keys", "create", "p"], JOB).unwrap();
            people.first.call(&["compute", "rsa-encrypt", &clear, &sealed, "--key", "r"], JOB).unwrap();
            people
        });
        checks.step("a_backup_takes_both", || {
            let owner = people.first.call(&["keys", "list"], JOB).unwrap()["keys"][0]["owner"].clone();
            let owner = owner.as_str().unwrap().to_string();
            let asked = people.first.call(&["backup", "ask", &owner, "--backup-key", &halves[0]], JOB).unwrap();
            let id = asked["asked"]["id"].as_str().unwrap();
            assert!(people.first.call(&["backup", "fetch", id, &backup], JOB).is_err(), "nobody agreed");
            assert!(people.first.call(&["approve", id, "--backup-key", &halves[1]], JOB).is_err(), "with himself");
            people.second.call(&["approve", id, "--backup-key", &halves[1]], JOB).unwrap();
            people.first.call(&["backup", "fetch", id, &backup], JOB).unwrap();
        });
        checks.check("of_keys_that_were_used_and_released_nothing_is_in_memory", || {
            let primes = primes(&people.first, &backup, &halves);
            decrypts(&people.first, folder);
            people.first.call(&["compute", "rsa-decrypt", &sealed, &file("again"), "--key", "r"], JOB).unwrap();
            std::thread::sleep(SETTLED);
            let memory = Memory::of(&machine, folder);
            for (key, [n, p, q]) in primes {
                // The control: what is public is there, in one shape or another.
                assert!(shapes(&n).iter().any(|shape| memory.holds(shape)), "{key}: its modulus is not found");
                for prime in [p, q] {
                    let found: Vec<&str> =
                        shapes(&prime).iter().filter(|shape| memory.holds(shape)).map(|shape| shape.name).collect();
                    assert!(found.is_empty(), "a prime of {key} is in the memory as {found:?}");
                }
            }
        });
        machine.power_off(POWER_OFF).unwrap();

        let mut machine = checks.step("the_second_box", || other.boot(&other.settings()));
        checks.check("both_restore_it_and_it_opens_what_was_encrypted_before", || {
            let people = meet(&other, &machine);
            let asked = people.first.call(&["restore", "ask", &backup, "--backup-key", &halves[0]], JOB).unwrap();
            let id = asked["asked"]["id"].as_str().unwrap();
            assert!(people.first.call(&["restore", "finish", id, &backup], JOB).is_err(), "nobody agreed");
            people.second.call(&["approve", id, "--backup-key", &halves[1]], JOB).unwrap();
            let restored = people.first.call(&["restore", "finish", id, &backup], JOB).unwrap();
            assert_eq!(restored["restored"].as_array().unwrap().len(), 2, "{restored}");
            let out = other.folder.path().join("clear").to_str().unwrap().to_string();
            people.first.call(&["compute", "rsa-decrypt", &sealed, &out, "--key", "r"], JOB).unwrap();
            assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&clear).unwrap());
        });
        machine.power_off(POWER_OFF).unwrap();
    });
}

fn meet(made: &Box, machine: &Machine) -> People {
    let first = made.enrolled(machine);
    let code = first.call(&["pairing-code", "--name", "second", "--role", "administrator"], JOB).unwrap();
    let second = made.client_named("second", machine);
    second.enrol(code["code"].as_str().unwrap()).unwrap();
    People { first, second }
}

/// A Paillier key at work.
fn decrypts(client: &Client, folder: &Path) {
    let (table, _) = end_to_end::table(folder, 4);
    let job = client.call(&["compute", "encrypt", table.to_str().unwrap(), "--key", "p"], JOB).unwrap();
    client.call(&["compute", "decrypt", job["id"].as_str().unwrap(), "--key", "p"], JOB).unwrap();
}

/// The modulus and the primes of each key in the backup, which whoever has both halves can open.
fn primes(client: &Client, backup: &str, halves: &[String; 2]) -> Vec<(String, [Integer; 3])> {
    let written: Value = serde_json::from_slice(&std::fs::read(backup).unwrap()).unwrap();
    let hex = |value: &Value| HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
    let header = hex(&written["header"]);
    let parsed = Header::decode(&header).unwrap();
    let open = |path: &String| -> Half {
        let text = std::fs::read_to_string(path).unwrap();
        let secret = HEXLOWER.decode(text.lines().nth(1).unwrap().as_bytes()).unwrap();
        let key = RecipientKey::from_secret(&Secret::new(secret)).unwrap();
        let sealed = parsed.halves.iter().find(|half| half.recipient == key.public()).unwrap();
        key.open(&sealed.sealed, b"").unwrap()
    };
    let key = BackupKey::of([&open(&halves[0]), &open(&halves[1])], &header).unwrap();
    let listed = client.call(&["keys", "list"], JOB).unwrap();
    let of = |(number, entry): (u32, &Value)| {
        let plain = key.open(number, &hex(entry)).unwrap();
        let named = &parsed.keys[number as usize - 1].name;
        let info = listed["keys"].as_array().unwrap().iter().find(|k| k["name"] == **named).unwrap();
        let n = Integer::from_str_radix(info["n"].as_str().unwrap(), 16).unwrap();
        // Its factors stand in the entry as bytes, 128 of them each.
        let divides = |bytes: &[u8]| {
            let candidate = Integer::from_digits(bytes, Order::Msf);
            (candidate > 1 && n.is_divisible(&candidate)).then_some(candidate)
        };
        let p = plain.expose().windows(128).find_map(divides).expect("a prime in the entry");
        let q = Integer::from(&n / &p);
        (named.clone(), [n, p, q])
    };
    (1..).zip(written["entries"].as_array().unwrap()).map(of).collect()
}
