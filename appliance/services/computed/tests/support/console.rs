//! The authority of the console's certificate, as keyd tells of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use accounts::statement::console_authority;
use ipc::keyd::{Identity, Refusal, Reply};
use ipc::{Bytes, Name, Text};
use rcgen::{KeyPair, SigningKey};

use super::keyd::DEVICE_ID;

#[derive(Default)]
pub struct ConsoleAuthority {
    /// X.509, DER; empty: there is no console.
    pub certificate: Mutex<Vec<u8>>,
    /// How often somebody asked for it.
    pub asked: AtomicUsize,
}

impl ConsoleAuthority {
    pub(super) fn authority(&self, service: &KeyPair) -> Reply {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let certificate = self.certificate.lock().unwrap().clone();
        if certificate.is_empty() {
            return Reply::Refused(Refusal::Failed(Text::shortened("no console")));
        }
        let signature = service.sign(&console_authority(DEVICE_ID, &host_name(), &certificate)).unwrap();
        Reply::ConsoleAuthority {
            certificate: Bytes::new("a certificate", certificate).unwrap(),
            signature: Bytes::new("a signature", signature).unwrap(),
        }
    }
}

/// Of every box in memory.
pub fn host_name() -> String {
    let device_id = Name::new("an id", DEVICE_ID).unwrap();
    Identity { device_id, authority: Bytes::default(), service: Bytes::default() }.host_name()
}
