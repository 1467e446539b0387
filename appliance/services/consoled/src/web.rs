//! Every request: what a browser brings is looked at, forms are read within bounds, and every answer says what a browser may do with it.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use ipc::people::{Address, PeopleReply, PeopleRequest, Problem, ProblemKind, Signed};
use pages::{Frame, POLICY, ProblemPage, assets};
use secrets::Secret;
use texts::{Language, Texts};
use tokio::time::timeout;

use crate::connection::From;
use crate::console::Console;
use crate::fields::Fields;
use crate::problems::Trouble;
use crate::visitor::{SESSION, Visitor, is_foreign, language_cookie, no_cookie};
use crate::{attestation, home, invitation, limits, lost, own_account, people_page, set_up, sign_in};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
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
        .route("/programs", get(home::programs).post(home::let_program_in))
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

/// What a handler is given.
pub(crate) struct Ask {
    pub(crate) console: Arc<Console>,
    pub(crate) visitor: Arc<Visitor>,
    pub(crate) fields: Arc<Fields>,
    pub(crate) path: String,
    /// After the '?', not decoded.
    pub(crate) query: String,
    machine: String,
    fingerprint: String,
    token: String,
}

impl FromRequestParts<Arc<Console>> for Ask {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Ask, StatusCode> {
        // The guard put them there.
        let visitor = parts.extensions.get::<Arc<Visitor>>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let fields = parts.extensions.get::<Arc<Fields>>().cloned().unwrap_or_default();
        let uri = &parts.uri;
        Ok(Ask::new(console.clone(), visitor, fields, uri.path(), uri.query().unwrap_or_default()))
    }
}

impl Ask {
    fn new(console: Arc<Console>, visitor: Arc<Visitor>, fields: Arc<Fields>, path: &str, query: &str) -> Ask {
        let fingerprint = console.shown.current().map_or_else(String::new, |current| current.fingerprint);
        let (machine, token) = (console.identity.host_name(), visitor.token(&console.forms));
        Ask { console, visitor, fields, path: path.into(), query: query.into(), machine, fingerprint, token }
    }

    pub(crate) fn texts(&self) -> &Texts {
        self.console.texts(self.visitor.language)
    }

    /// The box's name.
    pub(crate) fn machine(&self) -> &str {
        &self.machine
    }

    pub(crate) fn frame<'a>(&'a self, person: Option<&'a str>, problem: Option<&'a str>) -> Frame<'a> {
        Frame {
            texts: self.texts(),
            machine: &self.machine,
            device: self.console.identity.device_id.as_str(),
            fingerprint: &self.fingerprint,
            development: self.console.facts.development,
            path: &self.path,
            token: &self.token,
            step: None,
            person,
            problem,
        }
    }

    /// keyd's answer to something that was asked for by a person.
    pub(crate) async fn people(&self, request: PeopleRequest) -> Result<PeopleReply, Trouble> {
        match self.console.keyd.people(request).await? {
            PeopleReply::Not(problem) => Err(Trouble::Problem(problem)),
            PeopleReply::SignedOut { .. } => Err(Trouble::SignedOut),
            PeopleReply::Wait { seconds } => Err(Trouble::Wait { seconds }),
            reply => Ok(reply),
        }
    }

    /// Where the browser is.
    pub(crate) fn from(&self) -> Address {
        Address::shortened(&self.visitor.from.to_string())
    }

    pub(crate) fn session(&self) -> Result<Secret, Trouble> {
        self.visitor.session.as_ref().map(|s| Secret::copy_of(s.expose())).ok_or(Trouble::SignedOut)
    }

    /// Who is signed in here.
    pub(crate) async fn signed_in(&self) -> Result<Signed, Trouble> {
        match self.people(PeopleRequest::Look { session: self.session()?, is_person: true }).await? {
            PeopleReply::Session { person, .. } => Ok(person),
            _ => Err(unexpected()),
        }
    }

    /// A page that says what went wrong, or the one where it is mended.
    pub(crate) fn trouble(&self, trouble: &Trouble) -> Response {
        match trouble {
            Trouble::SignedOut => {
                let mut answer = redirect(&format!("/sign-in?back={}", self.path));
                if self.visitor.session.is_some() {
                    answer.headers_mut().append(SET_COOKIE, no_cookie(SESSION));
                }
                answer
            }
            Trouble::Problem(Problem { kind: ProblemKind::StepUp, .. }) => {
                redirect(&format!("/prove?back={}", self.path))
            }
            trouble => {
                let words = trouble.words(self.texts());
                let next = if matches!(trouble, Trouble::NoPage) { "/" } else { &self.path };
                let page = ProblemPage { frame: self.frame(None, Some(&words)), next };
                with_status(status(trouble), page_of(&page))
            }
        }
    }
}

pub(crate) fn unexpected() -> Trouble {
    crate::error::KeydError::Unexpected.into()
}

/// A page as it is.
pub(crate) fn page_of(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(CONTENT_TYPE, HTML)], html).into_response(),
        Err(e) => {
            eprintln!("consoled: a page: {e}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// To another page, which is asked for with GET.
pub(crate) fn redirect(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

pub(crate) fn with_cookie(mut answer: Response, cookie: HeaderValue) -> Response {
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}

pub(crate) fn with_status(status: StatusCode, mut answer: Response) -> Response {
    *answer.status_mut() = status;
    answer
}

/// Where a form said that it came from, if that is a page of this console.
pub(crate) fn page_here(path: &str) -> &str {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.');
    let is_here = path.starts_with('/') && !path.starts_with("//") && path.len() <= 128 && path.chars().all(is_plain);
    if is_here { path } else { "/" }
}

pub(crate) fn status(trouble: &Trouble) -> StatusCode {
    match trouble {
        Trouble::NoPage => StatusCode::NOT_FOUND,
        Trouble::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
        Trouble::Form => StatusCode::FORBIDDEN,
        Trouble::Box(_) => StatusCode::SERVICE_UNAVAILABLE,
        Trouble::Problem(Problem { kind: ProblemKind::NotAllowed, .. }) => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
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
    if is_foreign(&parts.headers) {
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
