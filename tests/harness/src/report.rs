//! What a run of the main job found, as a file for programs.

use std::path::Path;

use serde::Serialize;

use crate::HarnessError;
use crate::client::CardStatus;

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub secure_boot: bool,
    /// From the image's manifest, after the last boot phase.
    pub pcr11_expected: String,
    /// From the TPM's quote, in the evidence that the client judged.
    pub pcr11_quoted: String,
    /// created, unsealed or recovery.
    pub data_volume: String,
    /// Why the box is degraded; empty: it is not.
    pub degraded: Vec<String>,
    pub engine: String,
    pub card: CardStatus,
    pub rows: usize,
    pub columns: usize,
    /// Every column sum and every element of the product is what the plaintext computation gives.
    pub results_equal: bool,
    pub image_bytes: u64,
    pub phases_s: Phases,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Phases {
    /// Tools, kernel, programs and image, by scripts/run.
    pub setup: f64,
    /// From power-on to "ready".
    pub boot: f64,
    pub job: f64,
}

impl Report {
    /// What a person should be told is wrong, if anything is.
    pub fn problem(&self) -> Option<String> {
        if !self.results_equal {
            return Some("its results differ from the plaintext computation".into());
        }
        if self.pcr11_expected != self.pcr11_quoted {
            return Some(format!("its PCR 11 is {}, the image's is {}", self.pcr11_quoted, self.pcr11_expected));
        }
        match self.secure_boot {
            true => None,
            false => Some("Secure Boot is off".into()),
        }
    }

    pub fn write(&self, path: &Path) -> Result<(), HarnessError> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        std::fs::write(path, text).map_err(HarnessError::file("write", path))
    }
}
