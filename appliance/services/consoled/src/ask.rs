//! What a handler is given, and what it answers with.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use ipc::Text;
use ipc::people::{Address, PeopleReply, PeopleRequest, Problem, ProblemKind, Signed};
use pages::{Frame, ProblemPage};
use people::Role;
use secrets::Secret;
use texts::Texts;

use crate::console::Console;
use crate::error::KeydError;
use crate::fields::Fields;
use crate::menu::menu;
use crate::problems::Trouble;
use crate::visitor::{SESSION, Visitor, no_cookie};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

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
    pub(crate) fn new(
        console: Arc<Console>,
        visitor: Arc<Visitor>,
        fields: Arc<Fields>,
        path: &str,
        query: &str,
    ) -> Ask {
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

    pub(crate) fn frame<'a>(&'a self, person: Option<&'a Signed>, problem: Option<&'a str>) -> Frame<'a> {
        Frame {
            texts: self.texts(),
            machine: &self.machine,
            device: self.console.identity.device_id.as_str(),
            fingerprint: &self.fingerprint,
            development: self.console.facts.development,
            path: &self.path,
            token: &self.token,
            step: None,
            person: person.map(|person| person.name.as_str()),
            menu: person.map(|person| menu(person, self.texts())).unwrap_or_default(),
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
        self.trouble_of(None, trouble)
    }

    /// As [`Ask::trouble`], with the menu of whoever is signed in.
    pub(crate) fn trouble_of(&self, person: Option<&Signed>, trouble: &Trouble) -> Response {
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
                let no_right = trouble.is(ProblemKind::NoRight);
                // Where it comes to the same there is no use in another try.
                let next = if no_right || matches!(trouble, Trouble::NoPage) { "/" } else { &self.path };
                let page = ProblemPage { frame: self.frame(person, Some(&words)), next };
                with_status(status(trouble), page_of(&page))
            }
        }
    }
}

pub(crate) fn is_system_administrator(person: &Signed) -> Result<(), Trouble> {
    let role = Role::SystemAdministrator.name();
    match person.roles.as_slice().iter().any(|found| found.as_str() == role) {
        true => Ok(()),
        false => Err(Trouble::Problem(Problem {
            kind: ProblemKind::NotAllowed,
            about: Text::shortened(role),
            words: Text::shortened("it takes a system administrator"),
        })),
    }
}

pub(crate) fn unexpected() -> Trouble {
    KeydError::Unexpected.into()
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
        Trouble::Problem(Problem { kind: ProblemKind::NotAllowed | ProblemKind::NoRight, .. }) => StatusCode::FORBIDDEN,
        Trouble::Problem(Problem { kind: ProblemKind::Gone, .. }) => StatusCode::NOT_FOUND,
        Trouble::Problem(Problem { kind: ProblemKind::DualControl, .. }) => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
