//! Both languages say everything.

use texts::{Language, MESSAGES, Texts};

#[test]
fn arguments_stand_where_they_belong() {
    let (en, zh) = (Texts::new(Language::English), Texts::new(Language::Chinese));
    assert_eq!(en.step_of(2, 7), "Step 2 of 7");
    assert_eq!(zh.step_of(2, 7), "第 2 步，共 7 步");
    assert_eq!(en.problem_screen_code(1), "That is not the code. One more try.");
    assert!(en.problem_screen_code(0).contains("another one"));
    assert_eq!(zh.problem_screen_code(3), "代码不正确。还可以再试 3 次。");
    // What a person typed is text, and no pattern.
    assert_eq!(en.step_of("{ $steps }", 7), "Step { $steps } of 7");
}

/// Chinese has no Latin sentence in it, and English no Han character.
#[test]
fn each_file_is_in_its_language() {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let said = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        lines.map(|line| line.split_once('=').map_or(line, |(_, said)| said).to_string()).collect()
    };
    for line in said(include_str!("../languages/en.ftl")) {
        assert!(!line.contains(han), "{line}");
    }
    for line in said(include_str!("../languages/zh.ftl")) {
        let words = line.split(|c: char| !c.is_ascii_alphabetic() && c != ' ' && c != '\'');
        let sentence = words.map(|run| run.split_whitespace().count()).max().unwrap_or(0);
        assert!(sentence < 4, "{line}");
    }
    assert!(MESSAGES.len() > 10);
}
