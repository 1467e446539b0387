//! Has Verilator translate fpga/rtl to C++, and compiles that.
//!
//! Environment: VERILATOR, the program (default: on the path). CARD_RTL_ENGINES, _SLOTS, _COLUMNS, _WA, _WB, _CONTEXTS,
//! _TABLE_LOG2, _VECTOR_LOG2, _MAX_ITEMS, _PATIENCE_LOG2: the design's parameters.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Parameter, variable, default: one small engine, so that a simulation is quick to start.
const PARAMETERS: [(&str, &str, &str); 10] = [
    ("Engines", "CARD_RTL_ENGINES", "1"),
    ("Slots", "CARD_RTL_SLOTS", "4"),
    ("Columns", "CARD_RTL_COLUMNS", "16"),
    ("WA", "CARD_RTL_WA", "17"),
    ("WB", "CARD_RTL_WB", "26"),
    ("Contexts", "CARD_RTL_CONTEXTS", "8"),
    ("TableLog2", "CARD_RTL_TABLE_LOG2", "20"),
    ("VectorLog2", "CARD_RTL_VECTOR_LOG2", "20"),
    ("MaxItems", "CARD_RTL_MAX_ITEMS", "4096"),
    ("PatienceLog2", "CARD_RTL_PATIENCE_LOG2", "14"),
];
const SHIM: &str = "src/shim.cpp";
const REMEDY: &str = "the crate card-rtl needs Verilator 5: put it on the path or name it in VERILATOR (scripts/in-root \
                      has it; every other crate builds without)";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let rtl = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../fpga/rtl").canonicalize()?;
    println!("cargo::rerun-if-env-changed=VERILATOR");
    println!("cargo::rerun-if-changed={}", rtl.display());
    println!("cargo::rerun-if-changed={SHIM}");
    let verilator = env::var("VERILATOR").unwrap_or_else(|_| "verilator".into());
    let made = out.join("verilated");
    if made.exists() {
        fs::remove_dir_all(&made)?;
    }
    let mut command = Command::new(&verilator);
    // Registers without a reset begin with numbers that nobody relies on, chosen when the program starts.
    command.args(["--cc", "-O3", "--no-timing", "--x-assign", "fast", "--x-initial", "unique", "-Wno-fatal"]);
    command.args(["--top-module", "card", "--prefix", "Vcard", "-GKind=8'd2", "--Mdir"]).arg(&made);
    for (parameter, variable, default) in PARAMETERS {
        println!("cargo::rerun-if-env-changed={variable}");
        let value = env::var(variable).unwrap_or_else(|_| default.into());
        value.parse::<u32>().map_err(|_| format!("{variable}={value} is no number"))?;
        command.arg(format!("-G{parameter}={value}"));
        println!("cargo::rustc-env=CARD_RTL_{}={value}", parameter.to_uppercase());
    }
    command.args(sources(&rtl)?);
    run(&mut command)?;

    let root = run(Command::new(&verilator).args(["--getenv", "VERILATOR_ROOT"]))?;
    let include = Path::new(root.trim()).join("include");
    let mut build = cc::Build::new();
    build.cpp(true).std("c++20").opt_level(2).warnings(false).debug(false);
    build
        .flag_if_supported("-faligned-new")
        .define("VERILATOR", "1")
        .define("VM_TRACE", "0")
        .define("VM_COVERAGE", "0");
    build.include(&include).include(include.join("vltstd")).include(&made);
    build.file(SHIM).file(include.join("verilated.cpp")).file(include.join("verilated_threads.cpp"));
    for entry in fs::read_dir(&made)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "cpp") {
            build.file(path);
        }
    }
    build.define("CARD_RTL_MODULUS", moduli(&fs::read_to_string(made.join("Vcard___024root.h"))?)?.as_str());
    build.try_compile("card_rtl")?;
    Ok(())
}

/// The name that the memory of the first engine's moduli has in C++: fault injection flips a bit of it.
fn moduli(header: &str) -> Result<String, Box<dyn Error>> {
    let names = header.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let found =
        names.into_iter().find(|name| name.contains("__BRA__0__KET__") && name.ends_with("u_modulus__DOT__mem"));
    Ok(found.ok_or("the RTL has no public memory u_modulus: a context cannot be corrupted")?.into())
}

/// All of the design's files, packages before what uses them.
fn sources(rtl: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for folder in [rtl.join("generated"), rtl.to_path_buf()] {
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path());
        }
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sv"));
    let rank = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let package = name.ends_with("_pkg.sv");
        (!package, package && name != "card_pkg.sv", name)
    };
    files.sort_by_key(rank);
    Ok(files)
}

fn run(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{}: {error}; {REMEDY}", command.get_program().display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
