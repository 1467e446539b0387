//! A person at the console, through the proxy.

use form_browser::Telephone;
use serde_json::json;

use crate::house::{House, Proxy, text};
use crate::started::{PASSWORD, account, post};

#[test]
fn a_person_sets_the_box_up_and_signs_in_again() {
    let house = House::new();
    let mut proxy = house.proxy();
    assert!(proxy.host.starts_with("coffer-") && proxy.host.contains(".localhost:"), "{}", proxy.host);
    let mut browser = proxy.browser();
    let page = browser.get("/").unwrap();
    assert_eq!(page.path, "/set-up/presence", "{}", page.text());
    let page = browser.post("/set-up/presence", &[("code", &house.presence())]).unwrap();
    assert_eq!(page.path, "/set-up/administrators", "{}", page.text());
    let telephone = Telephone::scanned(&page.of_class("secret").unwrap());
    let fields = account(&page, &telephone, "an");
    let page = post(&mut browser, "/set-up/administrators", &fields);
    assert_eq!(page.path, "/set-up/checks", "{}", page.text());
    // The session is the proxy's to keep: the browser has one cookie, and that is none of the console's.
    for name in ["__Host-session", "__Host-visitor", "__Host-presence"] {
        assert_eq!(browser.cookie(name), None);
    }
    assert!(browser.cookie("coffer-console").is_some());
    for path in ["/people", "/account", "/set-up/checks", "/no-such-page"] {
        let page = browser.send("GET", path, None).unwrap();
        assert_eq!(page.all("set-cookie").count(), 0, "{path}");
        assert_eq!(page.header("strict-transport-security"), None, "{path}");
        assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{path}");
        // No page leads to the box past the proxy.
        assert!(!page.text().contains("href=\"http") && !page.text().contains("action=\"http"), "{path}");
    }
    let page = browser.get("/set-up/checks").unwrap();
    let style = page.text().split("href=\"/assets/style").nth(1).unwrap().split('"').next().unwrap().to_string();
    let style = browser.get(&format!("/assets/style{style}")).unwrap();
    assert!(style.status == 200 && style.header("content-type").unwrap().starts_with("text/css"));

    browser.get("/people").unwrap();
    assert_eq!(browser.post("/sign-out", &[]).unwrap().path, "/sign-in");
    assert!(browser.get("/people").unwrap().path.starts_with("/sign-in"));
    let page = browser.post("/sign-in", &[("name", "an"), ("password", "wrong horse"), ("code", "123456")]).unwrap();
    assert_eq!(page.status, 422);
    let fields = [("name", "an"), ("password", PASSWORD), ("code", &telephone.shows()), ("back", "/people")];
    let page = browser.post("/sign-in", &fields).unwrap();
    assert_eq!((page.path.as_str(), page.status), ("/people", 200), "{}", page.text());
    // A form of one page, with its token; and what is chosen is kept.
    browser.post("/language", &[("language", "zh"), ("back", "/people")]).unwrap();
    assert!(browser.get("/people").unwrap().text().contains("<html lang=\"zh\">"));

    proxy.interrupt();
    assert_eq!(proxy.ended().0, json!({ "ended": "interrupted" }));
    assert!(proxy.stranger().get("/").is_err());
}

#[test]
fn the_code_is_as_good_as_before() {
    let house = House::new();
    for code in [house.code.as_str(), &house.pin(), &house.code.to_lowercase()] {
        let port = house.boxed.console.address.port().to_string();
        let proxy = Proxy::started(house.asks("console", Some(code), &["--console-port", &port]));
        assert_eq!(proxy.browser().get("/").unwrap().path, "/set-up/presence");
    }
    let enrolled = house.enrol();
    assert!(enrolled.status.success(), "{}", text(&enrolled));
    // From now on this machine knows the box without a code.
    let port = house.boxed.console.address.port().to_string();
    let proxy = Proxy::started(house.asks("console", None, &["--console-port", &port]));
    assert_eq!(proxy.browser().get("/").unwrap().status, 200);
}

#[test]
fn it_ends_when_nobody_asks_for_anything() {
    let house = House::new();
    let mut proxy = house.proxy_to(house.boxed.console.address.port(), &["--idle", "3"]);
    // Who is not let in does not keep it alive; a person does.
    proxy.browser().get("/").unwrap();
    for _ in 0..3 {
        assert_eq!(proxy.stranger().get("/").unwrap().status, 403);
    }
    assert_eq!(proxy.ended().0, json!({ "ended": "idle", "seconds": 3 }));
}

/// The browser is given a file that this user alone reads: a command line is everybody's to read.
#[test]
fn the_browser_that_is_opened_is_told_by_a_file() {
    use std::os::unix::fs::PermissionsExt;

    let house = House::new();
    let bin = Proxy::path(&house.home, "bin");
    std::fs::create_dir(&bin).unwrap();
    let script = "#!/bin/sh\nset -e\necho \"$@\" > \"$HOME/arguments\"\nstat -c %a \"$1\" > \"$HOME/mode\"\ncp \"$1\" \"$HOME/page.new\"\n\
                  mv \"$HOME/page.new\" \"$HOME/page\"\n";
    let program = bin.join("xdg-open");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let port = house.boxed.console.address.port().to_string();
    let with_path = |path: String| {
        let mut command = house.asks("console", Some(&house.pin()), &["--console-port", &port, "--open"]);
        command.env("PATH", path);
        command
    };
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut proxy = Proxy::started(with_path(path));
    let page = Proxy::path(&house.home, "page");
    while !page.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let address = proxy.said["address"].as_str().unwrap().to_string();
    assert!(std::fs::read_to_string(page).unwrap().contains(&format!("url={address}\"")));
    let arguments = std::fs::read_to_string(Proxy::path(&house.home, "arguments")).unwrap();
    let token = address.rsplit_once('?').unwrap().1;
    assert!(!arguments.contains(token), "{arguments}");
    assert_eq!(std::fs::read_to_string(Proxy::path(&house.home, "mode")).unwrap(), "600\n");
    proxy.interrupt();
    proxy.ended();
    assert!(!std::path::Path::new(arguments.trim()).exists(), "the file is gone");
    // Nothing is opened that is not there.
    let empty = Proxy::path(&house.home, "empty");
    std::fs::create_dir(&empty).unwrap();
    let output = with_path(empty.display().to_string()).output().unwrap();
    assert!(!output.status.success() && text(&output).contains("xdg-open"), "{}", text(&output));
}
