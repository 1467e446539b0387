//! Fields off the front of a byte string: the TPM's are big-endian (TPM 2.0 part 1, 13.4), the firmware's log is little-endian.

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("it ends in the middle of {field}")]
    Short { field: &'static str },
    #[error("{field} is {found:#x}, {expected:#x} was expected")]
    Unexpected { field: &'static str, found: u64, expected: u64 },
    #[error("{field} is too long: {size} bytes")]
    Long { field: &'static str, size: usize },
    #[error("{size} bytes follow its end")]
    Trailing { size: usize },
}

pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    pub(crate) fn bytes(&mut self, size: usize, field: &'static str) -> Result<&'a [u8], ReadError> {
        let (head, tail) = self.0.split_at_checked(size).ok_or(ReadError::Short { field })?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn number(&mut self, size: usize, field: &'static str) -> Result<u64, ReadError> {
        Ok(self.bytes(size, field)?.iter().fold(0, |n, b| (n << 8) | u64::from(*b)))
    }

    /// Little-endian.
    pub(crate) fn little(&mut self, size: usize, field: &'static str) -> Result<u64, ReadError> {
        Ok(self.bytes(size, field)?.iter().rev().fold(0, |n, b| (n << 8) | u64::from(*b)))
    }

    /// A number that can have one value only.
    pub(crate) fn expect(&mut self, size: usize, field: &'static str, expected: u64) -> Result<(), ReadError> {
        let found = self.number(size, field)?;
        if found == expected { Ok(()) } else { Err(ReadError::Unexpected { field, found, expected }) }
    }

    /// A TPM2B: two bytes of size, then as many bytes.
    pub(crate) fn sized(&mut self, field: &'static str) -> Result<&'a [u8], ReadError> {
        let size = self.number(2, field)? as usize;
        self.bytes(size, field)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn end(self) -> Result<(), ReadError> {
        if self.0.is_empty() { Ok(()) } else { Err(ReadError::Trailing { size: self.0.len() }) }
    }
}
