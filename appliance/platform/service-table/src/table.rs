//! The checked table, and what it answers.

use std::collections::BTreeSet;

use box_state::BoxState;
use serde::Deserialize;

use crate::check;
use crate::{Device, Row, TableError};

/// Of the text that [`Table::parse`] reads.
pub const FORMAT: u32 = 1;
pub const ROWS_MAX: usize = 16;

/// Rows that fit together, servers before their clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format: u32,
    services: Vec<Row>,
}

impl Table {
    /// From JSON: `{"format": 1, "services": [row, ...]}`.
    pub fn parse(json: &[u8]) -> Result<Table, TableError> {
        let text: Text = serde_json::from_slice(json).map_err(TableError::Form)?;
        if text.format != FORMAT {
            return Err(TableError::Format { found: text.format });
        }
        if text.services.is_empty() || text.services.len() > ROWS_MAX {
            return Err(TableError::Rows { count: text.services.len() });
        }
        text.services.iter().try_for_each(check::row)?;
        check::together(&text.services)?;
        Ok(Table { rows: check::ordered(text.services)? })
    }

    /// All rows, in an order in which they can be started.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// Those that run in `state`, servers before their clients; within a restart group in any order.
    pub fn running_in(&self, state: BoxState) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.states.contains(&state))
    }

    /// What is left where this device is not to be had: without the rows that open it, and whoever calls those.
    pub fn without(self, device: Device) -> Table {
        let mut rows: Vec<Row> = self.rows.into_iter().filter(|row| !row.devices.contains(&device)).collect();
        while let Some(index) =
            rows.iter().position(|row| row.peers.keys().any(|peer| !rows.iter().any(|other| other.name == *peer)))
        {
            rows.remove(index);
        }
        Table { rows }
    }

    /// Who must start again when `ended` did: itself, its restart group, and whoever calls one of these. A server goes on
    /// without its client, and takes the next one.
    pub fn restarted_with(&self, ended: &str) -> Vec<&Row> {
        let mut set: BTreeSet<&str> = self.row(ended).map(|row| row.name.as_str()).into_iter().collect();
        loop {
            let before = set.len();
            for row in &self.rows {
                let with = |other: &Row| {
                    set.contains(other.name.as_str())
                        && (other.restart_group == row.restart_group || row.peers.contains_key(&other.name))
                };
                if self.rows.iter().any(with) {
                    set.insert(&row.name);
                }
            }
            if set.len() == before {
                return self.rows.iter().filter(|row| set.contains(row.name.as_str())).collect();
            }
        }
    }
}
