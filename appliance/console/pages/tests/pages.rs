//! What holds for every page.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use askama::DynTemplate;
use pages::{
    Account, AdministratorsPage, AttestationPage, AuditPage, ChainState, ChecksPage, Choice, ClientRow, ClientsPage,
    CodePage, Fact, Facts, Frame, InvitationPage, KeyRow, KeysPage, LogRow, LostPage, MenuEntry, OverviewPage,
    OwnAccountPage, PeoplePage, PersonRow, PresencePage, ProblemPage, ProgramPage, RecoveryKeyPage, SignInPage,
    SpareCodesPage, SummaryPage, assets, picture,
};
use texts::{Language, Texts};

const NASTY: &str = "<script>alert('x')</script>\"'&";

fn pages(texts: &Texts, filled: &str) -> Vec<String> {
    let frame = || Frame {
        texts,
        machine: filled,
        device: filled,
        fingerprint: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        development: true,
        path: filled,
        token: filled,
        step: Some((1, 7)),
        person: Some(filled),
        menu: vec![MenuEntry { path: "/keys", words: filled.to_string() }],
        problem: Some(filled),
    };
    let drawn = picture("otpauth://totp/Coffer:an?secret=ABC&issuer=Coffer").unwrap();
    let account = || Account { authenticator: filled, picture: &drawn, secret: filled, name: filled };
    let (text, some) = (|| filled.to_string(), || vec![filled.to_string()]);
    let facts = || Facts {
        state: text(),
        version: text(),
        secure_boot: false,
        lockdown: text(),
        volume: text(),
        addresses: some(),
        clock: text(),
        warnings: some(),
        notices: some(),
    };
    let choices = vec![Choice { value: "operator", words: text(), chosen: true }];
    let row = PersonRow { name: text(), roles: text(), standing: text(), suspended: false, choices };
    let facts_of = || vec![Fact { label: text(), words: text() }];
    let key =
        |dual_control| KeyRow { id: text(), name: text(), facts: facts_of(), trouble: Some(text()), dual_control };
    let client = ClientRow { name: text(), serial: text(), facts: facts_of(), revocable: true };
    let line = LogRow { number: text(), time: text(), actor: text(), action: text(), detail: text() };
    let all: [&dyn DynTemplate; 21] = [
        &KeysPage {
            frame: frame(),
            done: Some(text()),
            keys: vec![key(false), key(true)],
            may_destroy: true,
            more: Some(text()),
        },
        &ClientsPage {
            frame: frame(),
            done: Some(text()),
            clients: vec![client],
            may_revoke: true,
            more: Some(text()),
        },
        &AuditPage {
            frame: frame(),
            chain: ChainState { words: text(), is_broken: true, notes: some() },
            actor: filled,
            action: filled,
            looked_at: text(),
            lines: vec![line],
            newest: Some(text()),
            older: Some(text()),
        },
        &LostPage { frame: frame(), roles: vec![("system-administrator", text())] },
        &AttestationPage { frame: frame() },
        &OwnAccountPage { frame: frame(), done: Some(text()) },
        &SpareCodesPage { frame: frame(), codes: some() },
        &PresencePage { frame: frame() },
        &AdministratorsPage { frame: frame(), account: account(), three: true },
        &ChecksPage { frame: frame(), facts: facts() },
        &RecoveryKeyPage { frame: frame(), is_confirmed: false },
        &RecoveryKeyPage { frame: frame(), is_confirmed: true },
        &ProgramPage { frame: frame(), may_be_administrator: true },
        &SummaryPage { frame: frame(), addresses: some(), left_out: some(), three: true },
        &OverviewPage { frame: frame(), facts: facts(), left_out: some() },
        &PeoplePage { frame: frame(), people: vec![row], roles: vec![("operator", text())] },
        &CodePage { frame: frame(), heading: text(), what: text(), shown: filled, place: Some(text()), next: filled },
        &ProblemPage { frame: frame(), next: filled },
        &InvitationPage { frame: frame(), account: account() },
        &SignInPage { frame: frame(), is_again: false, back: filled },
        &SignInPage { frame: frame(), is_again: true, back: filled },
    ];
    all.iter().map(|page| page.dyn_render().unwrap()).collect()
}

fn every(filled: &str) -> Vec<String> {
    Language::ALL.into_iter().flat_map(|language| pages(&Texts::new(language), filled)).collect()
}

#[test]
fn what_people_type_stays_text() {
    for page in every(NASTY) {
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "{page}");
        // Not out of an attribute either.
        assert!(!page.contains("</script>\"'"), "{page}");
    }
}

#[test]
fn nothing_is_in_a_page_that_its_policy_forbids_or_comes_from_elsewhere() {
    for page in every("plain") {
        for forbidden in
            ["<style", "<script", " style=", " onclick", " onload", "javascript:", "http://", "https://", "<?xml"]
        {
            let found = page.replace("http://www.w3.org/2000/svg", "").contains(forbidden);
            assert!(!found, "{forbidden}: {page}");
        }
    }
    let sum: usize = assets::ALL.iter().map(|asset| asset.bytes.len()).sum();
    assert!(sum <= 300 * 1024, "{sum}");
    assert!(!String::from_utf8_lossy(assets::STYLE.bytes).contains("url("));
}

/// With the browser's script off, or broken, no password stands in an address.
#[test]
fn every_form_is_posted_with_a_token_and_every_field_has_a_label() {
    for page in every("plain") {
        for form in page.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("method=\"post\"") && form.contains("name=\"token\""), "{form}");
            let outside = form.split("<label").next().unwrap();
            assert!(!outside.contains("<input name"), "a field without a label: {form}");
        }
        assert!(page.contains("<html lang=\"") && page.contains("<title>") && page.matches("<h1>").count() == 1);
    }
}

#[test]
fn the_fingerprint_is_in_groups_of_four() {
    let page = &every("plain")[0];
    assert!(page.contains("<span>0011</span> <span>2233</span>") && page.matches("<span>CCDD</span>").count() == 2);
}

/// A page that a person may not see is not in the menu; and where there is nobody there is no menu.
#[test]
fn the_menu_is_what_it_is_given() {
    let texts = Texts::new(Language::English);
    let page = |person, menu| {
        let frame = Frame {
            texts: &texts,
            machine: "box",
            device: "0",
            fingerprint: "00",
            development: false,
            path: "/keys",
            token: "t",
            step: None,
            person,
            menu,
            problem: None,
        };
        ProblemPage { frame, next: "/" }.dyn_render().unwrap()
    };
    let entry = || vec![MenuEntry { path: "/keys", words: "Keys".into() }];
    let shown = page(Some("an"), entry());
    assert!(shown.contains("<a href=\"/keys\" aria-current=\"page\">Keys</a>") && !shown.contains("/people"));
    assert!(!page(Some("an"), Vec::new()).contains("href=\"/keys\"") && !page(None, entry()).contains("<nav"));
}
