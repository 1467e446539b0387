"""HEU's help for trees: which leaves a row may reach, as far as one party's splits tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coffer.heu._values import PheRuntimeError


def tree_predict(x: Any, split_features: Sequence[int], split_points: Sequence[float]) -> npt.NDArray[np.int8]:
    """For each row of x one 1 or 0 a leaf: whether it may reach it.

    Node i's children are 2 i + 1 (below the split point) and 2 i + 2; nodes from len(split_features) on are leaves. A
    feature of -1 is another party's: both are reached. Raises PheRuntimeError for lists of different lengths.
    """
    count = len(split_features)
    return tree_predict_with_indices(x, split_features, split_points, range(count), range(count, 2 * count + 1))


def tree_predict_with_indices(
    x: Any,
    split_features: Sequence[int],
    split_points: Sequence[float],
    node_indices: Sequence[int],
    leaf_indices: Sequence[int],
) -> npt.NDArray[np.int8]:
    """The same for a tree that is not full: the nodes' and the leaves' numbers in a full one. Raises PheRuntimeError
    for a child that is neither, and for features that x does not have."""
    table = np.asarray(x, dtype=np.float64)
    if not len(split_features) == len(split_points) == len(node_indices) == len(leaf_indices) - 1:
        raise PheRuntimeError("a feature and a split point for each node are needed, and one leaf more than nodes")
    if table.ndim != 2 or any(not -1 <= f < table.shape[1] for f in split_features):
        raise PheRuntimeError(f"split features beyond a table of the shape {table.shape}")
    places = {int(leaf): place for place, leaf in enumerate(leaf_indices)}
    reached = {0: np.ones(len(table), dtype=bool)}
    found = np.zeros((len(table), len(leaf_indices)), dtype=np.int8)
    # Parents before their children.
    for node, feature, point in sorted(zip(map(int, node_indices), split_features, split_points, strict=True)):
        here = reached.pop(node, None)
        if here is None:
            continue
        below = np.ones(len(table), dtype=bool) if feature == -1 else table[:, feature] < point
        above = np.ones(len(table), dtype=bool) if feature == -1 else ~below
        reached[2 * node + 1], reached[2 * node + 2] = here & below, here & above
    for leaf, here in reached.items():
        if leaf not in places:
            raise PheRuntimeError(f"node {leaf} is neither a node nor a leaf")
        found[:, places[leaf]] = here
    return found
