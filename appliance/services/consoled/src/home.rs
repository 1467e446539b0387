//! The overview, and what everybody may have.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use onboarding::Step;
use pages::OverviewPage;

use crate::ask::{Ask, is_system_administrator, page_of, redirect};
use crate::error::ConsoleError;
use crate::facts::{facts, is_recovery_key_open, left_out};
use crate::problems::Trouble;

pub(crate) async fn overview(ask: Ask) -> Response {
    match ask.console.founding().await {
        Ok((true, _)) => {}
        Ok((false, _)) => return redirect("/set-up"),
        Err(e) => return ask.trouble(&e.into()),
    }
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let is_unfinished = ask.console.steps.look(|steps| steps.next(true)).is_some();
    if is_unfinished && is_system_administrator(&person).is_ok() {
        return redirect("/set-up");
    }
    if let Err(e) = mended(&ask) {
        return ask.trouble(&e.into());
    }
    let (console, texts) = (&ask.console, ask.texts());
    let frame = ask.frame(Some(&person), None);
    page_of(&OverviewPage { frame, facts: facts(console, texts), left_out: left_out(console, texts) })
}

/// The authority of the console's certificate, for browsers that are to trust it.
pub(crate) async fn authority(ask: Ask) -> Response {
    let Some(current) = ask.console.shown.current() else { return ask.trouble(&Trouble::NoPage) };
    let disposition = format!("attachment; filename=\"{}.crt\"", ask.machine());
    let headers = [(CONTENT_TYPE, "application/x-x509-ca-cert".to_string()), (CONTENT_DISPOSITION, disposition)];
    (headers, current.authority).into_response()
}

/// What was left out in the set-up, and has been done in another way since.
fn mended(ask: &Ask) -> Result<(), ConsoleError> {
    let condition = ask.console.condition();
    if condition.degraded.is_empty() {
        ask.console.steps.made_up_for(Step::Checks)?;
    }
    if !is_recovery_key_open(&ask.console) {
        ask.console.steps.made_up_for(Step::RecoveryKey)?;
    }
    Ok(())
}
