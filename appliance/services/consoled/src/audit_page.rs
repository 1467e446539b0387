//! The audit log: its lines, newest first, the state of its chain, and all of it for whoever judges it elsewhere. keyd says who may read
//! it, and gives a ticket each time; auditd asks keyd whose that is.

use std::io;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use error_chain::chain;
use form_urlencoded::Serializer;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use ipc::people::{PeopleReply, PeopleRequest, Signed};
use pages::{AuditPage, ChainState, LogRow};
use texts::Texts;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;

use crate::ask::{Ask, page_of, redirect, unexpected};
use crate::chain::{Broken, Chain, State};
use crate::error::LogError;
use crate::facts::time_of_day;
use crate::fields::Fields;
use crate::limits;
use crate::log::{Piece, Reading};
use crate::log_search::{Filter, Found, LogLine, Search, shown};
use crate::problems::Trouble;

const HERE: &str = "/audit";
/// Of what lines are looked for by, in characters.
const PART_MAX: usize = 64;

pub(crate) async fn page(ask: Ask) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    match audit_page(&ask, &person).await {
        Ok(page) => page,
        Err(trouble) => ask.trouble_of(Some(&person), &trouble),
    }
}

/// To an address that says what is looked for.
pub(crate) async fn filter(ask: Ask) -> Response {
    redirect(&address(&asked(&ask.fields), None))
}

/// The chain is followed anew, from the first line that there is, and as far as there is time.
pub(crate) async fn check(mut ask: Ask) -> Response {
    ask.path = HERE.into();
    match checked(&ask).await {
        Ok(()) => redirect(HERE),
        Err(trouble) if trouble.is_elsewhere() => ask.trouble(&trouble),
        Err(trouble) => refused(&ask, &trouble).await,
    }
}

/// All of the log as it is, as long as it is now.
pub(crate) async fn download(mut ask: Ask) -> Response {
    ask.path = HERE.into();
    match downloaded(&ask).await {
        Ok(body) => {
            let disposition = format!("attachment; filename=\"{}-audit.jsonl\"", ask.machine());
            let headers = [(CONTENT_TYPE, "application/jsonl".to_string()), (CONTENT_DISPOSITION, disposition)];
            (headers, body).into_response()
        }
        Err(trouble) => refused(&ask, &trouble).await,
    }
}

async fn refused(ask: &Ask, trouble: &Trouble) -> Response {
    let person = ask.signed_in().await.ok();
    ask.trouble_of(person.as_ref(), trouble)
}

/// keyd gives a ticket to whoever may read.
async fn begin(ask: &Ask) -> Result<Reading, Trouble> {
    match ask.people(PeopleRequest::ReadLog { session: ask.session()? }).await? {
        PeopleReply::LogTicket(ticket) => Ok(ask.console.log.reading(ticket)?),
        _ => Err(unexpected()),
    }
}

async fn audit_page(ask: &Ask, person: &Signed) -> Result<Response, Trouble> {
    let (texts, query) = (ask.texts(), Fields::parse(ask.query.as_bytes()).unwrap_or_default());
    let (filter, before) = (asked(&query), query.or_empty("before").parse().ok());
    let mut reading = begin(ask).await?;
    // The first lines say which ones there are.
    let Piece { first, end, .. } = reading.piece(0).await?;
    let found = searched(&mut reading, Search::new(filter.clone(), before, &(first..end))).await?;
    let state = match ask.console.chain.try_lock() {
        Ok(mut chain) => Some(followed(&mut chain, &mut reading, limits::CHAIN_BYTES).await?),
        Err(_) => None,
    };
    let Found { lines, looked_at, older } = found;
    Ok(page_of(&AuditPage {
        frame: ask.frame(Some(person), None),
        chain: chain_state(state.as_ref(), texts),
        actor: &filter.actor,
        action: &filter.action,
        looked_at: match looked_at.end.checked_sub(1).filter(|last| *last >= looked_at.start) {
            Some(last) => texts.audit_looked(looked_at.start.to_string(), last.to_string()),
            None => texts.audit_looked_none(),
        },
        lines: lines.iter().map(|line| row(line, texts)).collect(),
        newest: before.map(|_: u64| address(&filter, None)),
        older: older.map(|older| address(&filter, Some(older))),
    }))
}

async fn searched(reading: &mut Reading, mut search: Search) -> Result<Found, LogError> {
    while let Some(window) = search.window() {
        let mut from = window.start;
        while from < window.end {
            let piece = reading.piece(from).await?;
            search.take(&piece, &window);
            // A log that ends before its end has no more lines here.
            if piece.next <= from {
                break;
            }
            from = piece.next;
        }
        search.close(&window);
    }
    Ok(search.finish())
}

/// As far as so many bytes.
async fn followed(chain: &mut Chain, reading: &mut Reading, most: usize) -> Result<State, LogError> {
    let mut bytes = 0;
    loop {
        match reading.piece(chain.next()).await {
            Ok(piece) => {
                bytes += piece.text.len();
                chain.take(&piece);
            }
            // Its files are not what they should be.
            Err(LogError::Refused(ipc::auditd::Refusal::Invalid(_))) => chain.cannot_go_on(),
            Err(e) => return Err(e),
        }
        if chain.is_done() || bytes >= most {
            return Ok(chain.state());
        }
    }
}

async fn checked(ask: &Ask) -> Result<(), Trouble> {
    let mut reading = begin(ask).await?;
    // Somebody else has it checked: that is as good.
    let Ok(mut chain) = ask.console.chain.try_lock() else { return Ok(()) };
    *chain = Chain::default();
    let until = Instant::now() + limits::CHAIN;
    while !chain.is_done() && Instant::now() < until {
        followed(&mut chain, &mut reading, 1).await?;
    }
    Ok(())
}

async fn downloaded(ask: &Ask) -> Result<Body, Trouble> {
    let mut reading = begin(ask).await?;
    // What is refused is said by a page, and not in the middle of a file.
    let first = reading.piece(0).await?;
    let (sender, pieces) = channel(1);
    tokio::spawn(async move {
        if let Err(e) = sent(&mut reading, first, &sender).await {
            // The browser sees a file that is not whole.
            let _ = sender.send(Err(io::Error::other(chain(&e)))).await;
        }
    });
    Ok(Body::from_stream(ReceiverStream::new(pieces)))
}

/// A piece at a time, as fast as the browser takes them.
async fn sent(reading: &mut Reading, mut piece: Piece, to: &Sender<io::Result<Bytes>>) -> Result<(), LogError> {
    let until = piece.end;
    loop {
        let next = piece.next;
        // A browser that is gone wants no more.
        if to.send(Ok(Bytes::from(piece.text))).await.is_err() || next >= until {
            return Ok(());
        }
        piece = reading.piece(next).await?;
        if piece.next <= next {
            return Ok(());
        }
    }
}

fn row(line: &LogLine, texts: &Texts) -> LogRow {
    let is_line = line.time.is_some();
    LogRow {
        number: line.number.to_string(),
        time: line.time.map(time_of_day).unwrap_or_default(),
        actor: if is_line { shown(line.actor(), PART_MAX) } else { texts.audit_no_line() },
        action: shown(&line.action, PART_MAX),
        detail: shown(&line.detail, limits::DETAIL_SHOWN),
    }
}

fn chain_state(state: Option<&State>, texts: &Texts) -> ChainState {
    let Some(State { verdict, end, broken, signed }) = state else {
        return ChainState { words: texts.audit_chain_busy(), is_broken: false, notes: Vec::new() };
    };
    let (first, last) = (verdict.first.to_string(), verdict.end.saturating_sub(1).to_string());
    let words = match broken {
        Some(Broken::Line(line)) => texts.audit_chain_broken(line.to_string()),
        Some(Broken::Head(line)) => texts.audit_chain_bad_head(line.to_string()),
        Some(Broken::Unreadable(line)) => texts.audit_chain_unreadable(line.to_string()),
        None if verdict.end == 0 => texts.audit_chain_empty(),
        None if verdict.end < *end => texts.audit_chain_part(end.saturating_sub(1).to_string(), first, last),
        None => texts.audit_chain_whole(first, last),
    };
    let mut notes = vec![match (verdict.covered, signed) {
        (covered @ 1.., Some(signed)) => texts.audit_chain_signed(covered.to_string(), time_of_day(*signed)),
        _ => texts.audit_chain_unsigned(),
    }];
    notes.extend((verdict.losses > 0).then(|| texts.audit_chain_losses(verdict.losses.to_string())));
    notes.extend((verdict.gaps > 0).then(|| texts.audit_chain_gaps(verdict.gaps.to_string())));
    notes.extend((verdict.keys > 1).then(|| texts.audit_chain_keys(verdict.keys.to_string())));
    ChainState { words, is_broken: broken.is_some(), notes }
}

/// By a form, or by an address.
fn asked(fields: &Fields) -> Filter {
    let part = |name| fields.or_empty(name).trim().chars().take(PART_MAX).collect();
    Filter { actor: part("actor"), action: part("action") }
}

fn address(filter: &Filter, before: Option<u64>) -> String {
    let mut query = Serializer::new(String::new());
    let parts = [("actor", filter.actor.clone()), ("action", filter.action.clone())];
    query.extend_pairs(parts.into_iter().filter(|(_, part)| !part.is_empty()));
    query.extend_pairs(before.map(|before| ("before", before.to_string())));
    match query.finish() {
        query if query.is_empty() => HERE.into(),
        query => format!("{HERE}?{query}"),
    }
}
