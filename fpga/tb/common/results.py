"""What ran, how it ended and how long it took: each job of fpga/test leaves a file with a line for each test, "passed" or "failed",
seconds, name. The file is named by RESULTS in the environment; as a plugin of pytest this module writes the model's tests into it.
results.py FOLDER: prints the sum of all files, and adds the durations to the file that COFFER_DURATIONS names.
"""

import os
import sys
from pathlib import Path
from xml.etree import ElementTree


def record(*lines: tuple[bool, float, str]) -> None:
    if file := os.environ.get("RESULTS"):
        with open(file, "a", encoding="utf-8") as out:
            out.writelines(f"{'passed' if passed else 'failed'}\t{seconds:.1f}\t{name}\n" for passed, seconds, name in lines)


def pytest_runtest_logreport(report) -> None:
    # A bench is one test to pytest, and many to cocotb, whose report it records. Reports of subtests are parts of their test's.
    if report.nodeid.startswith("fpga/model/") and not hasattr(report, "context") and (report.when == "call" or report.failed):
        record((report.passed, report.duration, report.nodeid.removeprefix("fpga/")))


def of_cocotb(report: Path, bench: str, label: str) -> list[tuple[bool, float, str]]:
    return [(case.find("failure") is None and case.find("error") is None, float(case.get("time")), f"{bench}::{case.get('name')}{label}")
            for case in ElementTree.parse(report).iter("testcase") if case.find("skipped") is None]


def main() -> None:
    ended = [line.split("\t") for file in sorted(Path(sys.argv[1]).glob("*.tsv")) for line in file.read_text(encoding="utf-8").splitlines()]
    if durations := os.environ.get("COFFER_DURATIONS"):
        with open(durations, "a", encoding="utf-8") as out:
            out.writelines(f"{seconds}\tfpga\t{name}\n" for _, seconds, name in ended)
    # A build is no test, but its time is to be seen.
    tests = [(state, name) for state, _, name in ended if not name.startswith("build/")]
    failed = [name for state, name in tests if state == "failed"]
    for name in failed:
        print(f"fpga: FAILED {name}")
    print(f"fpga: {len(tests) - len(failed)} passed, {len(failed)} failed")
    sys.exit(bool(failed) or not tests)


if __name__ == "__main__":
    main()
