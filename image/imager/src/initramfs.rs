//! The tree as the kernel takes it: a "newc" cpio archive, compressed with zstd. The same tree gives the same bytes.
//!
//! Linux, Documentation/driver-api/early-userspace/buffer-format.rst.

use std::str;

use crate::error::ImagerError;
use crate::tree::{Node, Tree};

/// Small matters here: the firmware reads the image from disk, and the hash of it is taken, before anything runs.
const ZSTD_LEVEL: i32 = 19;

const MAGIC: &[u8] = b"070701";
const HEADER: usize = 110;
const TRAILER: &str = "TRAILER!!!";

pub fn pack(tree: &Tree) -> Result<Vec<u8>, ImagerError> {
    zstd::bulk::compress(&archive(tree), ZSTD_LEVEL).map_err(|e| problem(&format!("not compressed: {e}")))
}

/// What [`pack`] packed.
pub fn unpack(bytes: &[u8]) -> Result<Tree, ImagerError> {
    let archive = zstd::stream::decode_all(bytes).map_err(|e| problem(&format!("not decompressed: {e}")))?;
    tree_of(&archive)
}

fn archive(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    // Numbers that count up stand for inodes; number 0 is the trailer's.
    for (inode, (path, node)) in (1..).zip(tree.nodes()) {
        let (links, bytes): (u32, &[u8]) = match node {
            Node::Folder => (2, &[]),
            Node::File { bytes, .. } => (1, bytes),
        };
        entry(&mut out, inode, path.trim_start_matches('/'), node.mode(), links, bytes);
    }
    entry(&mut out, 0, TRAILER, 0, 1, &[]);
    out
}

fn entry(out: &mut Vec<u8>, inode: u32, name: &str, mode: u32, links: u32, bytes: &[u8]) {
    // inode, mode, uid, gid, links, mtime, size, device (2), device of a special file (2), name with its end, checksum.
    let fields = [inode, mode, 0, 0, links, 0, bytes.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
    out.extend(MAGIC);
    fields.iter().for_each(|f| out.extend(format!("{f:08x}").as_bytes()));
    out.extend(name.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn tree_of(archive: &[u8]) -> Result<Tree, ImagerError> {
    let mut tree = Tree::default();
    let mut at = 0;
    loop {
        let header = archive
            .get(at..at + HEADER)
            .filter(|h| h.starts_with(MAGIC))
            .ok_or_else(|| problem("an entry is cut off"))?;
        let field = |index: usize| {
            let digits = str::from_utf8(&header[6 + index * 8..14 + index * 8]).unwrap_or_default();
            usize::from_str_radix(digits, 16).map_err(|_| problem("a number is not hexadecimal"))
        };
        let (mode, size, name_size) = (field(1)?, field(6)?, field(11)?);
        let name_at = at + HEADER;
        let bytes_at = (name_at + name_size).next_multiple_of(4);
        let name = archive.get(name_at..name_at + name_size.saturating_sub(1)).and_then(|n| str::from_utf8(n).ok());
        let name = name.ok_or_else(|| problem("a name is not readable"))?;
        if name == TRAILER {
            return Ok(tree);
        }
        let bytes = archive.get(bytes_at..bytes_at + size).ok_or_else(|| problem("a file is cut off"))?;
        match mode & 0o170000 {
            0o040000 => tree.folder(&format!("/{name}"))?,
            0o100000 => tree.file(&format!("/{name}"), bytes.to_vec(), mode & 0o111 != 0)?,
            _ => return Err(problem(&format!("{name} is neither a file nor a folder"))),
        }
        at = (bytes_at + size).next_multiple_of(4);
    }
}

fn problem(problem: &str) -> ImagerError {
    ImagerError::Initramfs { problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.file("/bin/program", b"12345".to_vec(), true).unwrap();
        tree.file("/etc/os-release", b"ID=coffer\n".to_vec(), false).unwrap();
        tree.folder("/proc").unwrap();
        tree
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        assert_eq!(unpack(&pack(&tree()).unwrap()).unwrap(), tree());
    }

    #[test]
    fn another_cpio_reads_the_archive() {
        let mut child = std::process::Command::new("cpio")
            .args(["-tv", "--quiet", "--numeric-uid-gid"])
            .env("TZ", "UTC")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("cpio (scripts/in-root has it)");
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), &archive(&tree())).unwrap();
        let out = child.wait_with_output().unwrap();
        let lines: Vec<String> = String::from_utf8(out.stdout).unwrap().lines().map(str::to_string).collect();
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert!(
            lines[1].starts_with("-r-xr-xr-x   1 0        0               5 Jan  1  1970 bin/program"),
            "{lines:?}"
        );
        assert!(lines[4].starts_with("dr-xr-xr-x   2 0        0               0 Jan  1  1970 proc"), "{lines:?}");
    }
}
