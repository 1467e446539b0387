//! Requests of the browser, one after the other: to the gate, to the box, and back.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use listener::{Guest, Watched};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::console::gate::{Decision, Gate, Refusal};
use crate::console::jar::Jar;
use crate::console::limits;
use crate::console::own_pages::{self, Body, Trouble};
use crate::console::rewrite::Place;
use crate::console::upstream::Upstream;
use crate::error::chain;

pub(crate) struct Proxy {
    pub(crate) gate: Gate,
    place: Place,
    upstream: Upstream,
    jar: Mutex<Jar>,
    /// When the browser asked last.
    asked: watch::Sender<Instant>,
    notices: Mutex<usize>,
}

impl Proxy {
    pub(crate) fn new(gate: Gate, place: Place, upstream: Upstream) -> Proxy {
        let asked = watch::Sender::new(Instant::now());
        Proxy { gate, place, upstream, jar: Mutex::default(), asked, notices: Mutex::new(limits::NOTICES) }
    }

    /// Until one connection's end.
    pub(crate) async fn serve(&self, stream: TcpStream, guest: Guest) {
        guest.admitted(None);
        let guest = &guest;
        let answer = |request: Request<Incoming>| async move {
            let _open = guest.call();
            Ok::<_, Infallible>(self.answer(request).await)
        };
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(limits::HEADERS).max_buf_size(limits::HEADERS_MAX);
        // How it ends is the browser's affair: every request on it has had its own answer.
        let _ = server.serve_connection(TokioIo::new(Watched::new(stream, limits::SILENCE)), service_fn(answer)).await;
    }

    /// Returns once the browser has asked for nothing for so long. Who is not let in asks for nothing.
    pub(crate) async fn idle(&self, bound: Duration) {
        let asked = self.asked.subscribe();
        loop {
            let until = *asked.borrow() + bound;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        match self.gate.decide(&head) {
            Decision::Enter => own_pages::entered(&self.gate.set_cookie()),
            Decision::Home => own_pages::home(),
            Decision::Refuse(refusal) => {
                if refusal == Refusal::TokenUsed {
                    self.notice(
                        "the printed address was opened a second time, by a browser that does not have its cookie: \
                         if that was not you, end this (Ctrl-C) and change your password at the console",
                    );
                }
                own_pages::refused(refusal)
            }
            Decision::Forward => {
                self.asked.send_replace(Instant::now());
                match self.forward(&head, body).await {
                    Ok(answer) => answer,
                    Err(trouble) => {
                        if trouble.is_of_the_box() {
                            self.notice(&chain(&trouble));
                        }
                        own_pages::troubled(&trouble)
                    }
                }
            }
        }
    }

    async fn forward(&self, head: &Parts, body: Incoming) -> Result<Response<Body>, Trouble> {
        let body = timeout(limits::BODY, read(body)).await.map_err(|_| Trouble::TooSlow)??;
        let mut request = self.place.request(head, body).map_err(|_| Trouble::Request)?;
        self.jar().put_into(request.headers_mut());
        let (answer, body) = self.upstream.ask(request).await?.into_parts();
        self.jar().keep(&answer.headers);
        let headers = self.place.answer(&answer)?;
        let mut passed = Response::new(body.map_err(Into::into).boxed_unsync());
        (*passed.status_mut(), *passed.headers_mut()) = (answer.status, headers);
        Ok(passed)
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line in the terminal. They are counted: a page that loads many things is not told of as many times.
    fn notice(&self, text: &str) {
        let mut left = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(less) = left.checked_sub(1) {
            *left = less;
            eprintln!("coffer: {text}");
        }
    }
}

/// Of what is too large more is read than is kept: a browser that is cut off while it sends hears no reason.
async fn read(mut body: Incoming) -> Result<Bytes, Trouble> {
    let (mut kept, mut came) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Trouble::Request)?.into_data() else { continue };
        came += data.len();
        if came <= limits::BODY_MAX {
            kept.extend_from_slice(&data);
        } else if came > limits::BODY_READ {
            return Err(Trouble::TooLarge);
        }
    }
    if came > limits::BODY_MAX { Err(Trouble::TooLarge) } else { Ok(kept.into()) }
}
