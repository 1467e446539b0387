//! The box's evidence, for whoever judges it elsewhere.

use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER_PERMISSIVE;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use pages::AttestationPage;

use crate::ask::{Ask, page_of, status, with_status};
use crate::problems::Trouble;

/// Of a nonce, in bytes.
const NONCE: std::ops::RangeInclusive<usize> = 16..=32;

pub(crate) async fn page(ask: Ask) -> Response {
    attestation_page(&ask, None).await
}

pub(crate) async fn take(ask: Ask) -> Response {
    match taken(&ask).await {
        Ok(evidence) => {
            let disposition = format!("attachment; filename=\"{}-evidence.cbor\"", ask.machine());
            let headers = [(CONTENT_TYPE, "application/cbor".to_string()), (CONTENT_DISPOSITION, disposition)];
            (headers, evidence).into_response()
        }
        Err(trouble @ Trouble::SignedOut) => ask.trouble(&trouble),
        Err(trouble) => attestation_page(&ask, Some(&trouble)).await,
    }
}

async fn taken(ask: &Ask) -> Result<Vec<u8>, Trouble> {
    ask.signed_in().await?;
    let typed = ask.fields.text("nonce", 2 * NONCE.end()).map_err(|_| Trouble::Nonce)?;
    let nonce = HEXLOWER_PERMISSIVE.decode(typed.as_bytes()).ok().filter(|nonce| NONCE.contains(&nonce.len()));
    Ok(ask.console.keyd.evidence(nonce.ok_or(Trouble::Nonce)?).await?)
}

async fn attestation_page(ask: &Ask, trouble: Option<&Trouble>) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let page = page_of(&AttestationPage { frame: ask.frame(Some(&person), words.as_deref()) });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}
