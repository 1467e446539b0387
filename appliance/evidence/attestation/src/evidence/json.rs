//! The JSON view: for people and scripts. It is written, and never read.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use super::{Evidence, ServiceKey, Signed};

impl Evidence {
    /// PCR values and the nonce in hexadecimal digits, all else in base64.
    pub fn to_json(&self) -> Value {
        let pcrs: serde_json::Map<String, Value> =
            self.pcrs.iter().map(|(index, value)| (index.to_string(), HEXLOWER.encode(&value[..]).into())).collect();
        json!({
            "format": self.format,
            "nonce": HEXLOWER.encode(&self.nonce),
            "attestation_key": BASE64.encode(&self.attestation_key),
            "quote": signed(&self.quote),
            "pcrs": pcrs,
            "firmware_log": BASE64.encode(&self.firmware_log),
            "own_log": BASE64.encode(&self.own_log),
            "endorsement": {
                "key": optional(&self.endorsement.key),
                "certificate": optional(&self.endorsement.certificate),
                "intermediates": self.endorsement.intermediates.iter().map(|i| BASE64.encode(i)).collect::<Vec<_>>(),
            },
            "device_record": self.device_record.as_ref().map(|r| String::from_utf8_lossy(r)),
            "service_key": self.service_key.as_ref().map(service_key),
            "floor": self.floor.as_ref().map(signed),
            "said": {
                "version": self.said.version,
                "image": self.said.image,
                "clock": self.said.clock,
                "audit_head": self.said.audit_head,
            },
        })
    }
}

fn signed(signed: &Signed) -> Value {
    json!({ "attest": BASE64.encode(&signed.attest), "signature": BASE64.encode(&signed.signature) })
}

fn service_key(key: &ServiceKey) -> Value {
    json!({
        "public": BASE64.encode(&key.public),
        "certified": signed(&key.certified),
        "certificate": BASE64.encode(&key.certificate),
    })
}

fn optional(bytes: &Option<Vec<u8>>) -> Option<String> {
    bytes.as_ref().map(|b| BASE64.encode(b))
}
