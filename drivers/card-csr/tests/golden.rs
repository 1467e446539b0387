//! Descriptors and completions against the golden bytes that the RTL's tests read too.

use std::{fs, path::Path};

use card_csr::{Completion, CompletionStatus, Descriptor, Operation};
use serde_json::Value;

#[test]
fn descriptors_match_their_golden_bytes() {
    let golden = golden();
    let list = golden["descriptors"].as_array().expect("descriptors");
    assert_eq!(list.len(), Operation::ALL.len());
    for entry in list {
        let number = |name: &str| entry["fields"][name].as_u64().expect("number");
        let descriptor = Descriptor {
            operation: Operation::try_from(number("operation") as u8).expect("operation"),
            flags: number("flags") as u8,
            tag: number("tag") as u16,
            context: number("context") as u16,
            items: number("items") as u16,
            limbs: number("limbs") as u16,
            exponent_limbs: number("exponent_limbs") as u16,
            exponent_bits: number("exponent_bits") as u16,
            source: number("source"),
            aux: number("aux"),
            destination: number("destination"),
        };
        assert_eq!(hex(&descriptor.to_words()), entry["bytes"]);
        assert_eq!(Descriptor::from_words(&descriptor.to_words()), Ok(descriptor));
    }
}

#[test]
fn completions_match_their_golden_bytes() {
    let golden = golden();
    for entry in golden["completions"].as_array().expect("completions") {
        let number = |name: &str| entry["fields"][name].as_u64().expect("number");
        let completion = Completion {
            tag: number("tag") as u16,
            status: CompletionStatus::try_from(number("status") as u8).expect("status"),
            phase: number("phase") == 1,
            sequence: number("sequence") as u32,
            items_done: number("items_done") as u32,
            bytes_written: number("bytes_written"),
        };
        assert_eq!(hex(&completion.to_words()), entry["bytes"]);
        assert_eq!(Completion::from_words(&completion.to_words()), Ok(completion));
    }
}

#[test]
fn reserved_bits_and_unknown_codes_are_refused() {
    let good = Descriptor {
        operation: Operation::Modmul,
        flags: 0,
        tag: 1,
        context: 0,
        items: 1,
        limbs: 1,
        exponent_limbs: 0,
        exponent_bits: 0,
        source: 0,
        aux: 0,
        destination: 0,
    }
    .to_words();
    for (word, bit) in [(0, 5), (0, 8), (1, 48), (1, 63), (5, 0), (6, 1), (7, 63)] {
        let mut bad = good;
        bad[word] ^= 1 << bit;
        assert!(Descriptor::from_words(&bad).is_err(), "word {word} bit {bit}");
    }
    for (word, bit) in [(0, 20), (0, 25), (0, 31), (1, 32), (3, 0)] {
        let mut bad = [0; Completion::WORDS];
        bad[word] ^= 1 << bit;
        assert!(Completion::from_words(&bad).is_err(), "word {word} bit {bit}");
    }
}

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fpga/vectors/descriptors.json");
    serde_json::from_slice(&fs::read(path).expect("golden bytes")).expect("JSON")
}

fn hex(words: &[u64]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
}
