"""The known answers that the card is tested with (fpga/vectors), against the extension module's arithmetic.

It computes modulo n^2; what comes out is the answer once it is taken modulo n: a product is a sum of ciphertexts, a
power is a product with a number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coffer import _integers, _native

VECTORS = Path(__file__).parents[3] / "fpga" / "vectors"
FILES = ("arithmetic", "patterns", "nist", "wycheproof")
# What the module takes as n; n^2 must be twice as many words long.
BITS = range(512, 4097)


def groups(name: str) -> Iterator[dict[str, Any]]:
    for group in json.loads((VECTORS / f"{name}.json").read_text()):
        n = int(group["modulus"], 16)
        if n.bit_length() in BITS and -(-(n * n).bit_length() // 64) == 2 * -(-n.bit_length() // 64):
            yield group


def numbers(row: list[str]) -> list[int]:
    return [int(text, 16) for text in row]


@pytest.mark.parametrize("name", FILES)
def test_known_answers(name: str) -> None:
    tried = 0
    for group in groups(name):
        n, exponent = int(group["modulus"], 16), int(group["exponent"], 16)
        key = _native.PublicKey(_integers.to_bytes([n], group["bits"] // 8), insecure_for_comparison=True)
        width = key.ciphertext_bytes

        def residues(found: bytes, n: int = n, width: int = width) -> list[int]:
            return [value % n for value in _integers.from_bytes(found, width)]

        # A number that shares a factor with n is no ciphertext.
        products = [row for row in map(numbers, group["modmul"]) if math.gcd(row[0] * row[1], n) == 1]
        if products:
            a, b, expected = zip(*products, strict=True)
            assert residues(key.add(_integers.to_bytes(a, width), _integers.to_bytes(b, width))) == list(expected)
        powers = [row for row in map(numbers, group["modexp"]) if math.gcd(row[0], n) == 1]
        if powers and exponent < n // 2:
            bases, expected = zip(*powers, strict=True)
            factor, factor_width = _integers.signed_to_bytes([exponent] * len(bases))
            found = key.multiply_wide(_integers.to_bytes(bases, width), factor, factor_width)
            assert residues(found) == list(expected)
        tried += len(products) + len(powers)
    assert tried > 10
