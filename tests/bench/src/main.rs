//! bench: measures, prints a table, writes JSON and docs/performance.md.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::machine::{self, Cores};
use bench::suites::{Bench, Suite};
use bench::{BenchError, Case, Plan, report};
use clap::Parser;
use error_chain::chain;

#[derive(Parser)]
#[command(about = "Measures the arithmetic against its peers", version)]
struct Arguments {
    /// What to measure; without any, and without --with, everything
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// Write one object a case to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Cases of an earlier run on this machine; this run's replace those that are the same
    #[arg(long)]
    with: Vec<PathBuf>,
    /// Rows of the epoch of logistic regression
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=100_000_000))]
    rows: Option<u64>,
    /// Little of everything, to see that it runs; the figures are rough
    #[arg(long)]
    quick: bool,
    /// Write performance.md and its plots into this folder
    #[arg(long)]
    write_docs: Option<PathBuf>,
    /// Only print the processor's name, for cases that are measured elsewhere
    #[arg(long)]
    processor: bool,
    /// What is measured, as git describes it
    #[arg(long, default_value = "unknown")]
    describe: String,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bench: {}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), BenchError> {
    if arguments.processor {
        println!("{}", machine::processor());
        return Ok(());
    }
    let mut cases = Vec::new();
    for path in &arguments.with {
        merge(&mut cases, read(path)?);
    }
    let mut bench = Bench {
        plan: if arguments.quick { Plan::quick() } else { Plan::full() },
        quick: arguments.quick,
        rows: arguments.rows.unwrap_or(if arguments.quick { 2000 } else { 100_000 }) as usize,
        cores: Cores::allowed()?,
        cases: Vec::new(),
    };
    // The build before this leaves a little.
    if let Some(load) = machine::load().filter(|load| *load > 1.5) {
        eprintln!("== others use this machine (load {load:.1}): the figures will be rough");
    }
    let everything = arguments.suites.is_empty() && arguments.with.is_empty();
    for suite in Suite::ALL.iter().filter(|suite| everything || arguments.suites.contains(suite)) {
        bench.run(*suite)?;
    }
    for case in &mut bench.cases {
        case.commit.clone_from(&arguments.describe);
        case.date = time::OffsetDateTime::now_utc().date().to_string();
        case.processor = machine::processor();
    }
    merge(&mut cases, bench.cases);
    print!("{}", report::table(&cases));
    if let Some(path) = &arguments.json {
        let mut text =
            serde_json::to_string_pretty(&cases).map_err(|source| BenchError::Cases { path: path.clone(), source })?;
        text.push('\n');
        fs::write(path, text).map_err(BenchError::file("write", path))?;
    }
    match &arguments.write_docs {
        Some(folder) => report::write_documents(&cases, folder),
        None => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<Case>, BenchError> {
    let text = fs::read(path).map_err(BenchError::file("read", path))?;
    serde_json::from_slice(&text).map_err(|source| BenchError::Cases { path: path.into(), source })
}

fn merge(cases: &mut Vec<Case>, newer: Vec<Case>) {
    for case in newer {
        match cases.iter_mut().find(|known| known.same(&case)) {
            Some(known) => *known = case,
            None => cases.push(case),
        }
    }
}
