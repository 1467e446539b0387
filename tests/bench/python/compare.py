"""The SDK's extension module against SecretFlow HEU and python-phe, in one process, on one core.

Writes a list of cases as bench does (see src/case.rs). A peer that cannot be loaded is reported with the reason.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contenders import Coffer, Contender, Heu, PythonPhe
from measure import Plan, Work, alone, compare, spread

BITS = 2048
# Elements of a call, of ours and of HEU; python-phe is asked for fewer, which makes no difference to it.
BATCH, FEW = 256, 8
# Ratios that are asked for (HEU alone): see docs/performance.md.
TARGETS = {"encrypt": 5.0}

Case = dict[str, Any]


def main() -> None:
    arguments = parse()
    # Before a library counts the cores for its pool of threads.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    plan = Plan(3, 0.02) if arguments.quick else Plan(9, 0.2)
    stamp = {
        "commit": arguments.describe,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": arguments.processor,
    }
    ours = Coffer(BITS)
    cases = []
    for make in (Heu, PythonPhe):
        cases += against(plan, ours, make)
    arguments.json.write_text(json.dumps([case | stamp for case in cases], indent=2) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--describe", default="unknown")
    parser.add_argument("--processor", default="")
    return parser.parse_args()


def against(plan: Plan, ours: Contender, make: Callable[[int], Contender]) -> list[Case]:
    """Every operation against one peer, or ours alone and why there is no peer."""
    values = [random.randrange(-(1 << 40), 1 << 40) for _ in range(BATCH)]
    scalars = [random.randrange(-(1 << 23), 1 << 23) for _ in range(BATCH)]
    work = operations(ours, values, scalars)
    try:
        peer = make(BITS)
    except ImportError as error:
        name = make.name  # type: ignore[attr-defined]
        note = f"the peer is absent: {error}"
        return [case(operation, 1 / alone(plan, call), name, note=note) for operation, call in work.items()]
    count = FEW if isinstance(peer, PythonPhe) else BATCH
    theirs = operations(peer, values[:count], scalars[:count])
    cases = []
    for operation, call in work.items():
        found = compare(plan, call, theirs[operation])
        cases.append(
            case(operation, 1 / found.ours, peer.name)
            | {"peer_value": 1 / found.peer, "ratio": sorted(found.ratios)[len(found.ratios) // 2]}
            | {"min": min(found.ratios), "max": max(found.ratios), "spread": spread(found.ratios)}
            | {"pairs": len(found.ratios)}
        )
    return cases


def operations(contender: Contender, values: list[int], scalars: list[int]) -> dict[str, Work]:
    """The operations, each checked once."""
    numbers, factors = contender.prepare(values), contender.prepare(scalars)
    ciphertexts = contender.encrypt(numbers)

    def check(ciphertexts: Any, expected: list[int]) -> None:
        if contender.decrypt(ciphertexts) != expected:
            raise SystemExit(f"{contender.name}: the result is not what it should be")

    check(ciphertexts, values)
    check(contender.add(ciphertexts, ciphertexts), [2 * m for m in values])
    check(contender.multiply(ciphertexts, factors), [m * s for m, s in zip(values, scalars, strict=True)])

    def counted(work: Callable[[], Any]) -> Work:
        def call() -> int:
            work()
            return len(values)

        return call

    return {
        "encrypt": counted(lambda: contender.encrypt(numbers)),
        "decrypt": counted(lambda: contender.decrypt(ciphertexts)),
        "ct + ct": counted(lambda: contender.add(ciphertexts, ciphertexts)),
        "ct x 24-bit pt, element by element": counted(lambda: contender.multiply(ciphertexts, factors)),
    }


def case(operation: str, rate: float, peer: str, note: str | None = None) -> Case:
    record: Case = {
        "suite": "python",
        "case": operation,
        "bits": BITS,
        "value": rate,
        "unit": "1/s",
        "peer": peer,
        "peer_value": None,
        "ratio": None,
        "threads": 1,
    }
    if peer == Heu.name and operation in TARGETS:
        record["target"] = TARGETS[operation]
    if note is not None:
        record["note"] = note
    return record


if __name__ == "__main__":
    main()
