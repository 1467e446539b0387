"""A person with a browser sets a booted box up: console.py SCREEN HARNESS FOLDER.

SCREEN is a file with what the box's screen shows, HARNESS one with what the harness says (it has the address); screenshots go to FOLDER.
The set-up is done in Chinese and counted in clicks; then every page is looked at in both languages, at the size of a desk and of a
telephone: nothing may be asked for elsewhere, complained of, or have to be pushed sideways.
"""

import hashlib
import hmac
import re
import ssl
import struct
import sys
import time
from base64 import b32decode
from pathlib import Path

from browser import Browser

PASSWORD = "correct horse battery"
SIZES = {"desk": (1280, 900, False), "telephone": (390, 844, True)}
# Of the set-up, after the address was opened.
CLICKS = 8
BOOT_S = 300
STEP_S = 30


def main(screen: Path, harness: Path, folder: Path) -> None:
    lines = Screen(screen)
    lines.wait("coffer: ready")
    address = wait_for(lambda: re.search(r"https://127\.0\.0\.1:(\d+)", harness.read_text()), "the address").group(0)
    fingerprint = lines.wait("coffer: console certificate SHA-256 ")
    code, recovery = lines.wait("coffer: pairing code "), lines.wait("coffer: recovery key ")
    seen = ssl.get_server_certificate(("127.0.0.1", int(address.rsplit(":", 1)[1])))
    found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(seen)).hexdigest().upper()
    assert found == fingerprint.replace(" ", "")[:64], (found, fingerprint)
    with Browser() as browser:
        # The person compared the fingerprint, and went on.
        browser.call("Security.enable")
        browser.call("Security.setIgnoreCertificateErrors", ignore=True)
        visit = Visit(browser, address, folder)
        telephone, clicks = set_up(visit, code, recovery)
        assert clicks <= CLICKS, f"{clicks} clicks"
        # A system administrator of three is told that keys and audit log are others'.
        for path in ("/", "/keys", "/clients", "/programs", "/people", "/audit", "/attestation", "/account", "/no-such-page"):
            visit.look(path)
        visit.sign_out()
        for path in ("/sign-in", "/invitation", "/lost"):
            visit.look(path)
        visit.sign_in("王", telephone)
    print(f"browser: a box was set up with {clicks} clicks; {visit.looked} views of {len(visit.names)} pages have no fault")


def set_up(visit: "Visit", code: str, recovery: str) -> tuple["Telephone", int]:
    visit.open("/")
    assert visit.browser.value("document.documentElement.lang") == "zh"
    visit.everywhere("presence")
    visit.fill(code="-".join(code.split()[0].split("-")[-3:]))
    visit.click()
    assert visit.path() == "/set-up/administrators", visit.text()
    visit.everywhere("administrators")
    assert visit.browser.value("document.querySelector('.picture svg').getBoundingClientRect().width") > 100
    telephone = Telephone(visit.browser.value("document.querySelector('.secret').innerText"))
    visit.fill(name="王", password=PASSWORD, again=PASSWORD, code=telephone.shows())
    visit.click()
    assert visit.path() == "/set-up/checks", visit.text()
    visit.everywhere("checks")
    visit.click()
    visit.everywhere("recovery-key")
    visit.fill(last=recovery.split()[0][-4:])
    visit.click()
    assert visit.path() == "/set-up/program", visit.text()
    visit.everywhere("program")
    visit.fill(name="payroll")
    visit.click()
    assert "coffer enrol" in visit.text(), visit.text()
    visit.shown("code")
    visit.click("main a.primary")
    assert visit.path() == "/set-up/summary", visit.text()
    visit.everywhere("summary")
    visit.click()
    assert visit.path() == "/", visit.text()
    return telephone, visit.clicks


class Visit:
    """A person at the console."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder
        self.clicks = self.looked = 0
        self.names: set[str] = set()
        self.language = "zh"
        browser.call("Network.setExtraHTTPHeaders", headers={"accept-language": "zh-CN,zh;q=0.9"})

    def open(self, path: str) -> None:
        self.browser.open(self.address + path)

    def path(self) -> str:
        return self.browser.value("location.pathname")

    def text(self) -> str:
        return self.browser.value("document.body.innerText")

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            script = f"document.querySelector('main [name={name}]').value = {value!r}"
            self.browser.value(script)

    def click(self, what: str = "main button.primary") -> None:
        self.clicks += 1
        self.go(what)

    def go(self, what: str) -> None:
        self.browser.loaded = False
        self.browser.value(f"document.querySelector({what!r}).click()")
        self.browser.wait(lambda: self.browser.loaded, f"what comes of {what}")

    def speak(self, language: str) -> None:
        if language != self.language:
            self.go(f".languages [value={language}]")
            self.language = language

    def look(self, path: str) -> None:
        """At this page, in both languages."""
        self.open(path)
        self.everywhere(path.strip("/").replace("/", "-") or "overview")

    def everywhere(self, name: str) -> None:
        for language in ("en", "zh"):
            self.speak(language)
            self.shown(name)

    def shown(self, name: str) -> None:
        self.names.add(name)
        for size, (width, height, touch) in SIZES.items():
            self.browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
            self.browser.screenshot(self.folder / f"{name}-{self.language}-{size}.png")
            wide = self.browser.value("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide[0] <= wide[1], f"{name}, {self.language}, {size}: {wide} wide"
            small = self.browser.value(SMALL)
            assert small == [], f"{name}, {self.language}, {size}: too small to hit: {small}"
            self.looked += 1
        self.browser.call("Emulation.clearDeviceMetricsOverride")
        elsewhere = [request for request in self.browser.requests if not request.startswith(self.address + "/")]
        assert elsewhere == [], f"{name} asks for {elsewhere}"
        complaints = [said for said in self.browser.complaints if not re.search(r"status of (403|404|422)", said)]
        assert complaints == [], f"{name}: {complaints}"
        assert self.browser.value(UNLABELLED) == [], f"{name}: fields without a label"
        languages = self.browser.value("[document.documentElement.lang, document.querySelectorAll('h1').length, document.title.length > 0]")
        assert languages == [self.language, 1, True], (name, languages)

    def sign_out(self) -> None:
        self.open("/")
        self.go("header form[action='/sign-out'] button")
        assert self.path() == "/sign-in"

    def sign_in(self, name: str, telephone: "Telephone") -> None:
        self.open("/sign-in")
        telephone.wait()
        self.fill(name=name, password=PASSWORD, code=telephone.shows())
        self.go("main button.primary")
        assert self.path() == "/", self.text()


# What a finger must hit is 44 pixels high (WCAG 2.5.5), but for links within a sentence and what a label makes larger.
SMALL = """
[...document.querySelectorAll('main button, nav a, main input:not([type=hidden]):not([type=checkbox]), main select, main a.primary, summary')]
  .filter(item => item.offsetParent && item.getBoundingClientRect().height < 43.5)
  .map(item => item.outerHTML.slice(0, 80))
"""
UNLABELLED = """
[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(item => !item.labels.length).map(item => item.name)
"""


class Telephone:
    """RFC 6238, as an authenticator shows it."""

    def __init__(self, secret: str) -> None:
        text = "".join(secret.split())
        self.secret = b32decode(text + "=" * (-len(text) % 8))
        self.used = 0

    def shows(self) -> str:
        self.used = int(time.time()) // STEP_S
        digest = hmac.digest(self.secret, struct.pack(">Q", self.used), "sha1")
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"

    def wait(self) -> None:
        """For a code that was not used."""
        while int(time.time()) // STEP_S <= self.used:
            time.sleep(0.5)


class Screen:
    """What the box's screen shows, as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wait(self, words: str) -> str:
        """What stands after these words."""
        pattern = re.compile(re.escape(words) + "(.*)")
        return wait_for(lambda: pattern.search(self.path.read_text(errors="replace")), words).group(1).strip()


def wait_for(look, what: str):
    until = time.monotonic() + BOOT_S
    while not (found := look()):
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {BOOT_S} s")
        time.sleep(0.2)
    return found


if __name__ == "__main__":
    main(*(Path(word).resolve() for word in sys.argv[1:]))
