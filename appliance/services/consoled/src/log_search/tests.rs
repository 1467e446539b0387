use super::*;

/// A log of so many lines, with pieces of so many.
struct Log {
    lines: u64,
    piece: u64,
    /// Lines that are no more.
    removed: u64,
    reads: usize,
}

impl Log {
    fn new(lines: u64, piece: u64) -> Log {
        Log { lines, piece, removed: 0, reads: 0 }
    }

    fn piece(&mut self, from: u64) -> Piece {
        self.reads += 1;
        let first = from.max(self.removed);
        let next = (first + self.piece).min(self.lines);
        let line = |n: u64| {
            let client = if n.is_multiple_of(100) { "@an" } else { "" };
            format!(
                "{{\"seq\":{n},\"time\":{n},\"source\":\"keyd\",\"client\":\"{client}\",\"action\":\"act {}\"}}\n",
                n % 7
            )
        };
        Piece { first, next, end: self.lines, text: (first..next).map(line).collect::<String>().into_bytes() }
    }

    fn search(&mut self, actor: &str, action: &str, before: Option<u64>) -> Found {
        let filter = Filter { actor: actor.into(), action: action.into() };
        let mut search = Search::new(filter, before, &(self.removed..self.lines));
        while let Some(window) = search.window() {
            let mut from = window.start;
            while from < window.end {
                let piece = self.piece(from);
                search.take(&piece, &window);
                from = piece.next;
            }
            search.close(&window);
        }
        search.finish()
    }
}

fn numbers(found: &Found) -> Vec<u64> {
    found.lines.iter().map(|line| line.number).collect()
}

#[test]
fn two_thousand_lines_are_forty_pages_newest_first_and_none_is_left_out() {
    let mut log = Log::new(2000, 700);
    let (mut before, mut seen, mut pages) = (None, Vec::new(), 0);
    loop {
        let found = log.search("", "", before);
        assert!(found.lines.len() <= LINES_SHOWN);
        seen.extend(numbers(&found));
        pages += 1;
        match found.older {
            Some(older) => before = Some(older),
            None => break,
        }
    }
    assert_eq!(seen, (0..2000).rev().collect::<Vec<u64>>());
    assert_eq!((pages, log.reads), (40, 40), "a page takes one read");
}

#[test]
fn a_filter_finds_all_over_the_pages_and_nothing_twice() {
    let mut log = Log::new(20_000, 300);
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let found = log.search("@an", "act 3", before);
        seen.extend(numbers(&found));
        match found.older {
            Some(older) => before = Some(older),
            None => break,
        }
    }
    assert_eq!(seen, (0..20_000).rev().filter(|n| n % 100 == 0 && n % 7 == 3).collect::<Vec<u64>>());
    // Whose doing it is: the service's, where nobody else's.
    assert!(log.search("keyd", "", None).lines.iter().all(|line| line.client.is_empty()));
}

/// However long the log, a page costs so much, says how far it looked, and goes on from there.
#[test]
fn what_is_seldom_is_looked_for_within_bounds() {
    let mut log = Log::new(10_000_000, 1000);
    let found = log.search("nobody", "", None);
    let looked = found.looked_at.end - found.looked_at.start;
    assert!(found.lines.is_empty() && looked < 200_000, "{looked}");
    assert!(log.reads <= SEARCH_BYTES / 1000 && log.reads as u64 <= looked / SEARCH_WINDOW, "{}", log.reads);
    assert_eq!(found.older, Some(found.looked_at.start));
}

#[test]
fn lines_that_were_removed_end_the_search() {
    let mut log = Log::new(2000, 700);
    log.removed = 1980;
    let found = log.search("", "", None);
    assert_eq!((numbers(&found), found.older), ((1980..2000).rev().collect(), None));
    assert_eq!(log.search("", "", Some(1980)).older, None);
    assert!(log.search("", "", Some(0)).lines.is_empty());
}

#[test]
fn what_is_no_line_is_shown_as_text_and_nothing_acts() {
    let line = LogLine::read(7, b"\xffnot JSON");
    assert!(line.detail.ends_with("not JSON") && line.time.is_none() && line.actor().is_empty());
    assert_eq!(LogLine::read(7, b"[1]").detail, "[1]");
    assert_eq!(shown("a\u{202e}b\u{7}c\nd", 9), "a\u{fffd}b\u{fffd}c\u{fffd}d");
    assert_eq!(shown("abcdef", 3), "abc…");
    assert_eq!(shown("张三", 2), "张三");
}
