//! The data keys, by the keys' ids.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use key_backup::aead::KEY_BYTES;
use secrets::Secret;
use zeroize::Zeroizing;

/// An id is eight bytes, in hexadecimal.
const ID_BYTES: usize = 8;
const ROW_BYTES: usize = ID_BYTES + KEY_BYTES;

#[derive(Default)]
pub(super) struct Table(BTreeMap<String, Secret>);

impl Table {
    pub(super) fn get(&self, id: &str) -> Option<&Secret> {
        self.0.get(id)
    }

    pub(super) fn put(&mut self, id: &str, data_key: Secret) {
        self.0.insert(id.into(), data_key);
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }

    pub(super) fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| wanted(id));
    }

    pub(super) fn copy(&self) -> Table {
        Table(self.0.iter().map(|(id, key)| (id.clone(), Secret::copy_of(key.expose()))).collect())
    }

    /// A row each: the id, the key.
    pub(super) fn encode(&self) -> Option<Secret> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len() * ROW_BYTES));
        for (id, key) in &self.0 {
            let id = HEXLOWER.decode(id.as_bytes()).ok().filter(|id| id.len() == ID_BYTES)?;
            bytes.extend_from_slice(&id);
            bytes.extend_from_slice(key.expose());
        }
        Some(Secret::new(std::mem::take(&mut *bytes)))
    }

    pub(super) fn decode(bytes: &Secret) -> Option<Table> {
        let rows = bytes.expose().chunks_exact(ROW_BYTES);
        if !rows.remainder().is_empty() {
            return None;
        }
        let row = |row: &[u8]| (HEXLOWER.encode(&row[..ID_BYTES]), Secret::copy_of(&row[ID_BYTES..]));
        Some(Table(rows.map(row).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_as_it_was_and_a_piece_of_one_does_not() {
        let mut table = Table::default();
        table.put("0102030405060708", Secret::new(vec![7; KEY_BYTES]));
        table.put("ff02030405060708", Secret::new(vec![8; KEY_BYTES]));
        let bytes = table.encode().unwrap();
        let again = Table::decode(&bytes).unwrap();
        assert!(again.get("0102030405060708").unwrap().equals(&Secret::new(vec![7; KEY_BYTES])));
        assert_eq!(again.0.len(), 2);
        assert!(Table::decode(&Secret::copy_of(&bytes.expose()[1..])).is_none());
        table.put("no id", Secret::new(vec![0; KEY_BYTES]));
        assert!(table.encode().is_none());
    }
}
