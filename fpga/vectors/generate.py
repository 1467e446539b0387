"""Writes the known answers in this folder: python3 fpga/vectors/generate.py

Arithmetic is GMP's (gmpy2), byte layouts are `struct`'s: nothing here shares code with the driver or the model.
Numbers are hexadecimal. Operands come from a seeded generator, so that two runs give the same files.
"""

import json
import random
import struct
from pathlib import Path

import gmpy2

from patterns import patterns

HERE = Path(__file__).parent
SEED = 20260901


def descriptors() -> dict:
    def descriptor(**f):
        data = struct.pack(
            "<BBHHHHHHHQQQQQQ", f["operation"], f["flags"], f["tag"], f["context"], f["items"], f["limbs"],
            f["exponent_limbs"], f["exponent_bits"], 0, f["source"], f["aux"], f["destination"], 0, 0, 0)
        assert len(data) == 64
        return {"fields": f, "bytes": data.hex()}

    def completion(**f):
        data = struct.pack(
            "<HBBIIIQQ", f["tag"], f["status"], f["phase"], f["sequence"], f["items_done"], 0, f["bytes_written"], 0)
        assert len(data) == 32
        return {"fields": f, "bytes": data.hex()}

    return {
        "descriptors": [
            descriptor(operation=1, flags=0, tag=0x0102, context=3, items=1, limbs=64, exponent_limbs=0,
                       exponent_bits=1024, source=0x1122334455667788, aux=0x99AABBCCDDEEFF00, destination=0),
            descriptor(operation=2, flags=0, tag=0xFFFF, context=0xFFFE, items=0, limbs=0, exponent_limbs=0,
                       exponent_bits=0, source=0, aux=0, destination=0),
            descriptor(operation=3, flags=0, tag=7, context=1, items=300, limbs=32, exponent_limbs=16,
                       exponent_bits=0, source=0x4000_0000, aux=0x4010_0000, destination=0x4020_0000),
            descriptor(operation=4, flags=0, tag=8, context=2, items=0xFFFF, limbs=96, exponent_limbs=96,
                       exponent_bits=0, source=0xFFFF_FFFF_FFFF_F000, aux=0, destination=0x1000),
            descriptor(operation=5, flags=0, tag=0, context=0, items=1, limbs=1, exponent_limbs=0,
                       exponent_bits=0, source=8, aux=16, destination=24),
            descriptor(operation=6, flags=0, tag=9, context=7, items=64, limbs=64, exponent_limbs=0,
                       exponent_bits=0, source=0x4030_0000, aux=0, destination=192),
            descriptor(operation=7, flags=0, tag=10, context=7, items=33, limbs=64, exponent_limbs=50,
                       exponent_bits=0, source=0x4040_0000, aux=0, destination=0x4050_0000),
        ],
        "completions": [
            completion(tag=0x0102, status=0, phase=1, sequence=0, items_done=1, bytes_written=512),
            completion(tag=0xFFFF, status=5, phase=0, sequence=0xFFFFFFFF, items_done=0, bytes_written=0),
            completion(tag=7, status=4, phase=1, sequence=65536, items_done=300, bytes_written=0x123456789ABC),
        ],
    }


def arithmetic() -> list:
    rng = random.Random(SEED)
    groups = []
    for bits in (64, 192, 1024, 2048, 4096, 6144):
        for top in (True, False):  # with and without the modulus' top bit, and its top limb, set
            n = rng.getrandbits(bits) | 1
            n = n | 1 << (bits - 1) if top else n >> min(70, bits // 2) | 1
            exponent_bits = min(bits, 256)
            exponent = rng.getrandbits(exponent_bits)
            base = rng.randrange(n)
            edges = [0, 1, n - 1]
            values = edges + [rng.randrange(n) for _ in range(2)]
            pairs = [(values[i], values[j]) for i, j in ((0, 3), (1, 4), (2, 2), (2, 3), (3, 4))]
            exponents = [0, 1, 2**exponent_bits - 1] + [rng.getrandbits(exponent_bits) for _ in range(2)]
            lists = index_lists(len(values))
            groups.append({
                "bits": bits,
                "modulus": f"{n:x}",
                "base": f"{base:x}",
                "exponent_bits": exponent_bits,
                "exponent": f"{exponent:x}",
                "modmul": [[f"{a:x}", f"{b:x}", f"{gmpy2.mpz(a) * b % n:x}"] for a, b in pairs],
                "modexp": [[f"{a:x}", f"{gmpy2.powmod(a, exponent, n):x}"] for a in values],
                "fixed_base": [[f"{e:x}", f"{gmpy2.powmod(base, e, n):x}"] for e in exponents],
                # By multiplier digit: R^2 mod N, where R = 2^(digit * ceil((64 limbs + 2) / digit)).
                "r_squared": {str(d): f"{gmpy2.powmod(2, 2 * d * -(-(bits + 2) // d), n):x}" for d in (17, 18)},
                "vector": [f"{v:x}" for v in values],
                "multiply_accumulate": [[chosen, f"{product(values, chosen, n):x}"] for chosen in lists],
            })
    return groups


NO_ITEM = 2**32 - 1


def index_lists(items: int) -> list:
    """All as long as the longest: nothing, one item, one item twice, everything once, everything backwards and one more."""
    last = items - 1
    lists = [[], [last], [last, last], list(range(items)), [*reversed(range(items)), 1]]
    length = max(len(indices) for indices in lists)
    return [indices + [NO_ITEM] * (length - len(indices)) for indices in lists]


def product(values: list, indices: list, n: int) -> gmpy2.mpz:
    result = gmpy2.mpz(1)
    for index in indices:
        if index != NO_ITEM:
            result = result * values[index] % n
    return result


def self_test() -> dict:
    """What the driver computes at every start: small, and hand-checkable in any calculator."""
    rng = random.Random(SEED + 1)
    n = 2**256 - 189  # the largest prime below 2^256
    base, a, b, exponent = (rng.randrange(n) for _ in range(4))
    short = exponent % 2**64  # a table for 64 bits is built quickly, even by a simulation
    return {
        "modulus": f"{n:x}",
        "base": f"{base:x}",
        "a": f"{a:x}",
        "b": f"{b:x}",
        "exponent": f"{exponent:x}",
        "modmul": f"{gmpy2.mpz(a) * b % n:x}",
        "modexp": f"{gmpy2.powmod(a, exponent, n):x}",
        "short_exponent": f"{short:x}",
        "fixed_base": f"{gmpy2.powmod(base, short, n):x}",
        "multiply_accumulate": f"{product([a, b], [1, 0, 1, NO_ITEM], n):x}",
    }


def main() -> None:
    files = {"descriptors": descriptors(), "arithmetic": arithmetic(), "patterns": patterns(SEED), "self_test": self_test()}
    for name, data in files.items():
        (HERE / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
