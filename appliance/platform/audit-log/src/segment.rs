//! The log in pieces: a file each, named for its first line's number. Pure: contents come in as bytes.

use crate::chain::Head;

const PREFIX: &str = "log-";
const SUFFIX: &str = ".jsonl";

/// The name of the segment whose first line has this number.
pub fn name(first: u64) -> String {
    format!("{PREFIX}{first:020}{SUFFIX}")
}

/// The number in a segment's name; `None`: it is no segment's.
pub fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// How the last segment of a log was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Where the chain goes on.
    pub head: Head,
    /// Bytes that are whole and in order.
    pub whole: usize,
    /// What follows them: a line that the power cut short, which was never acknowledged, or damage.
    pub rest: Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    /// A part of one line.
    Torn,
    /// Whole lines that do not follow from those before.
    Damaged,
}

/// Goes through the last segment. `before`: the head that its first line must follow, if that is known.
pub fn recover(content: &[u8], first: u64, before: Option<Head>) -> Recovered {
    let mut head = before;
    let mut whole = 0;
    while let Some(length) = content[whole..].iter().position(|b| *b == b'\n') {
        let line = std::str::from_utf8(&content[whole..whole + length]).ok();
        let next = line.and_then(|line| head.clone().or_else(|| Head::before(line))?.check(line).ok());
        match next {
            Some(next) => head = Some(next),
            None => return recovered(head, first, whole, Rest::Damaged),
        }
        whole += length + 1;
    }
    let rest = if whole < content.len() { Rest::Torn } else { Rest::Nothing };
    recovered(head, first, whole, rest)
}

fn recovered(head: Option<Head>, first: u64, whole: usize, rest: Rest) -> Recovered {
    // Nothing of it can be read: the chain begins anew at the number that its name says.
    let head = head.unwrap_or(Head { seq: first, ..Head::default() });
    Recovered { head, whole, rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Line;

    fn content(lines: u64) -> (Vec<u8>, Head) {
        let (mut head, mut content) = (Head::default(), Vec::new());
        for time in 0..lines {
            let line = Line { time, source: "t", client: "", action: "a", detail: serde_json::Map::new() };
            let (text, next) = head.append(&line);
            content.extend([text.as_bytes(), b"\n"].concat());
            head = next;
        }
        (content, head)
    }

    #[test]
    fn names_are_in_order_and_say_the_number() {
        assert_eq!(first_of(&name(7)), Some(7));
        assert!(name(9) < name(10));
        for strange in ["log-7.jsonl", "log-00000000000000000007", "log-+0000000000000000007.jsonl", "x"] {
            assert_eq!(first_of(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_cut_at_every_byte_leaves_whole_lines() {
        let (content, head) = content(4);
        assert_eq!(recover(&content, 0, None), Recovered { head, whole: content.len(), rest: Rest::Nothing });
        for cut in 0..content.len() {
            let found = recover(&content[..cut], 0, None);
            let lines = content[..cut].iter().filter(|b| **b == b'\n').count();
            assert_eq!((found.head.seq, found.rest == Rest::Torn), (lines as u64, found.whole < cut), "{cut}");
        }
    }

    #[test]
    fn a_changed_line_is_damage_and_what_is_before_it_is_kept() {
        let (content, _) = content(4);
        let text = String::from_utf8(content).unwrap().replace("\"time\":1", "\"time\":7");
        let found = recover(text.as_bytes(), 0, None);
        assert_eq!((found.head.seq, found.rest), (2, Rest::Damaged));
        let other = Head { seq: 0, previous: "1".repeat(64) };
        assert_eq!(recover(text.as_bytes(), 0, Some(other)).whole, 0);
        assert_eq!(recover(b"\xff\n", 9, None).head.seq, 9);
    }
}
