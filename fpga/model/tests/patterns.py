"""Operands and moduli that break Montgomery code."""

import random


def runs(bits: int, run: int) -> int:
    """Alternating runs of ones and zeros, ones on top."""
    return sum(((1 << run) - 1) << max(at - run, 0) for at in range(bits, 0, -2 * run)) & (1 << bits) - 1


def moduli(bits: int, rng: random.Random) -> list[tuple[str, int]]:
    top = 1 << bits - 1
    named = [
        ("random", rng.getrandbits(bits) | top | 1),
        ("2^k - 1", (1 << bits) - 1),
        ("just above a power of two", top | 1),
        ("just below a power of two", (1 << bits) - 59 | 1),
        ("long runs", runs(bits, 33) | top | 1),
        ("low half zero", rng.getrandbits(bits // 2) << bits // 2 | top | 1),
        ("highest word zero", max(rng.getrandbits(max(bits - 70, bits // 2)) | 1, 3)),
        ("n0' = 1", (rng.getrandbits(bits) | top) | (1 << 40) - 1),
        ("n0' = -1", (rng.getrandbits(bits) | top) >> 40 << 40 | 1),
        ("narrow", 3),
    ]
    return named


def operands(n: int, rng: random.Random, limit: int) -> list[int]:
    """Below `limit`, which is N or 2N."""
    bits = limit.bit_length()
    values = [
        0, 1, 2, n - 1, limit - 1, limit - 2, limit // 2, 1 << bits - 2,
        runs(bits, 64) % limit, runs(bits, 17) % limit, runs(bits - 1, 26) % limit, ((1 << bits) - 1) % limit,
        rng.randrange(limit), rng.randrange(limit) >> 27, rng.randrange(limit) >> bits // 2, (1 << bits // 2) % limit,
    ]
    return sorted(set(value for value in values if 0 <= value < limit))
