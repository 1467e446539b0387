//! The first set-up, as a person does it.

use accounts::PairingCode;
use ipc::control::{Condition, Report};

use crate::served::Person;
use crate::started::{Boxed, PASSWORD, account, condition, post};

#[test]
fn from_the_screen_to_the_first_program_and_in_again() {
    let boxed = Boxed::new();
    let mut browser = boxed.browser();
    // Whoever comes is asked for the code, and nothing else is answered.
    for path in ["/", "/people", "/programs", "/set-up/checks", "/sign-in"] {
        assert_eq!(browser.get(path).unwrap().path, "/set-up/presence", "{path}");
    }
    let wrong = browser.post("/set-up/presence", &[("code", "0000-0000")]).unwrap();
    assert!(wrong.status == 422 && wrong.text().contains("4 more tries"), "{}", wrong.text());
    let page = browser.post("/set-up/presence", &[("code", &boxed.code_of_the_screen().to_lowercase())]).unwrap();
    assert_eq!((page.path.as_str(), page.title().as_str()), ("/set-up/administrators", "Who looks after this box"));
    assert!(
        matches!(boxed.report(), Report::Screen(line) if line.as_str() == "somebody at 127.0.0.1 has typed the code of this screen")
    );

    // Mistakes cost nothing but another try: the picture stays the same.
    let telephone = form_browser::Telephone::scanned(&page.of_class("secret").unwrap());
    let mut fields = account(&page, &telephone, "an");
    for (field, value, said) in [
        ("again", "another one", "two different passwords"),
        ("password", "Password123!", "two different passwords"),
        ("code", "000000", "six digits of this moment"),
        ("name", "a b", "A name has 1 to 32"),
        ("name", "", "&#34;name&#34; is missing"),
    ] {
        let mut wrong = fields.clone();
        wrong.iter_mut().filter(|(name, _)| name == field).for_each(|(_, v)| *v = value.into());
        let again = post(&mut browser, "/set-up/administrators", &wrong);
        assert!(again.status == 422 && again.text().contains(said), "{field}: {}", again.text());
        assert_eq!(again.of_class("secret"), page.of_class("secret"), "{field}");
        assert!(!again.text().contains(PASSWORD));
    }
    fields.retain(|(name, _)| name != "code");
    fields.push(("code".into(), telephone.shows()));
    let page = post(&mut browser, "/set-up/administrators", &fields);
    assert_eq!(page.path, "/set-up/checks", "{}", page.text());
    for said in ["10.0.2.15", "confidentiality", "works as it should", "COF-3001"] {
        assert!(page.text().contains(said), "{said}");
    }

    assert_eq!(browser.post("/set-up/checks", &[]).unwrap().path, "/set-up/recovery-key");
    // The supervisor has the key: it takes the notice back, or it does not.
    let wrong = browser.post("/set-up/recovery-key", &[("last", "XXXX")]).unwrap();
    assert!(wrong.status == 422 && wrong.text().contains("not the last four"), "{}", wrong.text());
    assert!(matches!(boxed.report(), Report::RecoveryKeyWritten(last) if last.as_str() == "XXXX"));
    let page = std::thread::scope(|scope| {
        let posted = scope.spawn(|| browser.post("/set-up/recovery-key", &[("last", "AB12")]).unwrap());
        assert!(matches!(boxed.report(), Report::RecoveryKeyWritten(last) if last.as_str() == "AB12"));
        boxed.console.told(Condition { notices: Vec::new(), ..condition(&["127.0.0.1", "10.0.2.15"]) });
        posted.join().unwrap()
    });
    assert_eq!(page.path, "/set-up/program", "{}", page.text());

    let page = browser.post("/set-up/program", &[("name", "payroll"), ("role", "operator")]).unwrap();
    let line = page.of_class("secret shown").unwrap();
    let code = line.strip_prefix("coffer enrol --host 127.0.0.1 --code ").or(line.split("--code ").nth(1)).unwrap();
    let code = PairingCode::parse(code).unwrap();
    Person::new("payroll", code.key().unwrap()).enrols(&boxed.served).unwrap();

    assert_eq!(browser.get("/").unwrap().path, "/set-up/summary");
    let page = browser.post("/set-up/summary", &[]).unwrap();
    assert_eq!((page.path.as_str(), page.title().as_str()), ("/", "Overview"));
    assert!(page.text().contains(">an<"));
    assert_eq!(browser.post("/sign-out", &[]).unwrap().path, "/sign-in");
    assert_eq!(browser.get("/people").unwrap().title(), "Sign in");
    let sign_in = |password: &str, code: String| {
        [("name", "an"), ("password", password), ("code", code.as_str()), ("back", "/people")]
            .map(|(name, value)| (name.to_string(), value.to_string()))
    };
    let wrong = post(&mut browser, "/sign-in", &sign_in("no horse at all", "123456".into()));
    assert!(wrong.status == 422 && wrong.text().contains("second factor is wrong"), "{}", wrong.text());
    assert_eq!(post(&mut browser, "/sign-in", &sign_in(PASSWORD, telephone.shows())).path, "/people");
    let again = browser.post("/prove", &[("password", PASSWORD), ("code", &telephone.shows())]).unwrap();
    assert_eq!(again.path, "/");
    // The log has the people's names, and none of what they typed.
    let lines = boxed.served.log.lines.lock().unwrap().join("\n");
    for line in ["@an: the first person", "@an: new pairing code", "@an: sign out", "@an: sign in"] {
        assert!(lines.contains(line), "{line}: {lines}");
    }
    assert!(!boxed.served.log.details.lock().unwrap().join("\n").contains(PASSWORD));
}

#[test]
fn three_administrators_are_invited_and_no_program_is_all_of_them() {
    let boxed = Boxed::new();
    let (mut browser, _) = boxed.founded("an", true);
    browser.post("/set-up/checks", &[]).unwrap();
    browser.post("/set-up/recovery-key", &[("later", "yes")]).unwrap();
    let page = browser.get("/set-up/program").unwrap();
    assert!(!page.text().contains("value=\"administrator\""));
    let refused = browser.post("/set-up/program", &[("name", "root"), ("role", "administrator")]).unwrap();
    assert!(refused.status >= 400 && refused.text().contains("exclude each other"), "{}", refused.text());
    browser.post("/set-up/program", &[("later", "yes")]).unwrap();
    let overview = browser.post("/set-up/summary", &[]).unwrap();
    assert!(overview.text().contains("The recovery key") && overview.text().contains("A first program"));

    browser.get("/people").unwrap();
    let invited = [("name", "bo"), ("role", "security-administrator")];
    let page = browser.post("/people", &invited).unwrap();
    let code = page.of_class("secret shown").unwrap();
    assert!(page.text().contains("/invitation"));
    let mut other = boxed.browser();
    let page = other.get("/invitation").unwrap();
    let telephone = form_browser::Telephone::scanned(&page.of_class("secret").unwrap());
    let fields = |code: &str| {
        let mut fields = account(&page, &telephone, "bo");
        fields.push(("invitation".into(), code.to_string()));
        fields
    };
    let wrong = post(&mut other, "/invitation", &fields("0000-0000"));
    assert!(wrong.status == 422 && wrong.text().contains("wrong, used or expired"), "{}", wrong.text());
    // Their session begins with it; and the set-up is not theirs.
    let page = post(&mut other, "/invitation", &fields(&code));
    assert_eq!((page.path.as_str(), page.title().as_str()), ("/", "Overview"), "{}", page.text());
    let page = other.get("/people").unwrap();
    assert!(page.text().contains("security administrator") && page.text().contains("<h2>an</h2>"));
    let refused = other.post("/people", &[("name", "cai"), ("role", "")]).unwrap();
    assert_eq!(refused.status, 403, "{}", refused.text());
    let refused = other.post("/programs", &[("name", "own"), ("role", "operator")]).unwrap();
    assert!(refused.status >= 400 && refused.text().contains("system administrator"), "{}", refused.text());
}

/// A power cut anywhere, another browser, two at once: the steps are the box's.
#[test]
fn it_goes_on_where_it_was_whatever_happens_between() {
    let boxed = Boxed::new();
    let (mut first, mut second) = (boxed.browser(), boxed.browser());
    first.get("/").unwrap();
    second.get("/").unwrap();
    first.post("/set-up/presence", &[("code", &boxed.code_of_the_screen())]).unwrap();
    second.post("/set-up/presence", &[("code", &boxed.code_of_the_screen())]).unwrap();
    // The second one took over: the first is told, and starts with the code of the screen.
    let mine = first.get("/set-up/administrators").unwrap();
    let telephone = form_browser::Telephone::scanned(&mine.of_class("secret").unwrap());
    let told = post(&mut first, "/set-up/administrators", &account(&mine, &telephone, "eve"));
    assert!(told.status == 422 && told.title().starts_with("Show that") && told.text().contains("Somebody else"));
    // The console ends in the middle, and the form of the other browser is filled in after it.
    let boxed = boxed.restarted();
    let mut browser = boxed.browser();
    let presence = second.cookie("__Host-presence").unwrap().to_string();
    browser.headers.push(("cookie".into(), format!("__Host-presence={presence}")));
    // Its presence is keyd's, and counts on: nothing is typed again.
    let page = browser.get("/set-up/administrators").unwrap();
    let telephone = form_browser::Telephone::scanned(&page.of_class("secret").unwrap());
    let page = post(&mut browser, "/set-up/administrators", &account(&page, &telephone, "an"));
    assert_eq!(page.path, "/set-up/checks", "{}", page.text());
    browser.headers.pop();
    second = browser;
    second.post("/set-up/checks", &[]).unwrap();
    // Its effect is made, and it is written down: the next start goes on after it, by whoever signs in.
    let boxed = boxed.restarted();
    let mut third = boxed.browser();
    third.get("/set-up").unwrap();
    let code = telephone.shows();
    let page = third.post("/sign-in", &[("name", "an"), ("password", PASSWORD), ("code", &code), ("back", "/set-up")]);
    assert_eq!(page.unwrap().path, "/set-up/recovery-key");
    // A step cannot be jumped over by its address.
    assert_eq!(third.post("/set-up/summary", &[]).unwrap().path, "/set-up/recovery-key");
    // A file that cannot be read costs the steps, and no account.
    std::fs::write(boxed.folder.path().join("onboarding.json"), "not json").unwrap();
    let boxed = boxed.restarted();
    let mut fourth = boxed.browser();
    fourth.headers.push(("cookie".into(), format!("__Host-session={}", third.cookie("__Host-session").unwrap())));
    assert_eq!(fourth.get("/").unwrap().path, "/set-up/checks");
}
