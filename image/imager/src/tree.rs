//! The files of the operating system, in memory, before they become an initramfs.

use std::collections::BTreeMap;

use crate::error::ImagerError;

/// Path ("/bin/keyd") to what is there; sorted, so that the same files always come out in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Folder,
    File { bytes: Vec<u8>, executable: bool },
}

impl Node {
    /// Type and permissions. Nothing is writable, not even by root: `/` becomes read-only as a whole.
    pub fn mode(&self) -> u32 {
        match self {
            Node::Folder => 0o040555,
            Node::File { executable: true, .. } => 0o100555,
            Node::File { executable: false, .. } => 0o100444,
        }
    }
}

impl Tree {
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    pub fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// A folder, with those above it.
    pub fn folder(&mut self, path: &str) -> Result<(), ImagerError> {
        if path.is_empty() || path == "/" {
            return Ok(());
        }
        self.folder(parent(path))?;
        match self.nodes.entry(path.into()).or_insert(Node::Folder) {
            Node::Folder => Ok(()),
            Node::File { .. } => Err(ImagerError::Initramfs { problem: format!("{path} is a file and a folder") }),
        }
    }

    pub fn file(&mut self, path: &str, bytes: Vec<u8>, executable: bool) -> Result<(), ImagerError> {
        self.folder(parent(path))?;
        match self.nodes.insert(path.into(), Node::File { bytes, executable }) {
            None => Ok(()),
            Some(_) => Err(ImagerError::Initramfs { problem: format!("{path} is there twice") }),
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
