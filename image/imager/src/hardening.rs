//! How programs and libraries are built: what makes an error in one hard to use. An image with a file that lacks any of it is not built.
//!
//! What Debian does not give stands in the profile as an exception, with its reason; nobody here gives CET (Debian builds without it,
//! and rustc has it in no stable release), nor Rust a stack protector: its own bounds checks stand there.

use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{LittleEndian as LE, Object, ObjectSymbol, elf};

use crate::profile::Libraries;

/// What one ELF file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardening {
    pub position_independent: bool,
    /// The tables of addresses become read-only once they are filled,
    pub relocations_read_only: bool,
    /// and are filled before the program starts.
    pub bound_at_start: bool,
    pub stack_protector: bool,
    pub stack_not_executable: bool,
    pub writable_and_executable: bool,
    pub text_relocations: bool,
}

const DF_TEXTREL: u64 = 0x4;
const DF_BIND_NOW: u64 = 0x8;
const DF_1_NOW: u64 = 0x1;

impl Hardening {
    pub fn of(bytes: &[u8]) -> Result<Hardening, object::read::Error> {
        let file = ElfFile64::<LE>::parse(bytes)?;
        let header = file.elf_header();
        let mut found = Hardening {
            position_independent: header.e_type(LE) == elf::ET_DYN,
            relocations_read_only: false,
            bound_at_start: false,
            stack_protector: file.dynamic_symbols().any(|s| s.name().is_ok_and(|n| n.starts_with("__stack_chk"))),
            stack_not_executable: false,
            writable_and_executable: false,
            text_relocations: false,
        };
        for segment in header.program_headers(LE, bytes)? {
            let flags = segment.p_flags(LE);
            match segment.p_type(LE) {
                elf::PT_GNU_RELRO => found.relocations_read_only = true,
                elf::PT_GNU_STACK => found.stack_not_executable = !flags.contains(elf::PF_X),
                elf::PT_LOAD if flags.contains(elf::PF_W) && flags.contains(elf::PF_X) => {
                    found.writable_and_executable = true;
                }
                _ => {}
            }
        }
        for entry in file.elf_dynamic_table()?.iter() {
            match entry.tag {
                elf::DT_BIND_NOW => found.bound_at_start = true,
                elf::DT_TEXTREL => found.text_relocations = true,
                elf::DT_FLAGS => {
                    found.bound_at_start |= entry.val & DF_BIND_NOW != 0;
                    found.text_relocations |= entry.val & DF_TEXTREL != 0;
                }
                elf::DT_FLAGS_1 => found.bound_at_start |= entry.val & DF_1_NOW != 0,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// What is wrong with a file. `name`: without its folder; `ours`: it is written in Rust.
pub fn judge(name: &str, bytes: &[u8], ours: bool, exceptions: &Libraries) -> Result<(), String> {
    let found = Hardening::of(bytes).map_err(|e| format!("{name} is no program that can be judged: {e}"))?;
    let lazily = exceptions.bound_lazily.iter().any(|n| n == name);
    let bare = exceptions.without_stack_protector.iter().any(|n| n == name);
    // An exception that its file does not need is a hole for a later one.
    if (lazily && found.bound_at_start) || (bare && found.stack_protector) {
        return Err(format!("{name} is an exception, and needs none"));
    }
    let wrong = [
        (!found.position_independent, "it has a fixed address"),
        (!found.relocations_read_only, "its tables of addresses stay writable (RELRO)"),
        (!found.bound_at_start && !lazily, "it is bound while it runs (BIND_NOW)"),
        (!found.stack_protector && !ours && !bare, "it has no stack protector"),
        (!found.stack_not_executable, "its stack is executable"),
        (found.writable_and_executable, "a segment is writable and executable"),
        (found.text_relocations, "its code is changed when it is loaded"),
    ];
    match wrong.iter().find(|(wrong, _)| *wrong) {
        None => Ok(()),
        Some((_, what)) => Err(format!("{name}: {what}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_EXCEPTIONS: Libraries =
        Libraries { opened_at_run_time: Vec::new(), bound_lazily: Vec::new(), without_stack_protector: Vec::new() };

    fn program() -> Vec<u8> {
        std::fs::read("/usr/bin/true").expect("a program")
    }

    /// Where the program header of this type stands, and the offset of its flags in it.
    fn flags_of(bytes: &[u8], kind: u32) -> usize {
        let count = usize::from(u16::from_le_bytes([bytes[56], bytes[57]]));
        let at = (0..count).map(|i| 64 + i * 56).find(|at| bytes[*at..*at + 4] == kind.to_le_bytes());
        at.expect("such a header") + 4
    }

    fn refused(change: impl Fn(&mut [u8])) -> String {
        let mut bytes = program();
        change(&mut bytes);
        judge("it", &bytes, false, &NO_EXCEPTIONS).unwrap_err()
    }

    #[test]
    fn a_program_of_debians_has_all_of_it() {
        assert_eq!(judge("true", &program(), false, &NO_EXCEPTIONS), Ok(()));
    }

    #[test]
    fn what_lacks_any_of_it_is_refused_by_name() {
        assert!(refused(|b| b[16] = 2).contains("fixed address"));
        let [stack, load, relro] = [elf::PT_GNU_STACK, elf::PT_LOAD, elf::PT_GNU_RELRO].map(|kind| kind.0);
        assert!(
            refused(|b| {
                let at = flags_of(b, stack);
                b[at] |= 1;
            })
            .contains("stack is executable")
        );
        assert!(
            refused(|b| {
                let at = flags_of(b, load);
                b[at] |= 3;
            })
            .contains("writable and executable")
        );
        assert!(
            refused(|b| {
                let at = flags_of(b, relro) - 4;
                b[at..at + 4].fill(0);
            })
            .contains("RELRO")
        );
        assert!(refused(|b| b.fill(0)).contains("no program"));
    }

    #[test]
    fn exceptions_are_by_name_and_only_for_what_needs_one() {
        let bytes = std::fs::read("/lib/x86_64-linux-gnu/libgcc_s.so.1").expect("a library");
        assert!(judge("libgcc_s.so.1", &bytes, false, &NO_EXCEPTIONS).is_err());
        let names = vec!["libgcc_s.so.1".to_string(), "true".to_string()];
        let excepted = Libraries { bound_lazily: names.clone(), without_stack_protector: names, ..NO_EXCEPTIONS };
        assert_eq!(judge("libgcc_s.so.1", &bytes, false, &excepted), Ok(()));
        assert!(judge("true", &program(), false, &excepted).unwrap_err().contains("needs none"));
    }
}
