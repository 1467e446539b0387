//! A form's fields. What is missing or too long is named.

use std::collections::BTreeMap;

use secrets::Secret;

use crate::limits;
use crate::problems::Trouble;

#[derive(Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// From application/x-www-form-urlencoded; of two of a name the last one counts. `None`: there are too many.
    pub(crate) fn parse(body: &[u8]) -> Option<Fields> {
        let mut fields = BTreeMap::new();
        for (count, (name, value)) in form_urlencoded::parse(body).enumerate() {
            if count >= limits::FIELDS_MAX {
                return None;
            }
            fields.insert(name.into_owned(), value.into_owned());
        }
        Some(Fields(fields))
    }

    /// What was typed, without the blanks around it; `max`: in bytes.
    pub(crate) fn text(&self, name: &'static str, max: usize) -> Result<&str, Trouble> {
        let value = self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty() && value.len() <= max);
        value.ok_or(Trouble::Field(name))
    }

    /// As it was typed, blanks and all.
    pub(crate) fn secret(&self, name: &'static str, max: usize) -> Result<Secret, Trouble> {
        let value = self.0.get(name).filter(|value| !value.is_empty() && value.len() <= max);
        value.map(|value| Secret::copy_of(value.as_bytes())).ok_or(Trouble::Field(name))
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == "yes")
    }

    /// Empty where there is none.
    pub(crate) fn or_empty(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_too_long_is_named() {
        let fields = Fields::parse(b"name=+an+&empty=&long=aaaaaaaa&password=+a+b+&code=1&code=2").unwrap();
        assert_eq!(fields.text("name", 8).unwrap(), "an");
        assert_eq!(fields.secret("password", 8).unwrap().expose(), b" a b ");
        assert_eq!(fields.text("code", 8).unwrap(), "2");
        for (name, max) in [("empty", 8), ("absent", 8), ("long", 7)] {
            assert!(matches!(fields.text(name, max), Err(Trouble::Field(named)) if named == name));
            assert!(matches!(fields.secret(name, max), Err(Trouble::Field(named)) if named == name));
        }
        assert!(Fields::parse("a=1&".repeat(65).as_bytes()).is_none());
    }
}
