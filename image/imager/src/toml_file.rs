//! A file in TOML.

use std::path::Path;

use crate::error::ImagerError;

pub(crate) fn table_of(path: &Path) -> Result<toml::Table, ImagerError> {
    let text = std::fs::read_to_string(path).map_err(ImagerError::file("read", path))?;
    text.parse().map_err(|e| toml_error(path, e))
}

pub(crate) fn toml_error(path: &Path, source: toml::de::Error) -> ImagerError {
    ImagerError::Toml { path: path.into(), source: Box::new(source) }
}
