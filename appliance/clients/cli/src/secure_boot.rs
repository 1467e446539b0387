//! A change of Secure Boot's keys, planned: what PCR 7 will be follows from the firmware's log, which the TPM vouches for, and from
//! what the variables will hold. The box that was told opens before the change and after it; one that was not asks for its
//! recovery key.

use accounts::statement::Action;
use attestation::{Evidence, event_log, secure_boot};
use coffer_verify::files;
use data_encoding::HEXLOWER;
use proto::v1::PlanSecureBootRequest;
use serde_json::json;

use crate::appraisal::{self, Shown};
use crate::arguments::SecureBoot;
use crate::connect::Connection;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::{Enrolment, Profile};
use crate::proofs::proved;

/// Of a variable: firmware has 64 KiB for all of them, or a little more.
const VARIABLE_MAX: u64 = 1 << 20;

pub(crate) async fn run(
    connection: &mut Connection,
    profile: &Profile,
    own: &Enrolment,
    wanted: SecureBoot,
    output: &Output,
) -> Result<(), CliError> {
    let mut contents = Vec::new();
    for (name, path) in &wanted.set {
        contents.push((name.as_str(), files::read(path, VARIABLE_MAX)?));
    }
    if let Shown::Nothing(why) = appraisal::of(connection, profile, own).await? {
        return Err(CliError::Answer(why));
    }
    // The one that was just judged.
    let evidence = Evidence::from_bytes(&appraisal::kept(profile)?).map_err(|e| CliError::Answer(e.to_string()))?;
    let events = event_log::read(&evidence.firmware_log).map_err(|e| CliError::Answer(e.to_string()))?;
    let of_pcr_7 = events.iter().filter(|event| event.pcr == 7 && event.kind != event_log::EV_NO_ACTION);
    let changes: Vec<(&str, &[u8])> = contents.iter().map(|(name, content)| (*name, &content[..])).collect();
    let pcr7 = secure_boot::predict(of_pcr_7, &changes)?;
    let value = HEXLOWER.encode(&pcr7);
    if !wanted.plan {
        output.result(
            json!({ "pcr7": value, "planned": false }),
            &format!("PCR 7 will be {value}; the box was not told"),
        );
        return Ok(());
    }
    let proof = Some(proved(&mut connection.client, own, Action::PlanSecureBoot { pcr7: &pcr7 }).await?);
    connection.client.plan_secure_boot(PlanSecureBootRequest { pcr7: pcr7.to_vec(), proof }).await?;
    let text = match wanted.set.is_empty() {
        true => format!("no change is planned: the box opens where PCR 7 is {value}, as it is"),
        false => format!("the box opens as it is, and where PCR 7 is {value}: make the change and restart it"),
    };
    output.result(json!({ "pcr7": value, "planned": true }), &text);
    Ok(())
}
