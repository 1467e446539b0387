//! The audit log before the people at the console: who reads it, page by page, whole and as a file, and what a broken one looks like.

use audit_log::{Head, Line, Verifier};
use form_browser::Browser;
use serde_json::{Map, json};

use crate::people::{accepted, invited};
use crate::started::Boxed;

const NASTY: &str = "<script>alert(1)</script>\"'&";

/// Lines of a log as it is on the disk.
fn log(lines: &[(&str, &str, Map<String, serde_json::Value>)]) -> String {
    let (mut head, mut all) = (Head::default(), String::new());
    for (n, (client, action, detail)) in lines.iter().enumerate() {
        let time = 1_796_000_000 + n as u64;
        let (text, next) = head.append(&Line { time, source: "keyd", client, action, detail: detail.clone() });
        all += &text;
        all.push('\n');
        head = next;
    }
    all
}

fn plain(count: usize) -> String {
    let clients = ["alice", "@an", ""];
    let names: Vec<String> = (0..count).map(|n| format!("act {n}")).collect();
    log(&names.iter().enumerate().map(|(n, name)| (clients[n % 3], name.as_str(), Map::new())).collect::<Vec<_>>())
}

/// The numbers of the lines on a page.
fn numbers(text: &str) -> Vec<u64> {
    let lines = text.split("<li><p class=\"hint\">Line ").skip(1);
    lines.map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
}

/// Where the link with these words goes.
fn link(text: &str, words: &str) -> Option<String> {
    let before = text.split(&format!("\">{words}</a>")).next().filter(|before| before.len() < text.len())?;
    Some(before.rsplit("href=\"").next().unwrap().replace("&#38;", "&"))
}

fn get(browser: &mut Browser, path: &str) -> String {
    let page = browser.get(path).unwrap();
    assert_eq!((page.status, page.title().as_str()), (200, "Audit log"), "{path}: {}", page.text());
    page.text()
}

#[test]
fn two_thousand_lines_come_page_by_page_newest_first_and_by_who_and_what() {
    let boxed = Boxed::with_log(&plain(2000));
    let (mut an, _) = boxed.founded("an", false);
    let (mut path, mut seen, mut longest) = ("/audit".to_string(), Vec::new(), 0);
    loop {
        let text = get(&mut an, &path);
        let on_page = numbers(&text);
        assert!((1..=50).contains(&on_page.len()), "{path}: {text}");
        longest = longest.max(text.len());
        seen.extend(on_page);
        match link(&text, "Older") {
            Some(older) => path = older,
            None => break,
        }
    }
    // The first page has newer lines: of the log's own start, and of who reads it.
    seen.retain(|number| *number < 2000);
    assert_eq!(seen, (0..2000).rev().collect::<Vec<u64>>());
    assert!(longest < 64 << 10, "{longest}");
    let text = get(&mut an, "/audit");
    assert!(text.contains("<b>@an</b> · read audit log"), "{text}");
    assert!(link(&text, "Newest").is_none() && text.contains("href=\"/audit\" aria-current"), "{text}");
    let oldest = get(&mut an, "/audit?before=3");
    assert_eq!(numbers(&oldest), [2, 1, 0]);
    assert!(oldest.contains("2026-11-30 00:53:20Z") && oldest.contains("<b>alice</b> · act 0"), "{oldest}");
    assert!(link(&oldest, "Newest").is_some() && link(&oldest, "Older").is_none());
    // By who, by what, by both.
    let found = an.post("/audit", &[("actor", "alice"), ("action", "act 15")]).unwrap();
    assert_eq!(found.path, "/audit?actor=alice&action=act+15");
    let lines = numbers(&found.text());
    let expected: Vec<u64> = (0..2000).rev().filter(|n| n % 3 == 0 && format!("act {n}").contains("act 15")).collect();
    assert_eq!(lines, expected, "{}", found.text());
    assert!(found.text().contains("value=\"alice\"") && found.text().contains("value=\"act 15\""));
    let nobody = get(&mut an, "/audit?actor=nobody");
    assert!(nobody.contains("No such line") && nobody.contains("Looked at lines 0 to"), "{nobody}");
    // Nonsense is no line's number, and no fault.
    for wrong in ["/audit?before=x", "/audit?before=-1", "/audit?before=99999999999999999999", "/audit?%00=%ff&actor="]
    {
        get(&mut an, wrong);
    }
    assert!(get(&mut an, "/audit?before=18446744073709551615").contains("Line "));
}

#[test]
fn what_stands_in_a_line_stays_text() {
    let detail = json!({ "what": NASTY, "how": "a\u{202e}b" });
    let lines = [(NASTY, NASTY, detail.as_object().unwrap().clone())];
    let boxed = Boxed::with_log(&log(&lines));
    let (mut an, _) = boxed.founded("an", false);
    an.get("/people").unwrap();
    let filtered = an.post("/audit", &[("actor", NASTY), ("action", NASTY)]).unwrap();
    for text in [get(&mut an, "/audit"), filtered.text()] {
        assert!(text.contains("&#60;script&#62;alert(1)&#60;/script&#62;") && !text.contains("<script>"), "{text}");
        assert!(!text.contains("</script>\"'") && !text.contains('\u{202e}'), "{text}");
    }
    assert_eq!(numbers(&filtered.text()), [0], "{}", filtered.text());
}

/// By another crate than the one that shows it: the very check that auditors make.
#[test]
fn the_file_passes_the_check_of_auditors() {
    let boxed = Boxed::with_log(&plain(3000));
    let (mut an, _) = boxed.founded("an", false);
    an.get("/audit").unwrap();
    let file = an.post("/audit/log", &[]).unwrap();
    assert_eq!(file.header("content-type"), Some("application/jsonl"), "{}", file.text());
    assert!(file.header("content-disposition").unwrap().contains("-audit.jsonl"));
    let text = String::from_utf8(file.body.clone()).unwrap();
    let mut verifier = Verifier::default();
    text.lines().for_each(|line| verifier.push(line).unwrap());
    let verdict = verifier.finish();
    assert!(verdict.first == 0 && verdict.end > 3000 && text.ends_with('\n'), "{verdict:?}");
    assert_eq!((verdict.losses, verdict.gaps), (0, 0), "{verdict:?}");
    let on_disk = std::fs::read_to_string(boxed.log.path().join(audit_log::segment::name(0))).unwrap();
    assert!(on_disk.starts_with(&text), "byte for byte");
}

#[test]
fn the_chain_is_whole_and_its_head_signed_or_it_says_where_it_broke() {
    let boxed = Boxed::with_log(&plain(2000));
    let (mut an, _) = boxed.founded("an", false);
    let mut text = get(&mut an, "/audit");
    // The TPM signs a head at the start, which takes it a moment.
    while !text.contains("covered by a head that the TPM signed") {
        assert!(text.contains("No head that the TPM signed was found yet"), "{text}");
        text = get(&mut an, "/audit");
    }
    assert!(text.contains("Whole: lines 0 to 2"), "{text}");
    let path = boxed.log.path().join(audit_log::segment::name(0));
    let before = std::fs::read_to_string(&path).unwrap();
    // Somebody changes a line on the disk, of the same length.
    std::fs::write(&path, before.replacen("\"act 700\"", "\"act 007\"", 1)).unwrap();
    let page = an.post("/audit/check", &[]).unwrap();
    let text = page.text();
    assert!(page.path == "/audit" && text.contains("BROKEN at line 701"), "{text}");
    assert!(text.contains("class=\"problem\" role=\"status\"") && !text.contains("Whole"), "{text}");
    an.headers = vec![("accept-language".into(), "zh".into()), ("sec-fetch-site".into(), "same-origin".into())];
    let text = an.get("/audit").unwrap().text();
    assert!(text.contains("<h1>审计</h1>") && text.contains("在第 701 行断裂"), "{text}");
    assert!(text.contains("时间为设备时钟（UTC）"), "{text}");
    // The lines are to be read all the same, and so is the file, which does not pass.
    assert!(text.contains("act 1999"), "{text}");
    let file = an.post("/audit/log", &[]).unwrap().text();
    let mut verifier = Verifier::default();
    assert!(file.lines().try_for_each(|line| verifier.push(line)).is_err());
}

#[test]
fn the_log_is_the_audit_administrators_and_of_three_nobody_elses() {
    let boxed = Boxed::with_log(&plain(3));
    let (mut an, _) = boxed.founded("an", true);
    an.get("/people").unwrap();
    let mut other = |called: &str, role: &str| {
        an.get("/people").unwrap();
        let page = an.post("/people", &[("name", called), ("role", role)]).unwrap();
        accepted(&boxed, &page, called).0
    };
    let (mut bo, mut cai) = (other("bo", "security-administrator"), other("cai", "audit-administrator"));
    let (mut deng, _) = invited(&boxed, &mut an, "deng");
    assert!(numbers(&get(&mut cai, "/audit")).contains(&2));
    assert_eq!(cai.post("/audit/log", &[]).unwrap().header("content-type"), Some("application/jsonl"));
    for browser in [&mut an, &mut bo, &mut deng] {
        browser.get("/people").unwrap();
        for page in [
            browser.get("/audit").unwrap(),
            browser.post("/audit/log", &[]).unwrap(),
            browser.post("/audit/check", &[]).unwrap(),
            browser.post("/audit", &[("actor", "alice")]).unwrap(),
        ] {
            let text = page.text();
            assert!(page.status == 403 && text.contains("It takes one of these: audit administrator."), "{text}");
            assert!(!text.contains("act 1") && !text.contains("href=\"/audit\""), "{text}");
        }
    }
    an.headers = vec![("accept-language".into(), "zh".into()), ("sec-fetch-site".into(), "same-origin".into())];
    assert!(an.get("/audit").unwrap().text().contains("需要以下角色之一：审计管理员"));
    let mut stranger = boxed.browser();
    assert_eq!(stranger.get("/audit").unwrap().title(), "Sign in");
    assert_eq!(stranger.post("/audit/log", &[]).unwrap().title(), "Sign in");
    for path in ["/audit", "/audit/log", "/audit/check"] {
        let token = std::mem::take(&mut cai.token);
        assert_eq!(cai.post(path, &[]).unwrap().status, 403, "{path}");
        cai.token = token;
    }
}
