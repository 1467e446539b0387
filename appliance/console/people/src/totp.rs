//! The second factor: six digits that change every half minute (RFC 6238 with SHA-1, which is all that common authenticators have).

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use secrets::Secret;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use totp_rs::{Builder, Totp};

/// Of randomness: RFC 4226 recommends 160 bits.
pub const SECRET_BYTES: usize = 20;
const STEP_S: u64 = 30;
/// Steps that an authenticator may be off by, once it is known how far it is.
const DRIFT: i64 = 1;
/// And when it is met for the first time, or the box's clock is not sure: ten minutes.
const FIRST_DRIFT: i64 = 20;

/// One authenticator's secret, how far its clock is from the box's, and the last step that was used.
pub struct TotpSecret {
    secret: Secret,
    /// In steps.
    offset: i64,
    last: u64,
}

impl TotpSecret {
    /// `None`: not [`SECRET_BYTES`] long.
    pub fn new(secret: Secret) -> Option<TotpSecret> {
        (secret.len() == SECRET_BYTES).then_some(TotpSecret { secret, offset: 0, last: 0 })
    }

    /// For the person to type, in base 32.
    pub fn text(&self) -> Secret {
        Secret::new(BASE32_NOPAD.encode(self.secret.expose()).into_bytes())
    }

    /// What an authenticator reads as a picture. `label` and `issuer` come in percent encoding where they need it.
    pub fn uri(&self, issuer: &str, name: &str) -> Secret {
        let (issuer, name) = (escaped(issuer), escaped(name));
        let text = self.text();
        let secret = String::from_utf8_lossy(text.expose());
        Secret::new(format!("otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}").into_bytes())
    }

    /// Proves the authenticator for the first time, and learns how far its clock is off.
    pub(crate) fn meet(&mut self, code: &str, now: u64) -> bool {
        self.take(code, now, 0, FIRST_DRIFT)
    }

    /// A code, which is good once. `unsure`: the box's clock may be wrong, and the person stands before the box.
    pub(crate) fn prove(&mut self, code: &str, now: u64, unsure: bool) -> bool {
        match unsure {
            true => self.take(code, now, 0, FIRST_DRIFT),
            // As far off as it was; or not at all, since the box's clock was set right, or its own was.
            false => self.take(code, now, self.offset, DRIFT) || self.take(code, now, 0, DRIFT),
        }
    }

    pub(crate) fn copy(&self) -> TotpSecret {
        TotpSecret { secret: Secret::copy_of(self.secret.expose()), ..*self }
    }

    fn take(&mut self, code: &str, now: u64, around: i64, drift: i64) -> bool {
        let Some(totp) = self.totp() else { return false };
        let typed: String = code.chars().filter(|c| *c != ' ').take(7).collect();
        let here = (now / STEP_S) as i64;
        let mut found = None;
        // All of them, so that the time does not say which.
        for offset in around - drift..=around + drift {
            let Ok(step) = u64::try_from(here + offset) else { continue };
            let is_it = totp.check(&typed, step * STEP_S).is_some();
            if is_it && step > self.last && found.is_none() {
                found = Some((offset, step));
            }
        }
        let Some((offset, step)) = found else { return false };
        (self.offset, self.last) = (offset, step);
        true
    }

    fn totp(&self) -> Option<Totp> {
        Builder::new().with_secret(self.secret.expose().to_vec()).with_skew(0).with_step_duration(STEP_S).build().ok()
    }
}

/// RFC 3986's unreserved characters stay.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// For the file of people alone, which lies on the encrypted volume.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    secret: String,
    offset: i64,
    last: u64,
}

impl Serialize for TotpSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let secret = HEXLOWER.encode(self.secret.expose());
        Kept { secret, offset: self.offset, last: self.last }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TotpSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TotpSecret, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        let bytes =
            HEXLOWER.decode(kept.secret.as_bytes()).map_err(|_| D::Error::custom("a second factor's secret"))?;
        let made = TotpSecret::new(Secret::new(bytes));
        let made = made.ok_or_else(|| D::Error::custom("a second factor's secret has another length"))?;
        Ok(TotpSecret { offset: kept.offset, last: kept.last, ..made })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six digits of its eight.
    const RFC: [(u64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn secret() -> TotpSecret {
        TotpSecret::new(Secret::copy_of(b"12345678901234567890")).unwrap()
    }

    #[test]
    fn the_vectors_of_the_rfc_and_each_once() {
        let mut totp = secret();
        for (now, code) in RFC {
            assert!(totp.prove(code, now, false), "{now}");
            assert!(!totp.prove(code, now, false), "twice");
        }
        // A step before the last one that was used is as good as used.
        assert!(!totp.prove(RFC[4].1, RFC[4].0, true));
    }

    #[test]
    fn an_authenticator_whose_clock_is_off_is_learnt_once() {
        let (now, code) = RFC[3];
        assert!(!secret().prove(code, now + 300, false));
        let mut totp = secret();
        assert!(totp.meet(code, now + 300));
        assert_eq!(totp.offset, -10);
        assert!(!secret().meet(code, now + 630));
        // From then on a step around that, or around the box's own clock, which may have been set right since: nothing between.
        let (later, code) = RFC[4];
        assert!(!totp.copy().prove(code, later + 150, false) && !totp.copy().prove(code, later + 390, false));
        assert!(totp.copy().prove(code, later, false));
        assert!(totp.prove(code, later + 300, false));
    }

    #[test]
    fn what_is_no_code_is_none() {
        for code in ["", "28708", "2870822", "abcdef", "２８７０８２", "287082\n"] {
            assert!(!secret().prove(code, 59, false), "{code:?}");
        }
        assert!(secret().prove("287 082", 59, false));
    }

    #[test]
    fn it_comes_back_from_its_file_as_it_was() {
        let mut totp = secret();
        totp.meet(RFC[3].1, RFC[3].0 + 300);
        let text = serde_json::to_string(&totp).unwrap();
        let again: TotpSecret = serde_json::from_str(&text).unwrap();
        assert_eq!((again.offset, again.last), (totp.offset, totp.last));
        assert!(serde_json::from_str::<TotpSecret>(r#"{"secret":"00","offset":0,"last":0}"#).is_err());
    }

    #[test]
    fn an_authenticator_reads_its_picture() {
        let uri = secret().uri("Coffer 机", "张三");
        let text = String::from_utf8_lossy(uri.expose()).into_owned();
        assert_eq!(
            text,
            "otpauth://totp/Coffer%20%E6%9C%BA:%E5%BC%A0%E4%B8%89?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Coffer%20%E6%9C%BA"
        );
    }
}
