//! The recovery key as people read and write it.

use data_encoding::{Encoding, Specification};
use secrets::Secret;

/// Random bytes of a recovery key.
pub(crate) const BYTES: usize = 20;

/// The passphrase, as it is printed, to the letter: the bytes in Crockford's base 32, in groups of four.
pub(crate) fn printed(bytes: &Secret) -> Secret {
    let text = crockford().encode(bytes.expose());
    let groups: Vec<&str> = text.as_bytes().chunks(4).map(|g| std::str::from_utf8(g).unwrap_or_default()).collect();
    Secret::new(groups.join("-").into_bytes())
}

/// The passphrase that was typed. People may write small letters, spaces, I and L for 1, O for 0.
pub(crate) fn typed(line: &str) -> Secret {
    Secret::new(normalized(line).into_bytes())
}

fn normalized(typed: &str) -> String {
    let letters: Vec<char> = typed
        .to_uppercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| match c {
            'I' | 'L' => '1',
            'O' => '0',
            c => c,
        })
        .collect();
    letters.chunks(4).map(|g| g.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn crockford() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random_secret;

    #[test]
    fn a_recovery_key_survives_handwriting() {
        let key = printed(&random_secret(BYTES).unwrap());
        let text = std::str::from_utf8(key.expose()).unwrap().to_string();
        assert_eq!(text.len(), 39);
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(normalized(&sloppy), text);
    }
}
