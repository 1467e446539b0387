//! The address by DHCP.

use std::net::Ipv4Addr;
use std::time::Duration;

use mozim::{DhcpV4Client, DhcpV4Config, DhcpV4Lease, DhcpV4State};

use crate::network::netlink::configure;

const TIMEOUT_S: u32 = 60;
const RETRY: Duration = Duration::from_secs(10);

/// Gets a lease, renews it, and starts over when it is lost. Reports to the kernel's log: the console may be asking for a key.
pub(crate) async fn keep_lease(link: &str) {
    loop {
        if let Err(e) = lease_until_lost(link).await {
            eprintln!("supervisor: DHCP on {link}: {e}");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn lease_until_lost(link: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut config = DhcpV4Config::new(link);
    config.set_timeout_sec(TIMEOUT_S);
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
