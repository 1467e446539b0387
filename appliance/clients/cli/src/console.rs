//! `coffer console`: a person's browser at the console of a box that has proven itself. Nothing is installed, nobody compares fingerprints:
//! the browser speaks to this program, on this machine, and this program to the box.

mod gate;
mod jar;
mod limits;
mod open;
mod own_pages;
mod ports;
mod proxy;
mod rewrite;
mod upstream;
mod verifier;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::arguments::Console;
use crate::connect::Link;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Profile;
use crate::proven::{Proven, prove};
use gate::Gate;
use proxy::Proxy;
use rewrite::Place;
use upstream::Upstream;

pub(crate) use ports::PortError;
pub(crate) use upstream::UpstreamError;

/// How it ended.
#[derive(Clone, Copy)]
enum Ended {
    Interrupted,
    Idle { seconds: u64 },
}

pub(crate) async fn run(profile: &Profile, link: &Link, wanted: Console, output: &Output) -> Result<(), CliError> {
    let proven = prove(profile, link, &wanted.which).await?;
    let upstream = Upstream::new(&proven.authority, &proven.host, wanted.console_port)?;
    let addresses = upstream.look().await?;
    let place = Place::new(&proven.host, wanted.console_port, proven.authority.names(), &addresses);
    let interrupted = interruption()?;
    let (port, listeners) = ports::both()?;
    let gate = Gate::new(format!("{}:{port}", own_name(&proven)?)).ok_or(CliError::Randomness)?;
    let (address, box_address) = (gate.address(), upstream.address());
    let proxy = Arc::new(Proxy::new(gate, place, upstream));
    let stopping = CancellationToken::new();
    let mut serving = serve(&proxy, listeners, &stopping);
    said(&proven, &address, &box_address, wanted.idle, output);
    let _opened = wanted.open.then(|| open::open(&address)).transpose()?;
    let ended = tokio::select! {
        _ = interrupted => Ended::Interrupted,
        () = proxy.idle(Duration::from_secs(wanted.idle)) => Ended::Idle { seconds: wanted.idle },
        Some(Ok(Err(e))) = serving.join_next() => return Err(CliError::Runtime(e)),
    };
    stopping.cancel();
    let _ = timeout(limits::STOPPING, async { while serving.join_next().await.is_some() {} }).await;
    match ended {
        Ended::Interrupted => output.result(json!({ "ended": "interrupted" }), "ended: interrupted"),
        Ended::Idle { seconds } => output.result(
            json!({ "ended": "idle", "seconds": seconds }),
            &format!("ended: the browser asked for nothing for {seconds} s"),
        ),
    }
    Ok(())
}

/// A name that no other site has, below one that browsers look for on this machine alone (RFC 6761): what is kept for it is sent to no
/// other port's server, whose name is another one.
fn own_name(proven: &Proven) -> Result<String, CliError> {
    let mut random = [0; 8];
    SystemRandom::new().fill(&mut random).map_err(|_| CliError::Randomness)?;
    Ok(format!("{}-{}.localhost", proven.authority.host_name(), HEXLOWER.encode(&random)))
}

fn serve(
    proxy: &Arc<Proxy>,
    listeners: Vec<TcpListener>,
    stopping: &CancellationToken,
) -> JoinSet<std::io::Result<()>> {
    let mut serving = JoinSet::new();
    for listener in listeners {
        let (proxy, stopping) = (proxy.clone(), stopping.clone());
        let connection = move |stream, _, guest| {
            let proxy = proxy.clone();
            async move { proxy.serve(stream, guest).await }
        };
        serving.spawn(listener::serve(listener, limits::PLACES, stopping, connection));
    }
    serving
}

/// Ctrl-C, and what else ends programs.
fn interruption() -> Result<oneshot::Receiver<()>, CliError> {
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let tell = move || {
        if let Some(sender) = sender.take() {
            let _ = sender.send(());
        }
    };
    ctrlc::set_handler(tell).map_err(|e| CliError::Runtime(std::io::Error::other(e)))?;
    Ok(receiver)
}

fn said(proven: &Proven, address: &str, box_address: &str, idle: u64, output: &Output) {
    let (name, fingerprint) = (proven.authority.host_name(), proven.authority.fingerprint());
    output.result(
        json!({ "address": address, "box": name, "console": box_address, "authority_sha256": fingerprint, "idle": idle }),
        &format!(
            "{name} at {box_address} has proven itself. Open this address, which is good once, in a browser on this machine:\n  {address}\n\
             Ctrl-C ends it, and so do {idle} s in which nothing is asked for."
        ),
    );
}
