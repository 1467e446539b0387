"""Sums of groups, in as few rounds as pairs allow: a round is one batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Indexes = npt.NDArray[np.intp]


def rounds(groups: Indexes) -> Iterator[tuple[Indexes, Indexes, Indexes]]:
    """Of the groups, sorted, of terms: for each round which terms stay, which of them (by their place among these) the
    next one is added to, and which terms those are. After the last a term of each group is left."""
    while True:
        starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]])) if len(groups) else groups
        if len(starts) == len(groups):
            return
        place = np.arange(len(groups)) - np.repeat(starts, np.diff(np.append(starts, len(groups))))
        first = np.flatnonzero(place % 2 == 0)
        paired = first[(first + 1 < len(groups)) & (groups[np.minimum(first + 1, len(groups) - 1)] == groups[first])]
        yield first, np.searchsorted(first, paired), paired
        groups = groups[first]
