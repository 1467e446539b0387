//! A product of a table's entries, in whichever form they are.

use montgomery_lanes::{Group, Logarithms, Modulus as Lanes, Scratch};

use super::table::Table;

/// What the entries of a table are multiplied to, one after another.
pub(super) struct Power {
    pub(super) group: Group,
    /// If the table's entries are factored.
    logarithms: Option<Logarithms>,
}

impl Power {
    pub(super) fn new(m: &Lanes, table: &Table, scratch: &mut Scratch) -> Power {
        Power { group: m.group(), logarithms: if table.is_factored { m.logarithms(scratch) } else { None } }
    }

    /// An entry was looked up into the group.
    pub(super) fn begin(&mut self, m: &Lanes, scratch: &Scratch) {
        if let Some(logarithms) = &mut self.logarithms {
            m.begin_product(&mut self.group, logarithms, scratch);
        }
    }

    pub(super) fn multiply(&mut self, m: &Lanes, entry: &Group, scratch: &mut Scratch) {
        match &mut self.logarithms {
            Some(logarithms) => m.multiply_factored(&mut self.group, entry, logarithms, scratch),
            None => m.multiply(&mut self.group, entry, scratch),
        }
    }

    /// The product times a plain factor, plain.
    pub(super) fn end(&mut self, m: &Lanes, factor: &Group, scratch: &mut Scratch) {
        if let Some(logarithms) = &self.logarithms {
            m.end_product(&mut self.group, logarithms, std::iter::repeat_n([0].as_slice(), m.unit().lanes()), scratch);
            // That was a division by R.
            let mut r_squared = m.group();
            m.set_all(&mut r_squared, m.r_squared(), scratch);
            m.multiply(&mut self.group, &r_squared, scratch);
        }
        m.multiply(&mut self.group, factor, scratch);
    }

    /// The product times 1 + m root for multiples m, plain.
    pub(super) fn end_one_plus<'a>(
        &mut self,
        m: &Lanes,
        multiples: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) {
        match &self.logarithms {
            Some(logarithms) => m.end_product(&mut self.group, logarithms, multiples, scratch),
            None => {
                let mut factor = m.group();
                m.load_one_plus(&mut factor, multiples, scratch);
                m.multiply(&mut self.group, &factor, scratch);
            }
        }
    }
}
