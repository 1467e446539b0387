//! Keys of every kind, by the command line.

use serde_json::{Value, json};

use crate::desk::Desk;

fn decrypted(desk: &Desk, job: &Value, key: &str) -> Value {
    desk.json(&["compute", "decrypt", job["id"].as_str().unwrap(), "--key", key])["values"].clone()
}

#[test]
fn sums_under_keys_of_other_kinds() {
    let desk = Desk::enrolled();
    let table = desk.write("table.csv", "1,-2\n3,4294967295\n");
    for kind in ["okamoto-uchiyama", "elgamal"] {
        let key = desk.json(&["keys", "create", kind, "--kind", kind]);
        let sealed = desk.json(&["compute", "encrypt", &table, "--key", kind]);
        assert_eq!(decrypted(&desk, &sealed, kind), json!(["1", "-2", "3", "4294967295"]));
        let sums = desk.json(&["compute", "sum", sealed["id"].as_str().unwrap(), "--key", kind]);
        assert_eq!(decrypted(&desk, &sums, kind), json!(["4", "4294967293"]));
        let public: Vec<String> = match kind {
            "elgamal" => vec!["--h".into(), key["public_value"].as_str().unwrap().into()],
            _ => ["n", "g"].iter().flat_map(|n| [format!("--{n}"), key[*n].as_str().unwrap().into()]).collect(),
        };
        let name = format!("their-{kind}");
        let import: Vec<&str> =
            ["keys", "import", &name].into_iter().chain(public.iter().map(String::as_str)).collect();
        assert_eq!(desk.json(&import)["imported"], true);
    }
    let table = desk.write("large.csv", "0,4294967296\n");
    let refused = desk.refused(&["compute", "encrypt", &table, "--key", "elgamal"]);
    assert!(refused.contains("plaintext 1 is not between -2^32 and 2^32"), "{refused}");
    assert!(desk.refused(&["keys", "create", "x", "--kind", "elgamal", "--bits", "2048"]).contains("--bits"));
    assert!(desk.refused(&["keys", "create", "x", "--group", "ffdhe2048"]).contains("--group"));
    assert!(desk.refused(&["keys", "import", "x"]).contains("--n"));
}

#[test]
fn two_sides_of_a_key_agreement() {
    let desk = Desk::enrolled();
    let create = |name| desk.json(&["keys", "create", name, "--kind", "diffie-hellman", "--group", "ffdhe2048"]);
    let (one, two) = (create("one"), create("two"));
    let derive = |key: &str, element: &Value| {
        desk.json(&["compute", "derive", "--key", key, element.as_str().unwrap()])["values"][0].clone()
    };
    assert_eq!(derive("one", &two["public_value"]), derive("two", &one["public_value"]));
    let refused = desk.refused(&["compute", "derive", "--key", "one", "04", "07"]);
    assert!(refused.contains("element 1 is none of the group's"), "{refused}");
    desk.json(&["keys", "create", "k"]);
    assert!(desk.refused(&["compute", "derive", "--key", "k", "04"]).contains("no Diffie-Hellman key"));
}

#[test]
fn packed_rows() {
    let desk = Desk::with_key();
    let table = desk.write("table.csv", "1,-2,255\n3,4,255\n");
    let packing = ["--key", "k", "--value-bits", "8", "--summands", "2"];
    let pack = |table: &str| [&["compute", "pack", table], &packing[..]].concat().join(" ");
    let packed = desk.json(&pack(&table).split(' ').collect::<Vec<_>>());
    assert_eq!((&packed["rows"], &packed["columns"]), (&json!(2), &json!(1)));
    let sum = desk.json(&["compute", "sum", packed["id"].as_str().unwrap(), "--key", "k"]);
    let unpack = |added: &str| {
        let id = sum["id"].as_str().unwrap().to_string();
        [&["compute", "unpack", &id, "--columns", "3", "--added", added], &packing[..]].concat().join(" ")
    };
    let clear = desk.json(&unpack("2").split(' ').collect::<Vec<_>>());
    assert_eq!(clear["values"], json!(["4", "2", "510"]));
    let refused = desk.refused(&unpack("1").split(' ').collect::<Vec<_>>());
    assert!(refused.contains("number 2 of row 0 has outgrown its slot"), "{refused}");
    let table = desk.write("large.csv", "1,256\n");
    let refused = desk.refused(&pack(&table).split(' ').collect::<Vec<_>>());
    assert!(refused.contains("number 1 of row 0 is not between -2^8 and 2^8"), "{refused}");
}
