//! The services of an image: a row each from a file, together the table that the supervisor reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use service_table::{FORMAT, Table};

use crate::error::ImagerError;
use crate::toml_file::table_of;

/// Where the initramfs has the table.
pub const TABLE_IN_IMAGE: &str = "/etc/coffer/services.json";

/// The table, and the text that gives it.
#[derive(Clone, Debug)]
pub struct Services {
    pub json: Vec<u8>,
    pub table: Table,
}

impl Services {
    /// From these files, for the profile in the file `path`; checked as a whole, and against the programs of the image.
    pub(crate) fn read(
        path: &Path,
        files: impl Iterator<Item = PathBuf>,
        programs: &BTreeSet<&str>,
    ) -> Result<Services, ImagerError> {
        let rows = files.map(|file| row(&file)).collect::<Result<Vec<_>, _>>()?;
        let json = json!({ "format": FORMAT, "services": rows }).to_string().into_bytes();
        let table = Table::parse(&json).map_err(|source| ImagerError::Services { path: path.into(), source })?;
        match table.rows().iter().find(|row| !programs.contains(row.program.as_str())) {
            None => Ok(Services { json, table }),
            Some(row) => Err(ImagerError::Profile {
                path: path.into(),
                problem: format!("service {}: program: the image has no {}", row.name, row.program),
            }),
        }
    }
}

/// A row, whose file is named for it.
fn row(file: &Path) -> Result<toml::Table, ImagerError> {
    let row = table_of(file)?;
    let name = row.get("name").and_then(toml::Value::as_str);
    if name.is_some() && name == file.file_stem().and_then(|stem| stem.to_str()) {
        return Ok(row);
    }
    Err(ImagerError::Profile { path: file.into(), problem: "name: it is not that of the file".into() })
}
