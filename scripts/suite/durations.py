"""How long each test took, from all who run tests.

durations.py junit STEP REPORT.xml DURATIONS    adds the tests of a JUnit report; a report that is not there adds nothing
durations.py slowest DURATIONS                  prints the twenty slowest

A line of DURATIONS is seconds, step and test, with tabs between.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

SHOWN = 20


def of_report(step: str, report: Path) -> list[str]:
    """A line for each test of a JUnit report (cargo-nextest's, pytest's)."""
    if not report.exists():
        return []
    cases = ElementTree.parse(report).iter("testcase")
    return [f"{float(case.get('time') or 0):.1f}\t{step}\t{case.get('classname')}::{case.get('name')}" for case in cases]


def slowest(lines: list[str]) -> list[str]:
    """The slowest tests, longest first; a line that is none is an error of whoever wrote it."""
    rows = [line.split("\t") for line in lines]
    rows.sort(key=lambda row: -float(row[0]))
    return [f"{float(seconds):7.1f} s  {step:5} {name}" for seconds, step, name in rows[:SHOWN]]


def main() -> None:
    match sys.argv[1:]:
        case ["junit", step, report, durations]:
            lines = of_report(step, Path(report))
            with open(durations, "a") as out:
                out.writelines(line + "\n" for line in lines)
        case ["slowest", durations]:
            lines = Path(durations).read_text().splitlines() if Path(durations).exists() else []
            if lines:
                print(f"the slowest of {len(lines)} tests:", *slowest(lines), sep="\n", flush=True)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
