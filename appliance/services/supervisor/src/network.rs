//! The network, by netlink: loopback, then the first Ethernet link with a static address or DHCP.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::thread;
use std::time::Duration;

use futures::TryStreamExt;
use mozim::{DhcpV4Client, DhcpV4Config, DhcpV4Lease, DhcpV4State};
use rtnetlink::{Handle, LinkUnspec, RouteMessageBuilder, new_connection};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use crate::console::Console;
use crate::error::{SupervisorError, file};

/// A static address instead of DHCP, on the data volume.
const SETTINGS: &str = "/data/supervisor/network.json";
/// How long the links may take to appear.
const LINK_WAIT: Duration = Duration::from_secs(10);
const DHCP_TIMEOUT_S: u32 = 60;
const RETRY: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaticAddress {
    address: Ipv4Addr,
    prefix: u8,
    gateway: Option<Ipv4Addr>,
}

/// The network with loopback up.
pub(crate) struct Network {
    runtime: Runtime,
}

/// The DHCP client runs on a thread of its own until the power goes off; this says what it got first.
pub(crate) struct Addressed {
    pub(crate) summary: String,
}

pub(crate) fn start_loopback() -> Result<Network, SupervisorError> {
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(|e| failed("starting its runtime")(Box::new(e)))?;
    runtime.block_on(async { link_up(&netlink()?, "lo").await })?;
    Ok(Network { runtime })
}

impl Network {
    pub(crate) fn start(self, console: &mut Console) -> Result<Option<Addressed>, SupervisorError> {
        let Some(link) = first_ethernet()? else {
            console.say("no network link");
            return Ok(None);
        };
        self.runtime.block_on(async { link_up(&netlink()?, &link).await })?;
        let summary = match read_settings()? {
            Some(fixed) => {
                self.runtime.block_on(configure(&link, fixed.address, fixed.prefix, fixed.gateway))?;
                format!("{link} {}/{} (static)", fixed.address, fixed.prefix)
            }
            None => {
                // The services do not wait for a lease: they listen on every address there will be.
                let name = link.clone();
                thread::spawn(move || self.runtime.block_on(keep_lease(&name)));
                format!("{link} by DHCP")
            }
        };
        console.say(&format!("network {summary}"));
        Ok(Some(Addressed { summary }))
    }
}

/// Gets a lease, renews it, and starts over when it is lost. Reports to the kernel's log: the console may be asking for a key.
async fn keep_lease(link: &str) {
    loop {
        if let Err(e) = lease_until_lost(link).await {
            eprintln!("supervisor: DHCP on {link}: {e}");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn lease_until_lost(link: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut config = DhcpV4Config::new(link);
    config.set_timeout_sec(DHCP_TIMEOUT_S);
    let mut client = DhcpV4Client::init(config, None).await.map_err(|e| e.to_string())?;
    let mut configured: Option<Ipv4Addr> = None;
    loop {
        let state = client.run().await.map_err(|e| e.to_string())?;
        if let DhcpV4State::Done(lease) = state
            && configured != Some(lease.yiaddr)
        {
            configure(link, lease.yiaddr, lease.prefix_length(), gateway(&lease)).await?;
            configured = Some(lease.yiaddr);
            eprintln!("supervisor: {link} has {}/{}", lease.yiaddr, lease.prefix_length());
        }
    }
}

fn gateway(lease: &DhcpV4Lease) -> Option<Ipv4Addr> {
    lease.gateways.as_ref().and_then(|g| g.first().copied())
}

async fn configure(
    link: &str,
    address: Ipv4Addr,
    prefix: u8,
    gateway: Option<Ipv4Addr>,
) -> Result<(), SupervisorError> {
    let handle = netlink()?;
    let index = link_index(&handle, link).await?;
    handle
        .address()
        .add(index, IpAddr::V4(address), prefix)
        .replace()
        .execute()
        .await
        .map_err(|e| failed("setting an address")(Box::new(e)))?;
    if let Some(gateway) = gateway {
        let route = RouteMessageBuilder::<Ipv4Addr>::new().gateway(gateway).output_interface(index).build();
        handle.route().add(route).replace().execute().await.map_err(|e| failed("setting a route")(Box::new(e)))?;
    }
    Ok(())
}

async fn link_up(handle: &Handle, link: &str) -> Result<(), SupervisorError> {
    let index = link_index(handle, link).await?;
    let up = LinkUnspec::new_with_index(index).up().build();
    handle.link().set(up).execute().await.map_err(|e| failed("bringing a link up")(Box::new(e)))
}

async fn link_index(handle: &Handle, link: &str) -> Result<u32, SupervisorError> {
    let mut links = handle.link().get().match_name(link.to_string()).execute();
    let found = links.try_next().await.map_err(|e| failed("finding a link")(Box::new(e)))?;
    found.map(|l| l.header.index).ok_or_else(|| SupervisorError::Refused(format!("the network link {link} vanished")))
}

/// A netlink connection of the current runtime.
fn netlink() -> Result<Handle, SupervisorError> {
    let (connection, handle, _) = new_connection().map_err(|e| failed("opening netlink")(Box::new(e)))?;
    tokio::spawn(connection);
    Ok(handle)
}

/// The first link of ARPHRD_ETHER (1), in the order of names.
fn first_ethernet() -> Result<Option<String>, SupervisorError> {
    let folder = "/sys/class/net";
    let until = std::time::Instant::now() + LINK_WAIT;
    loop {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
            let entry = entry.map_err(file("listing", folder))?;
            let kind = fs::read_to_string(entry.path().join("type")).unwrap_or_default();
            if kind.trim() == "1" {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        if !names.is_empty() || std::time::Instant::now() > until {
            return Ok(names.into_iter().next());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn read_settings() -> Result<Option<StaticAddress>, SupervisorError> {
    match fs::read_to_string(SETTINGS) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|e| SupervisorError::Content { path: SETTINGS.into(), what: e.to_string() }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(file("reading", SETTINGS)(e)),
    }
}

fn failed(action: &'static str) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> SupervisorError {
    move |source| SupervisorError::Network { action, source }
}
