//! The page of the handbook that lists every code with its cure. `docs/handbook/codes.md` is this text; a test compares them, and
//! `cargo run -p box-state --example codes > docs/handbook/codes.md` writes it.

use crate::{Code, Severity, Words};

/// Markdown, in English and Chinese.
pub fn page() -> String {
    let mut page = String::from(
        "# What the box says, and what to do / 设备提示与处理办法\n\n\
         The box shows a code for everything that is wrong with it: say it on the telephone. This page is made from the words that the\n\
         box itself has (`appliance/platform/box-state`); `...` stands for a detail.\n\n\
         设备对每个问题都显示一个代码，电话求助时请报此代码。本页由设备自身的文字生成，`...` 代表具体内容。\n",
    );
    for (severity, title) in [
        (Severity::Locks, "Locked: the data volume is closed / 已锁定：数据卷未打开"),
        (Severity::Degrades, "Degraded: it works, but not as it should / 降级：可以工作，但有问题"),
        (Severity::Notice, "Notices / 提示"),
    ] {
        page.push_str(&format!("\n## {title}\n"));
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            page.push_str(&format!("\n### {code}\n"));
            page.push_str(&item(code.english(), ["What happened", "What is safe", "What to do"]));
            page.push_str(&item(code.chinese(), ["发生了什么", "什么是安全的", "怎么办"]));
        }
    }
    page
}

fn item(words: &Words, titles: [&str; 3]) -> String {
    let lines = [words.happened.replace("{}", "..."), words.safe.to_string(), words.next.to_string()];
    titles.iter().zip(lines).map(|(title, line)| format!("- **{title}:** {line}\n")).collect()
}
