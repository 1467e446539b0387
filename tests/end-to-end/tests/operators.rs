//! The operators that leave the usual path of a job, inside the jails and with keys behind a TPM.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use end_to_end::Box;

#[test]
fn rsa_other_peoples_keys_and_obfuscation() {
    let made = Box::test();
    let machine = made.boot(&made.settings());
    let client = made.enrolled(&machine);
    let file = |name: &str| made.folder.path().join(name).to_str().unwrap().to_string();
    let call = |words: &[&str]| client.call(words, 300).unwrap();

    // An RSA key: there and back, and a signature of the right length; interactive batches leave no job.
    call(&["keys", "create", "r", "--kind", "rsa"]);
    let (message, sealed, clear, signature) = (file("message"), file("sealed"), file("clear"), file("signature"));
    std::fs::write(&message, b"not for everybody").unwrap();
    call(&["compute", "rsa-encrypt", &message, &sealed, "--key", "r"]);
    call(&["compute", "rsa-decrypt", &sealed, &clear, "--key", "r"]);
    assert_eq!(std::fs::read(&clear).unwrap(), b"not for everybody");
    call(&["compute", "rsa-sign", &message, &signature, "--key", "r"]);
    assert_eq!(std::fs::metadata(&signature).unwrap().len(), 256);
    assert_eq!(call(&["jobs", "list"])["jobs"].as_array().unwrap().len(), 0);

    // Somebody else's key without hs: what is encrypted for it is decrypted with its owner's key, obfuscated in between.
    let own = call(&["keys", "create", "p"]);
    let imported = call(&["keys", "import", "partner", "--n", own["n"].as_str().unwrap()]);
    assert_eq!(imported["imported"], true);
    let table = file("table.csv");
    std::fs::write(&table, "1,-2\n30,400\n").unwrap();
    let encrypted = call(&["compute", "encrypt", &table, "--key", "p"]);
    let again = call(&["compute", "obfuscate", encrypted["id"].as_str().unwrap(), "--key", "p"]);
    let found = call(&["compute", "decrypt", again["id"].as_str().unwrap(), "--key", "p"]);
    assert_eq!(found["values"], serde_json::json!(["1", "-2", "30", "400"]));
    let theirs = call(&["compute", "encrypt", &table, "--key", "partner"]);
    assert_eq!(theirs["state"], "done");
    assert!(client.call(&["keys", "import", "even", "--n", &"fe".repeat(256)], 60).is_err());
    assert_eq!(call(&["audit", "verify"])["chain"], "whole");
}
