//! The PIN to start: it goes to the box sealed to the key of keyd, and the service in between cannot read it.

use std::io::{BufRead, IsTerminal, Read, stdin};

use accounts::statement::Action;
use key_backup::seal_for;
use proto::v1::SetPinRequest;
use serde_json::json;
use start_pin::{DIGITS_MAX, DIGITS_MIN, PURPOSE, PinError, StartPin};
use zeroize::Zeroizing;

use crate::arguments::Pin;
use crate::backup::transport;
use crate::connect::Client;
use crate::error::{CliError, file};
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

/// Of a line from somewhere else than a terminal.
const LINE_MAX: u64 = 1024;

pub(crate) async fn run(client: &mut Client, own: &Enrolment, wanted: Pin, output: &Output) -> Result<(), CliError> {
    let sealed = match wanted {
        Pin::End => Vec::new(),
        Pin::Set => {
            let pin = asked()?;
            let bound = own.address.device_id.as_bytes();
            seal_for(PURPOSE, &transport(client, own).await?, &pin.authorization(), bound)
                .map_err(|e| CliError::Answer(e.to_string()))?
        }
    };
    let proof = Some(proved(client, own, Action::SetPin { sealed: &sealed }).await?);
    let is_set = !sealed.is_empty();
    client.set_pin(SetPinRequest { sealed, proof }).await?;
    let text = match is_set {
        true => "from the next start on the box asks for this PIN at its screen; the recovery key opens it without",
        false => "the box asks for no PIN any more",
    };
    output.result(json!({ "pin": is_set }), text);
    Ok(())
}

/// From a terminal, twice; otherwise a line of the standard input.
fn asked() -> Result<StartPin, CliError> {
    let wrong = |e: PinError| CliError::Usage(e.to_string());
    let failed = |source| file("reading", "the PIN")(source);
    if !stdin().is_terminal() {
        let mut line = Zeroizing::new(String::new());
        stdin().lock().take(LINE_MAX).read_line(&mut line).map_err(failed)?;
        return StartPin::parse(line.trim_end_matches(['\r', '\n'])).map_err(wrong);
    }
    let prompt = format!("PIN, {DIGITS_MIN} to {DIGITS_MAX} digits (they do not appear): ");
    let first = Zeroizing::new(rpassword::prompt_password(prompt).map_err(failed)?);
    let pin = StartPin::parse(&first).map_err(wrong)?;
    let again = Zeroizing::new(rpassword::prompt_password("again: ").map_err(failed)?);
    match StartPin::parse(&again) {
        Ok(second) if second.authorization().equals(&pin.authorization()) => Ok(pin),
        _ => Err(CliError::Usage("these are two different PINs: nothing was changed".into())),
    }
}
