//! Numbers that people give: exactly these are computed with, or an error says which one is not taken and where it stands.

use serde_json::{Value, json};

use crate::desk::Desk;

fn decrypted(desk: &Desk, job: &Value) -> Value {
    desk.json(&["compute", "decrypt", job["id"].as_str().unwrap(), "--key", "k"])["values"].clone()
}

#[test]
fn whole_numbers_are_encrypted_exactly_and_others_are_refused() {
    let desk = Desk::with_key();
    let table = desk.write("table.csv", "9007199254740993,-9223372036854775808\n\n1e3,9223372036854775807\n");
    let job = desk.json(&["compute", "encrypt", &table, "--key", "k"]);
    let expected = json!(["9007199254740993", "-9223372036854775808", "1000", "9223372036854775807"]);
    assert_eq!(decrypted(&desk, &job), expected);
    let id = job["id"].as_str().unwrap();

    let half = desk.write("half.csv", "1,2\n\n1.5,2\n");
    let said = desk.refused(&["compute", "encrypt", &half, "--key", "k"]);
    assert!(said.contains("line 3, column 1: 1.5 is no whole number"), "{said}");
    let matrix = desk.write("matrix.csv", "0.3\n1\n");
    let said = desk.refused(&["compute", "matmul", id, &matrix, "--key", "k"]);
    assert!(said.contains("line 1, column 1: 0.3 is no whole number"), "{said}");
    let none = desk.write("nan.csv", "NaN\n");
    let said = desk.refused(&["compute", "encrypt", &none, "--key", "k"]);
    assert!(said.contains("NaN is no finite number"), "{said}");
}

#[test]
fn weights_may_begin_with_a_minus_or_be_a_file_that_is_there() {
    let desk = Desk::with_key();
    let table = desk.write("table.csv", "head,er\n1.5,-2\n0.25,3e2\n");
    let wanted = |weights: &str| {
        let command =
            ["compute", "table", &table, "--key", "k", "--scale", "2", "--skip-lines", "1", "--weights", weights];
        command.map(String::from).to_vec()
    };
    let run = |weights: &str| {
        let arguments = wanted(weights);
        desk.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let answer = run("-1,0.5");
    // Sums times 4, products times 16.
    assert_eq!(answer["column_sums"], json!(["7", "1192"]));
    assert_eq!(answer["product"], json!(["-40", "2396"]));
    let file = desk.write("weights.csv", "-1\n0.5\n");
    assert_eq!(run(&file)["product"], answer["product"]);
    let arguments = wanted("/nowhere/weights.csv");
    let said = desk.refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(said.contains("neither a file that is there nor numbers"), "{said}");
}

#[test]
fn a_product_may_have_more_factors_than_a_header_holds() {
    let desk = Desk::with_key();
    let columns = 260;
    let row: Vec<String> = (0..columns).map(|i| i.to_string()).collect();
    let table = desk.write("row.csv", &row.join(","));
    let job = desk.json(&["compute", "encrypt", &table, "--key", "k"]);
    // 260 x 260 of them: 1 on the diagonal, and -1 below it in the first column.
    let line = |i: usize| {
        let cell = |j: usize| {
            if i == j {
                "1"
            } else if j == 0 {
                "-1"
            } else {
                "0"
            }
        };
        (0..columns).map(cell).collect::<Vec<_>>().join(",")
    };
    let matrix: Vec<String> = (0..columns).map(line).collect();
    let matrix = desk.write("matrix.csv", &matrix.join("\n"));
    let product = desk.json(&["compute", "matmul", job["id"].as_str().unwrap(), &matrix, "--key", "k"]);
    let mut expected: Vec<String> = (0..columns).map(|i| i.to_string()).collect();
    expected[0] = (-((columns * (columns - 1) / 2) as i64)).to_string();
    assert_eq!(decrypted(&desk, &product), json!(expected));
}

#[test]
fn moduli_are_taken_as_openssl_prints_them() {
    let desk = Desk::enrolled();
    let modulus = format!("d{}", "0".repeat(510)) + "7";
    let pairs: Vec<&str> = (0..256).map(|i| &modulus[2 * i..2 * i + 2]).collect();
    let printed = format!("00:{}", pairs.join(":\n    "));
    let power = |modulus: &str| {
        let arguments = ["compute", "modexp", "--modulus", modulus, "--exponent", "0x02", "00:05", "0"];
        desk.json(&arguments)["values"].clone()
    };
    let expected = [format!("{}19", "0".repeat(510)), "0".repeat(512)];
    assert_eq!(power(&printed), json!(expected));
    assert_eq!(power(&modulus), json!(expected));

    let made = desk.json(&["keys", "create", "k"]);
    let n = made["n"].as_str().unwrap();
    let imported = desk.json(&["keys", "import", "theirs", "--n", &format!("0x00{n}")]);
    assert_eq!(imported["n"], made["n"]);
}
