"""Makes phe.json, the answers of python-phe that tests/encoding.rs wants from us.

    python3 -m venv V && V/bin/pip install phe==1.5.0 && V/bin/python phe_answers.py > phe.json

python-phe is GPL-3.0: nothing of it is in this repository, and nothing here runs it but this script, by hand. Floats are
written as the 16 digits of their bits.
"""
import json
import math
import random
import struct

from phe import EncodedNumber, PaillierPublicKey

rng = random.Random(20260801)
FIXED = [0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 0.5, 1e-5, 3.141592653589793, 2.0**-1074, -(2.0**-1022), 2.0**53, 1e300, -1.7976931348623157e308, 16.0, 15.999999999999998, float(2**62)]


def bits(x):
    return struct.pack(">d", x).hex()


def any_float():
    while True:
        x = struct.unpack(">d", rng.randbytes(8))[0]
        if math.isfinite(x):
            return x


def answer(work):
    try:
        return work()
    except (ValueError, OverflowError):
        return None


def encoding(key, scalar, **keywords):
    def work():
        encoded = EncodedNumber.encode(key, scalar, **keywords)
        return {"residue": f"{encoded.encoding:x}", "exponent": encoded.exponent}

    return answer(work)


def encodings(key):
    floats = FIXED + [any_float() for _ in range(12)] + [rng.gauss(0, 1000) for _ in range(12)]
    options = [{}, {"max_exponent": -20}, {"max_exponent": 3}, {"precision": 1e-3}, {"precision": 2.0**-16}, {"precision": 1000.0}, {"precision": 1e-9, "max_exponent": -4}]
    for x in floats:
        for keywords in options[:1] if x not in FIXED else options:
            yield {"float": bits(x), **keywords, "answer": encoding(key, x, **keywords)}
    limit = key.max_int
    integers = [0, 1, -1, 2**63 - 1, -(2**63), limit, -limit, limit + 1, -limit - 1, limit // 16, 24, 40, -8, -24, 8]
    integers += [rng.randrange(-limit, limit) for _ in range(5)]
    for x in integers:
        for keywords in options[:1] + [{"max_exponent": -1}, {"precision": 16.0}, {"precision": 70000.0}]:
            yield {"integer": f"{x:x}", **keywords, "answer": encoding(key, x, **keywords)}


def decodings(key):
    n, limit = key.n, key.max_int
    residues = [0, 1, n - 1, limit, limit + 1, n - limit, n - limit - 1, n // 2, n, n + 1, 2**53 + 1, n - 2**53 - 3, 2**54 + 2, 2**60 - 1]
    residues += [rng.randrange(limit) for _ in range(4)] + [n - rng.randrange(limit) for _ in range(4)]
    exponents = [-13, 0, 5, -100, -268, -275, 200]
    for r in residues:
        for e in exponents:
            encoded = EncodedNumber(key, r, e)

            def value():
                found = encoded.decode()
                return {"integer": f"{found:x}"} if isinstance(found, int) else {"float": bits(found)}

            yield {"residue": f"{r:x}", "exponent": e, "answer": answer(value), "as_float": answer(lambda: bits(float(encoded.decode())))}


def decreases(key):
    for x, to in [(1.5, -13), (1.5, -20), (-0.1, -15), (-0.1, -13), (0.0, -60), (123456789.0, -50)]:
        encoded = EncodedNumber.encode(key, x)

        def work():
            lower = encoded.decrease_exponent_to(to)
            return {"residue": f"{lower.encoding:x}", "exponent": lower.exponent}

        yield {"residue": f"{encoded.encoding:x}", "exponent": encoded.exponent, "to": to, "answer": answer(work)}


keys = []
for size in (512, 576):
    # Only its size and that it is odd count.
    key = PaillierPublicKey(rng.getrandbits(size) | 1 << (size - 1) | 1)
    keys.append({"n": f"{key.n:x}", "encode": list(encodings(key)), "decode": list(decodings(key)), "decrease": list(decreases(key))})
print(json.dumps({"keys": keys}, indent=0))
