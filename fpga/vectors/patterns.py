"""Moduli, operands and exponents that have broken Montgomery code, with GMP's answers. Part of generate.py.

Narrow moduli meet every kind of operand; the wide ones share the kinds among them, so that the file stays small.
"""

import itertools
import random

import gmpy2

EXPONENT_BITS = 64


def runs(bits: int, run: int) -> int:
    """Runs of `run` ones and `run` zeros, ones on top."""
    ones = itertools.count(bits - run, -2 * run)
    return sum(((1 << run) - 1) << at for at in itertools.takewhile(lambda at: at >= 0, ones))


def moduli(bits: int, rng: random.Random) -> dict[str, int]:
    top, noise = 1 << bits - 1, rng.getrandbits(bits)
    return {
        "all ones": (1 << bits) - 1,
        "just above a power of two": top | 1,
        "just below a power of two": (1 << bits) - 189,
        "runs of 33 bits": runs(bits, 33) | 1,
        "runs of 64 bits": runs(bits, 64) | 1,
        "low half zero but for 1": (noise | top) >> bits // 2 << bits // 2 | 1,
        "highest words zero": noise >> bits // 3 | 1,
        "-1/N = 1 in the lowest digits": noise | top | (1 << 40) - 1,
        "random": noise | top | 1,
    }


def operands(n: int, rng: random.Random) -> list[int]:
    bits = n.bit_length()
    found = [
        n - 1, 0, 1, n - 2, n >> 1, 1 << bits - 1, runs(bits, 64), runs(bits, 17), runs(bits, 26), (1 << bits // 2) - 1,
        rng.randrange(n) >> 27, rng.randrange(n) >> bits // 2, rng.randrange(n), 2,
    ]
    return [value % n for value in found]


def patterns(seed: int) -> list[dict]:
    rng = random.Random(seed + 2)
    exponents = itertools.cycle([(1 << EXPONENT_BITS) - 1, 1 << EXPONENT_BITS - 1, 0, 1, runs(EXPONENT_BITS, 4), rng.getrandbits(64)])
    groups = []
    turn = 0
    for bits in (256, 1024, 2048, 3072, 4096, 6144):
        every = bits == 256
        kinds = list(moduli(bits, rng).items())
        for name, n in kinds if every else [kinds[(turn + k) % len(kinds)] for k in range(2)]:
            values = operands(n, rng)
            chosen = values if every else [values[0]] + [values[(turn + k) % len(values)] for k in range(1, 3)]
            turn += 3
            base, exponent = chosen[-1], next(exponents)
            pairs = list(zip(chosen, chosen[1:] + chosen[:1]))
            groups.append({
                "name": name,
                "bits": bits,
                "modulus": f"{n:x}",
                "base": f"{base:x}",
                "exponent_bits": EXPONENT_BITS,
                "exponent": f"{exponent:x}",
                "modmul": [[f"{a:x}", f"{b:x}", f"{gmpy2.mpz(a) * b % n:x}"] for a, b in pairs],
                "modexp": [[f"{a:x}", f"{gmpy2.powmod(a, exponent, n):x}"] for a in chosen],
                "fixed_base": [[f"{e:x}", f"{gmpy2.powmod(base, e, n):x}"] for e in (next(exponents), next(exponents))],
            })
    return groups
