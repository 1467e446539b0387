//! An error and its sources in one line: our errors never repeat their source, so whoever reports one prints the chain, once.
#![forbid(unsafe_code)]

use std::error::Error;

pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(e) = source {
        text = format!("{text}: {e}");
        source = e.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("reading the answer")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn each_error_of_the_chain_once() {
        let error = Outer("x".parse::<u8>().unwrap_err());
        assert_eq!(chain(&error), "reading the answer: invalid digit found in string");
    }
}
