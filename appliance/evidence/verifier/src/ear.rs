//! The result for programs: an EAT attestation result (draft-ietf-rats-ear-04) in JSON, plain or signed as a JWT (ES256).

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey;
use serde_json::{Map, Value, json};

use crate::report::{Check, Outcome, Report, Verdict};
use crate::titles::TITLES;

const PROFILE: &str = "tag:ietf.org,2026:rats/ear#04";
/// AR4SI (draft-ietf-rats-ar4si): what each entry of the vector goes by.
const VECTOR: [(&str, &[u8]); 4] = [
    ("instance-identity", &[1, 2, 3, 4, 5, 7, 12, 13, 15]),
    ("hardware", &[5, 6]),
    ("executables", &[8, 9, 10, 11, 14]),
    ("configuration", &[8, 9, 10, 11, 13]),
];

#[derive(Debug, thiserror::Error)]
pub enum EarError {
    #[error("the key can't be read: PKCS#8 PEM of a P-256 key is expected")]
    Key,
}

impl Report {
    pub fn ear(&self) -> Value {
        let vector: Map<String, Value> =
            VECTOR.iter().map(|(name, checks)| ((*name).into(), self.tier(checks).into())).collect();
        let claims: Vec<Value> = self
            .claims
            .iter()
            .map(|c| json!({ "subject": c.subject.key(), "value": c.value, "rests_on": c.rests_on }))
            .collect();
        json!({
            "eat_profile": PROFILE,
            "iat": self.inputs.now,
            "eat_nonce": BASE64URL_NOPAD.encode(&self.nonce),
            "ear_verifier_id": { "developer": "Coffer", "build": concat!("verifier ", env!("CARGO_PKG_VERSION")) },
            "ear_status": status(self.outcome()),
            "submods": { "coffer": {
                "ear_status": status(self.outcome()),
                "ear_trustworthiness_vector": vector,
                "coffer_checks": self.checks.iter().map(check).collect::<Vec<_>>(),
                "coffer_claims": claims,
            } },
            "coffer_inputs": {
                "evidence_sha256": self.inputs.evidence,
                "reference_sha256": self.inputs.reference,
                "previous_sha256": self.inputs.previous,
                "nonce": HEXLOWER.encode(&self.nonce),
            },
        })
    }

    /// Signed with the auditor's key, PKCS#8 PEM.
    pub fn ear_jwt(&self, key_pem: &str) -> Result<String, EarError> {
        let key = SigningKey::from_pkcs8_pem(key_pem).map_err(|_| EarError::Key)?;
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"ES256","typ":"JWT"}"#);
        let payload = BASE64URL_NOPAD.encode(self.ear().to_string().as_bytes());
        let signed = format!("{header}.{payload}");
        let signature: Signature = key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes())))
    }

    /// 2: affirming, 96: contraindicated, 0: nothing is said.
    fn tier(&self, numbers: &[u8]) -> i8 {
        let mut of = self.checks.iter().filter(|c| numbers.contains(&c.number)).map(|c| &c.verdict);
        if of.clone().any(|v| matches!(v, Verdict::Fail(_))) {
            96
        } else if of.all(|v| *v == Verdict::Pass) {
            2
        } else {
            0
        }
    }
}

fn status(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Affirming => "affirming",
        Outcome::Unknown => "none",
        Outcome::Contraindicated => "contraindicated",
    }
}

fn check(check: &Check) -> Value {
    let (verdict, reason) = match &check.verdict {
        Verdict::Pass => ("pass", None),
        Verdict::Fail(reason) => ("fail", Some(reason)),
        Verdict::Unknown(reason) => ("unknown", Some(reason)),
    };
    json!({
        "number": check.number,
        "title": TITLES[usize::from(check.number - 1)].name[0],
        "verdict": verdict,
        "reason": reason.map(|r| r.words().english),
        "code": reason.map(|r| r.code()),
        "evidence": check.evidence,
    })
}
