"""Merges what the benches covered of the RTL, prints it by file, and fails below the floors: coverage.py [--write] DIR

Verilator's coverage.dat has a line for each point: 'C' and a record of \\x01key\\x02value, and a count. A point counts as covered
when any instance in any bench reached it. Generated code is left out: its register fields are checked by the generator's project.
coverage.json has for each file, and for all together, the least share of its lines, branches and toggles in per cent; a file without
floors fails. --write sets them to what was found, rounded down, where that is more (after a run of the ordinary suite).
"""

import json
import math
import re
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
FLOORS = HERE / "coverage.json"
POINT = re.compile(r"^C '(.*)' (\d+)$")
KINDS = ("line", "branch", "toggle")


def main() -> None:
    write, folder = sys.argv[1:-1] == ["--write"], Path(sys.argv[-1])
    files = sorted(folder.glob("*/*/coverage.dat"))
    if not files:
        sys.exit("no coverage.dat: did the benches run with COVERAGE=1?")
    shares = covered(files)
    print(f"{'coverage, per cent':28}" + "".join(f"{kind:>8}" for kind in KINDS))
    for name, share in shares.items():
        print(f"{name:28}" + "".join(f"{share[kind]:8.1f}" if kind in share else f"{'-':>8}" for kind in KINDS))
    floors = json.loads(FLOORS.read_text())
    if write:
        found = {name: {kind: math.floor(share[kind]) for kind in share} for name, share in shares.items()}
        for name, share in found.items():
            share.update({kind: max(least, share[kind]) for kind, least in floors.get(name, {}).items() if kind in share})
        FLOORS.write_text("{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(share)}" for name, share in found.items()) + "\n}\n")
        return
    low = [f"{name} {kind}: {share[kind]:.1f} below {floors[name].get(kind, 100)}" for name, share in shares.items() if name in floors
           for kind in share if share[kind] < floors[name].get(kind, 100)]
    low += [f"{name}: no floor" for name in shares if name not in floors]
    low += [f"{name}: not covered" for name in floors if name not in shares]
    if low:
        sys.exit("coverage below the floors: " + "; ".join(low))


def covered(files: list[Path]) -> dict[str, dict[str, float]]:
    """Of each file, and of all: the shares of the kinds of points that it has."""
    counts: dict[tuple, int] = defaultdict(int)
    for data in files:
        for point, count in points(data):
            counts[point] += count
    reached: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for (file, kind, _), count in counts.items():
        for name in (file, "all"):
            reached[name][kind].append(count > 0)
    return {name: {kind: 100 * sum(reached[name][kind]) / len(reached[name][kind]) for kind in KINDS if kind in reached[name]}
            for name in [*sorted(set(reached) - {"all"}), "all"]}


def points(data: Path):
    """(file, kind, place) and count of each point."""
    for line in data.read_text().splitlines():
        match = POINT.match(line)
        if not match:
            continue
        record = dict(part.split("\x02", 1) for part in match[1].split("\x01") if part)
        file, kind = Path(record["f"]), record["page"].split("/")[0].removeprefix("v_")
        if "rtl" in file.parts and "generated" not in file.parts and kind in KINDS:
            yield (file.name, kind, (record["l"], record.get("n"), record.get("o"))), int(match[2])


if __name__ == "__main__":
    main()
