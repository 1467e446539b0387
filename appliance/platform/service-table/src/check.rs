//! What must hold of each row, and of all of them together.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Device, Row, TableError};

const NAME_MAX: usize = 32;
const TEXT_MAX: usize = 256;
/// Of arguments, variables, ports, peers and calls of one peer.
const LIST_MAX: usize = 32;
/// Uids below are the system's.
const UID_MIN: u32 = 100;
const UID_MAX: u32 = 60_000;
/// Below, listening needs a capability, and no service has one.
const PORT_MIN: u16 = 1024;
const MEMORY_MAX_MIB: u64 = 1 << 20;

/// Checks a row by itself.
pub(crate) fn row(row: &Row) -> Result<(), TableError> {
    let check = |field, holds: bool, problem: &str| if holds { Ok(()) } else { refuse(row, field, problem.into()) };
    let names = "1 to 32 of a-z, 0-9 and '-'";
    check("name", is_name(&row.name), names)?;
    check("program", is_plain_path(&row.program), "not a plain absolute path")?;
    let texts = row.arguments.iter().chain(row.environment.keys()).chain(row.environment.values());
    check("arguments, environment", texts.clone().count() <= LIST_MAX, "too many")?;
    check("arguments, environment", texts.clone().all(|t| is_text(t)), "1 to 256 printable ASCII characters each")?;
    check("environment", row.environment.keys().all(|k| !k.contains('=')), "a name with '='")?;
    check("uid", (UID_MIN..UID_MAX).contains(&row.uid), "100 to 59999")?;
    check("filter", is_name(&row.filter), names)?;
    let own = |path: &String| is_plain_path(path) && path.strip_prefix("/data/").is_some_and(is_name);
    check("folder", row.folder.as_ref().is_none_or(own), "/data/ and a name")?;
    check("listen", row.listen.len() <= LIST_MAX, "too many")?;
    check("listen", row.listen.iter().all(|port| *port >= PORT_MIN), "ports from 1024 on")?;
    check("connect", row.connect.len() <= LIST_MAX, "too many")?;
    check("connect", row.connect.iter().all(|to| to.port > 0 && is_text(&to.host)), "a host and a port each")?;
    check("memory-mib", (1..=MEMORY_MAX_MIB).contains(&row.memory_mib), "1 to 1048576")?;
    check("memory-lock-mib", row.memory_lock_mib <= MEMORY_MAX_MIB, "0 to 1048576")?;
    check("restart-group", is_name(&row.restart_group), names)?;
    check("states", !row.states.is_empty(), "it runs in none")?;
    check("peers", row.peers.len() <= LIST_MAX, "too many")?;
    check("peers", !row.peers.contains_key(&row.name), "it calls itself")?;
    for calls in row.peers.values() {
        check("peers", (1..=LIST_MAX).contains(&calls.len()), "1 to 32 calls each")?;
        check("peers", calls.iter().all(|call| is_name(call)), "a call's name is 1 to 32 of a-z, 0-9 and '-'")?;
    }
    Ok(())
}

/// Checks rows against each other.
pub(crate) fn together(rows: &[Row]) -> Result<(), TableError> {
    let given = |row: &Row, device| row.devices.contains(&device).then(String::new);
    unique(rows, "name", |row| vec![row.name.clone()])?;
    unique(rows, "uid", |row| vec![row.uid])?;
    unique(rows, "folder", |row| row.folder.iter().cloned().collect())?;
    unique(rows, "listen", |row| row.listen.iter().copied().collect())?;
    // A node has one owner, the kernel one group that may use io_uring, the box one who addresses it.
    unique(rows, "devices: tpm", |row| given(row, Device::Tpm).into_iter().collect())?;
    unique(rows, "devices: cards", |row| given(row, Device::Cards).into_iter().collect())?;
    unique(rows, "io-uring", |row| row.io_uring.then_some(()).into_iter().collect())?;
    unique(rows, "network", |row| row.network.then_some(()).into_iter().collect())?;
    let by_name: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.name.as_str(), row)).collect();
    for (row, peer) in rows.iter().flat_map(|row| row.peers.keys().map(move |peer| (row, peer))) {
        let Some(server) = by_name.get(peer.as_str()) else {
            return refuse(row, "peers", format!("there is no service {peer}"));
        };
        if let Some(state) = row.states.difference(&server.states).next() {
            return refuse(
                row,
                "states",
                format!("it runs when the box is {}, and {peer}, which it calls, does not", state.name()),
            );
        }
    }
    Ok(())
}

/// Servers before their clients. Who calls whom may be a circle within one restart group alone, which starts and ends as one.
pub(crate) fn ordered(mut rows: Vec<Row>) -> Result<Vec<Row>, TableError> {
    let group_of: BTreeMap<String, String> =
        rows.iter().map(|row| (row.name.clone(), row.restart_group.clone())).collect();
    let mut placed: BTreeSet<String> = BTreeSet::new();
    let mut ordered = Vec::new();
    while let Some(first) = rows.first() {
        let waits = |row: &Row| {
            row.peers
                .keys()
                .filter_map(|peer| group_of.get(peer))
                .any(|g| *g != row.restart_group && !placed.contains(g))
        };
        let is_free = |group: &String| !rows.iter().any(|row| row.restart_group == *group && waits(row));
        let Some(group) = rows.iter().map(|row| &row.restart_group).find(|group| is_free(group)).cloned() else {
            return refuse(first, "peers", "a circle of calls between restart groups".into());
        };
        let (group_rows, rest) = rows.into_iter().partition(|row| row.restart_group == group);
        rows = rest;
        ordered.extend::<Vec<Row>>(group_rows);
        placed.insert(group);
    }
    Ok(ordered)
}

fn unique<T: Ord>(rows: &[Row], field: &'static str, values: impl Fn(&Row) -> Vec<T>) -> Result<(), TableError> {
    let mut seen = BTreeMap::new();
    for row in rows {
        for value in values(row) {
            if let Some(other) = seen.insert(value, &row.name) {
                return refuse(row, field, format!("{other} has the same"));
            }
        }
    }
    Ok(())
}

fn refuse<T>(row: &Row, field: &'static str, problem: String) -> Result<T, TableError> {
    // What a name may not hold is not repeated.
    let name = if is_name(&row.name) { row.name.clone() } else { format!("of uid {}", row.uid) };
    Err(TableError::Row { row: name, field, problem })
}

fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_text(text: &str) -> bool {
    (1..=TEXT_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

fn is_plain_path(path: &str) -> bool {
    is_text(path) && path.strip_prefix('/').is_some_and(|p| p.split('/').all(|part| !matches!(part, "" | "." | "..")))
}
