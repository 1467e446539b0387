//! Every request: what a browser brings is looked at, forms are read within bounds, and every answer says what a browser may do with it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use pages::{POLICY, assets};
use texts::Language;
use tokio::time::timeout;

use crate::ask::{Ask, page_here, redirect, with_cookie};
use crate::connection::From;
use crate::console::Console;
use crate::fields::Fields;
use crate::problems::Trouble;
use crate::visitor::{Visitor, is_foreign, language_cookie};
use crate::{
    attestation, audit_page, clients_page, home, invitation, keys_page, limits, lost, own_account, people_page,
    programs, set_up, sign_in,
};

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

pub(crate) fn pages(console: Arc<Console>) -> Router {
    Router::new()
        .route("/", get(home::overview))
        .route("/set-up", get(set_up::next))
        .route("/set-up/presence", get(set_up::presence).post(set_up::show_presence))
        .route("/set-up/administrators", get(set_up::administrators).post(set_up::found))
        .route("/set-up/checks", get(set_up::checks).post(set_up::checks_read))
        .route("/set-up/recovery-key", get(set_up::recovery_key).post(set_up::recovery_key_written))
        .route("/set-up/program", get(set_up::program).post(set_up::let_program_in))
        .route("/set-up/summary", get(set_up::summary).post(set_up::finish))
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/prove", get(sign_in::again).post(sign_in::prove))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/invitation", get(invitation::page).post(invitation::accept))
        .route("/lost", get(lost::page).post(lost::invite))
        .route("/programs", get(programs::programs).post(programs::let_program_in))
        .route("/keys", get(keys_page::page))
        .route("/keys/destroy", post(keys_page::destroy))
        .route("/clients", get(clients_page::page))
        .route("/clients/revoke", post(clients_page::revoke))
        .route("/audit", get(audit_page::page).post(audit_page::filter))
        .route("/audit/check", post(audit_page::check))
        .route("/audit/log", post(audit_page::download))
        .route("/people", get(people_page::people).post(people_page::invite))
        .route("/people/roles", post(people_page::grant))
        .route("/people/standing", post(people_page::standing))
        .route("/attestation", get(attestation::page).post(attestation::take))
        .route("/account", get(own_account::page))
        .route("/account/password", post(own_account::password))
        .route("/account/codes", post(own_account::codes))
        .route("/account/sessions", post(own_account::sessions))
        .route("/language", post(language))
        .route("/authority.crt", get(home::authority))
        .fallback(nothing)
        .layer(from_fn_with_state(console.clone(), guard))
        .with_state(console)
}

async fn guard(State(console): State<Arc<Console>>, mut request: Request, next: Next) -> Response {
    let from = request.extensions().get::<From>().map_or(IpAddr::from([0, 0, 0, 0]), |from| from.0.ip());
    let visitor = match Visitor::new(request.headers(), from) {
        Ok(visitor) => Arc::new(visitor),
        Err(e) => {
            eprintln!("consoled: {e}");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    if let Some(asset) = assets::ALL.iter().find(|asset| asset.path == request.uri().path()) {
        let for_ever = "public, max-age=31536000, immutable";
        let mut answer = ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, for_ever)], asset.bytes).into_response();
        protect(&mut answer);
        return answer;
    }
    request.extensions_mut().insert(visitor.clone());
    let mut answer = match request.method() {
        &Method::GET | &Method::HEAD => next.run(request).await,
        &Method::POST => posted(&console, &visitor, request, next).await,
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    protect(&mut answer);
    answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if visitor.is_new {
        answer.headers_mut().append(SET_COOKIE, visitor.cookie());
    }
    answer
}

/// A form: of this console, of this browser, within bounds.
async fn posted(console: &Arc<Console>, visitor: &Arc<Visitor>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let refuse = |parts: &Parts, trouble: &Trouble| {
        let ask = Ask::new(console.clone(), visitor.clone(), Arc::default(), parts.uri.path(), "");
        ask.trouble(trouble)
    };
    if is_foreign(&parts.headers, parts.uri.authority().map(|authority| authority.as_str())) {
        return refuse(&parts, &Trouble::Form);
    }
    let fields = match timeout(limits::BODY, read(body)).await {
        Ok(Some(bytes)) => Fields::parse(&bytes),
        Ok(None) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let Some(fields) = fields.filter(|fields| visitor.is_token(&console.forms, fields.or_empty("token"))) else {
        return refuse(&parts, &Trouble::Form);
    };
    parts.extensions.insert(Arc::new(fields));
    next.run(Request::from_parts(parts, Body::empty())).await
}

async fn read(body: Body) -> Option<Bytes> {
    Limited::new(body, limits::BODY_MAX).collect().await.ok().map(|collected| collected.to_bytes())
}

fn protect(answer: &mut Response) {
    for (name, value) in HEADERS {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

async fn language(ask: Ask) -> Response {
    let back = redirect(page_here(ask.fields.or_empty("back")));
    match Language::parse(ask.fields.or_empty("language")) {
        Some(language) => with_cookie(back, language_cookie(language)),
        None => back,
    }
}

async fn nothing(ask: Ask) -> Response {
    ask.trouble(&Trouble::NoPage)
}
