"""Two contenders on the same inputs, in turn, as in the Rust half of this crate (src/measure.rs)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

# Does some operations and says how many.
Work = Callable[[], int]


@dataclass(frozen=True)
class Plan:
    """How long to measure: so many pairs of slices, each as long as this many seconds at least."""

    pairs: int
    slice: float


@dataclass(frozen=True)
class Comparison:
    """Seconds an operation, and the pairs' ratios: the peer's time over ours."""

    ours: float
    peer: float
    ratios: list[float]


def compare(plan: Plan, ours: Work, peer: Work) -> Comparison:
    """Alternates the order within a pair; one call of each comes before, unmeasured."""
    ours()
    peer()
    our_times: list[float] = []
    peer_times: list[float] = []
    for pair in range(plan.pairs):
        if pair % 2 == 0:
            our_times.append(_slice(ours, plan.slice))
            peer_times.append(_slice(peer, plan.slice))
        else:
            peer_times.append(_slice(peer, plan.slice))
            our_times.append(_slice(ours, plan.slice))
    ratios = [p / o for p, o in zip(peer_times, our_times, strict=True)]
    return Comparison(statistics.median(our_times), statistics.median(peer_times), ratios)


def alone(plan: Plan, ours: Work) -> float:
    """Seconds an operation."""
    ours()
    return statistics.median(_slice(ours, plan.slice) for _ in range(plan.pairs))


def spread(ratios: list[float]) -> float:
    """The distance of the quartiles over the median."""
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return (high - low) / middle


def _slice(work: Work, least: float) -> float:
    start, operations = time.perf_counter(), 0
    while True:
        operations += work()
        elapsed = time.perf_counter() - start
        if elapsed >= least:
            return elapsed / operations
