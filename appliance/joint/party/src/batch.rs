//! Rows of a data set, by columns.

/// The values of one column: bytes one after another, and where each ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// As many rows of each column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    columns: Vec<Column>,
}

impl Column {
    pub fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value in a row; `None` past the last.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        let end = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start..end)
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Column {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Column {
        let mut column = Column::default();
        values.into_iter().for_each(|value| column.push(value.as_ref()));
        column
    }
}

impl Batch {
    /// `None` unless all columns have as many rows, and there is one at least.
    pub fn new(columns: Vec<Column>) -> Option<Batch> {
        let rows = columns.first()?.len();
        columns.iter().all(|column| column.len() == rows).then_some(Batch { columns })
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let column = Column::from_iter(["a", "", "bc"]);
        let values: Vec<_> = (0..4).map(|row| column.get(row)).collect();
        assert_eq!(values, [Some(&b"a"[..]), Some(&b""[..]), Some(&b"bc"[..]), None]);
    }

    #[test]
    fn columns_of_a_batch_are_of_one_length() {
        let column = |rows: usize| Column::from_iter(vec![b"x"; rows]);
        assert_eq!(Batch::new(vec![column(2), column(2)]).map(|batch| batch.rows()), Some(2));
        assert_eq!(Batch::new(vec![column(2), column(3)]), None);
        assert_eq!(Batch::new(vec![]), None);
    }
}
