"""Makes fate.json, the answers of FATE's own Coder that tests/encoding.rs wants from us.

    python3.11 -m venv V && V/bin/pip install numpy fate-utils==0.1.0 && V/bin/python fate_answers.py > fate.json

fate-utils is FATE 2.2's Rust crate as a wheel (Apache-2.0); it is run by this script alone, by hand. Its Coder and plaintexts have
no constructor that takes a number, so their pickled state is written here: each integer is 16 (its radix) as i32, the length of its
digits as u64, the digits; an exponent is an i32; all little-endian. Floats are written as the digits of their bits.
"""
import json
import math
import random
import re
import struct

import fate_utils.paillier as fate
import numpy

rng = random.Random(20260802)
F64 = [0.0, 1.0, -1.0, 0.1, -0.1, 0.5, 1e-5, 3.141592653589793, 2.0**-1074, -(2.0**-1022), 2.0**53, 1e100, -1.7976931348623157e308, 15.999999999999998]
F64 += [rng.gauss(0, 1000) for _ in range(30)]


def f64(x):
    return struct.pack(">d", x).hex()


def f32(x):
    return struct.pack(">f", x).hex()


def integer(x):
    digits = f"{x:x}".encode()
    return struct.pack("<iQ", 16, len(digits)) + digits


def coder(n):
    made = fate.Coder()
    made.__setstate__(list(integer(n) + integer(n // 2)))
    return made


def vector(pairs):
    made = fate.PlaintextVector()
    made.__setstate__(list(struct.pack("<Q", len(pairs)) + b"".join(integer(m) + struct.pack("<i", e) for m, e in pairs)))
    return made


def pairs(made):
    found = re.findall(r"BInt\((-?\d+)\)\), exp: (-?\d+)", str(made))
    return [(int(m), int(e)) for m, e in found]


def encoded(n, made):
    return [{"residue": f"{m % n:x}", "exponent": e} for m, e in pairs(made)]


def one(work):
    try:
        return work()
    except BaseException as e:  # pyo3's PanicException is none of Exception's
        if type(e).__name__ != "PanicException":
            raise
        return None


def decodings(n, c):
    residues = [0, 1, n - 1, n // 2, n // 2 + 1, 5, 160, n - 160, n - 161, 2**53 + 1, n - 2**53 - 3, 2**54 + 2, 2**54 + 6, 2**60 - 1, 2**63, n - 2**63, 2**31 - 1, n - 2**31]
    residues += [rng.randrange(n) for _ in range(6)]
    for r in residues:
        for e in (-13, -1, 0, 1, 4, -100, -268, -275, -283):
            v = vector([(r, e)])
            yield {
                "residue": f"{r:x}",
                "exponent": e,
                "f64": one(lambda: f64(c.decode_f64_vec(v)[0])),
                "f32": one(lambda: f32(c.decode_f32_vec(v)[0])),
                "i64": one(lambda: c.decode_i64_vec(v)[0]),
                "i32": one(lambda: c.decode_i32_vec(v)[0]),
            }


def packings(n, c):
    for slot_bits, slots, precision in [(60, 4, 20), (100, 5, 53), (64, 3, 0), (21, 24, 10), (33, 1, 3)]:
        for count in (1, slots, 2 * slots + 1):
            top = 2.0 ** (slot_bits - precision) * 0.49
            numbers = [rng.random() * top for _ in range(count)] + [0.0, 0.5 * 2.0**-precision, 1.5 * 2.0**-precision]
            made = c.pack_floats(numbers, slot_bits, slots, precision)
            once = c.unpack_floats(made, slot_bits, slots, precision, len(numbers))
            # What additions of ciphertexts make of it.
            double = vector([(2 * m, e) for m, e in pairs(made)])
            twice = c.unpack_floats(double, slot_bits, slots, precision, len(numbers))
            yield {
                "slot_bits": slot_bits,
                "slots": slots,
                "precision": precision,
                "numbers": [f64(x) for x in numbers],
                "packed": encoded(n, made),
                "unpacked": [f64(x) for x in once],
                "doubled": encoded(n, double),
                "unpacked_doubled": [f64(x) for x in twice],
            }


n = rng.getrandbits(512) | 1 << 511 | 1
c = coder(n)
singles = [numpy.float32(x) for x in F64 if abs(x) < 1e38]
i64s = [0, 1, -1, 2**63 - 1, -(2**63), 12345]
i32s = [0, 1, -1, 2**31 - 1, -(2**31), 12345]
json.dump(
    {
        "n": f"{n:x}",
        "f64": [{"number": f64(x), "answer": encoded(n, c.encode_f64_vec(numpy.array([x])))[0]} for x in F64],
        "f32": [{"number": f32(x), "answer": encoded(n, c.encode_f32_vec(numpy.array([x], dtype=numpy.float32)))[0]} for x in singles],
        "i64": [{"number": x, "answer": encoded(n, c.encode_i64_vec(numpy.array([x])))[0]} for x in i64s],
        "i32": [{"number": x, "answer": encoded(n, c.encode_i32_vec(numpy.array([x], dtype=numpy.int32)))[0]} for x in i32s],
        "decode": list(decodings(n, c)),
        "pack": list(packings(n, c)),
    },
    open(1, "w"),
    indent=0,
)
