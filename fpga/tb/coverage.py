"""Merges what the benches covered of the RTL, prints it by file, and fails below the floor: coverage.py DIR

Verilator's coverage.dat has a line for each point: 'C' and a record of \\x01key\\x02value, and a count. A point counts as covered
when any instance in any bench reached it. Generated code is left out: its register fields are checked by the generator's project.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
FLOOR = HERE / "coverage.json"
POINT = re.compile(r"^C '(.*)' (\d+)$")


def points(data: Path):
    """(file, kind, place) and count of each point."""
    for line in data.read_text().splitlines():
        match = POINT.match(line)
        if not match:
            continue
        record = dict(part.split("\x02", 1) for part in match[1].split("\x01") if part)
        file, kind = Path(record["f"]), record["page"].split("/")[0].removeprefix("v_")
        if "rtl" in file.parts and "generated" not in file.parts:
            yield (file.name, kind, (record["l"], record.get("n"), record.get("o"))), int(match[2])


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("*/*/coverage.dat"))
    if not files:
        sys.exit("no coverage.dat: did the benches run with COVERAGE=1?")
    counts: dict[tuple, int] = defaultdict(int)
    for data in files:
        for point, count in points(data):
            counts[point] += count
    kinds = ("line", "branch", "toggle")
    reached: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (file, kind, _), count in counts.items():
        for name in (file, "all"):
            reached[name, kind][0] += count > 0
            reached[name, kind][1] += 1
    share = lambda name, kind: 100 * reached[name, kind][0] / reached[name, kind][1] if reached[name, kind][1] else 100.0  # noqa: E731
    names = sorted({name for name, _ in reached} - {"all"}) + ["all"]
    print(f"{'coverage, per cent':28}" + "".join(f"{kind:>8}" for kind in kinds))
    for name in names:
        print(f"{name:28}" + "".join(f"{share(name, kind):8.1f}" for kind in kinds))
    floor = json.loads(FLOOR.read_text())
    low = [f"{name} {kind}: {share(name, kind):.1f} below {least}"
           for name, least_of in floor.items() for kind, least in least_of.items() if share(name, kind) < least]
    if low:
        sys.exit("coverage below the floor: " + "; ".join(low))


if __name__ == "__main__":
    main()
