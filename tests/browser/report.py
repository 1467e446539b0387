"""coffer-verify's report in a browser: report.py FOLDER, as `reports` made it. Screenshots and PDFs are left there."""

import re
import sys
from pathlib import Path

from browser import Browser

CHECKS = 15
LANGUAGES = {"en": ("What this box is", "The fifteen checks"), "zh": ("这台设备是什么", "十五项检查")}
# Of a section: its language, what a person reads, its room on the page, the numbers of its checks, and what sticks out of the picture.
SECTIONS = """
[...document.querySelectorAll("section")].map(section => {
  const box = section.getBoundingClientRect();
  const tables = [...section.querySelectorAll("table")].filter(table => table.querySelectorAll("tr:first-child th").length == 4);
  const rows = [...tables[0].querySelectorAll("tr")].slice(1);
  const picture = section.querySelector("svg").getBoundingClientRect();
  const within = (inner, outer) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const texts = [...section.querySelectorAll("svg text")];
  return {
    language: section.lang,
    text: section.innerText,
    area: box.width * box.height,
    checks: rows.filter(row => row.getBoundingClientRect().height > 0).map(row => Number(row.cells[0].innerText)),
    verdicts: rows.map(row => row.className),
    picture: picture.width * picture.height,
    texts: texts.length,
    out: texts.filter(text => !within(text.getBoundingClientRect(), picture)).map(text => text.textContent),
  };
})
"""
SAID = "<script>document.title = 'taken'</script>"


def main(folder: Path) -> None:
    with Browser() as browser:
        for name, passed in (("evidence", True), ("hostile", False)):
            page = folder / f"{name}.html"
            browser.open(page.as_uri())
            shown(browser, passed)
            browser.screenshot(page.with_suffix(".png"))
            printed = browser.pdf()
            page.with_suffix(".pdf").write_bytes(printed)
            # Each language begins a sheet of its own.
            sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
            assert printed.startswith(b"%PDF-") and sheets >= len(LANGUAGES), f"{name}: {sheets} sheets"
            assert browser.requests == [page.as_uri()], f"{name} asked for {browser.requests}"
            assert browser.complaints == [], f"{name}: {browser.complaints}"
        assert SAID in browser.value("document.body.innerText"), "what the box said is to be read"
    print("browser: both reports are shown and printed as they should be")


def shown(browser: Browser, passed: bool) -> None:
    assert browser.value("document.title") == "Coffer"
    found = browser.value("['img', 'script', 'iframe', 'link', 'object', 'form'].filter(kind => document.querySelector(kind))")
    assert found == [], f"the report has {found}"
    # Nothing has to be pushed sideways to be read.
    assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    sections = browser.value(SECTIONS)
    assert [section["language"] for section in sections] == list(LANGUAGES)
    for section in sections:
        missing = [words for words in LANGUAGES[section["language"]] if words not in section["text"]]
        assert not missing and section["area"] > 0, f"{section['language']} lacks {missing}"
        assert section["checks"] == list(range(1, CHECKS + 1)), section["checks"]
        assert all(verdict == "pass" for verdict in section["verdicts"]) == passed, section["verdicts"]
        assert section["picture"] > 0 and section["texts"] > 0, "no picture"
        assert section["out"] == [], f"beyond the picture: {section['out']}"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
