"""Sums by buckets, for trees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from coffer import _groups
from coffer.heu._arrays import CiphertextArray, PlaintextArray
from coffer.heu._keys import PublicKey

Indexes = _groups.Indexes


def sums(
    key: PublicKey, x: Any, rows: Indexes, places: Indexes, features: int, bucket_num: int, cumulative: bool
) -> Any:
    """x[rows[i]] is added to the bucket places[i]."""
    size = features * bucket_num
    if isinstance(x, PlaintextArray):
        found = np.zeros((size, x.cols), dtype=object)
        np.add.at(found, places, x.items[rows])
        if cumulative:
            found = found.reshape(features, bucket_num, x.cols).cumsum(axis=1).reshape(size, x.cols)
        return PlaintextArray(found, x.scale)
    order = np.argsort(places, kind="stable")
    return _encrypted(key, x, rows[order], places[order], features, bucket_num, cumulative)


def _encrypted(
    key: PublicKey, x: CiphertextArray, rows: Indexes, places: Indexes, features: int, bucket_num: int, cumulative: bool
) -> CiphertextArray:
    width, size = key.native.ciphertext_bytes, features * bucket_num
    table = np.frombuffer(x.under(key), np.uint8).reshape(x.rows, x.cols, width)
    # Before the work is done: no bucket has more terms than there are rows.
    state = x.state.times(None, x.rows, key)

    def added(a: Any, b: Any) -> Any:
        return np.frombuffer(key.native.add(a.tobytes(), b.tobytes()), np.uint8).reshape(a.shape)

    terms, groups = table[rows], places
    for first, onto, paired in _groups.rounds(places):
        total = added(terms[paired], terms[paired + 1])
        terms, groups = terms[first], groups[first]
        terms[onto] = total
    found = np.zeros((size, x.cols, width), np.uint8)
    # The ciphertext 1: of 0, without an obfuscator.
    found[..., -1] = 1
    found[groups] = terms
    if cumulative:
        by_feature = found.reshape(features, bucket_num, x.cols, width)
        for bucket in range(1, bucket_num):
            by_feature[:, bucket] = added(by_feature[:, bucket - 1], by_feature[:, bucket])
    return CiphertextArray(found, replace(state, scale=x.state.scale))
