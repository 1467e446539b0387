"""The job-level card and its byte layouts."""

import json
import random
import struct
import unittest
from pathlib import Path

from fpga.model import descriptors as d
from fpga.model.card import Card, Limits, Memory
from fpga.model.descriptors import Completion, Descriptor
from fpga.model.montgomery import ULTRASCALE

VECTORS = Path(__file__).parents[2] / "vectors"
N_AT, BASE_AT, A_AT, B_AT, OUT_AT = 0x1000, 0x2000, 0x10000, 0x20000, 0x30000
LIMBS, ITEMS = 4, 3


class Layouts(unittest.TestCase):
    def test_golden_bytes(self):
        golden = json.loads((VECTORS / "descriptors.json").read_text())
        for kind, key in ((Descriptor, "descriptors"), (Completion, "completions")):
            for case in golden[key]:
                value, data = kind(**case["fields"]), bytes.fromhex(case["bytes"])
                self.assertEqual(value.pack(), data)
                self.assertEqual(kind.unpack(data), value)


class Jobs(unittest.TestCase):
    def setUp(self):
        rng = random.Random(3)
        self.n = rng.getrandbits(64 * LIMBS) | 1
        self.base = rng.randrange(self.n)
        self.a = [rng.randrange(self.n) for _ in range(ITEMS)]
        self.b = [rng.randrange(self.n) for _ in range(ITEMS)]
        self.memory = Memory()
        self.card = Card(self.memory, Limits(contexts=2, max_items=4, table_log2=20, vector_log2=7))
        r_squared = pow(ULTRASCALE.r(LIMBS), 2, self.n)
        self.put(N_AT, [self.n, r_squared])
        self.put(BASE_AT, [self.base])
        self.put(A_AT, self.a)
        self.put(B_AT, self.b)
        self.put(OUT_AT, [0] * ITEMS)

    def put(self, address, values, limbs=LIMBS):
        self.memory.map(address, b"".join(v.to_bytes(8 * limbs, "little") for v in values))

    def job(self, operation, **fields):
        values = {"context": 0, "items": ITEMS, "limbs": LIMBS, "source": A_AT, "destination": OUT_AT} | fields
        return self.card.run(Descriptor(operation, **values))

    def load(self, **fields):
        values = {"items": 1, "source": N_AT, "aux": BASE_AT, "exponent_bits": 16, "destination": 0} | fields
        return self.job(d.LOAD_CONTEXT, **values)

    def results(self):
        data = self.memory.read(OUT_AT, ITEMS * 8 * LIMBS)
        return [int.from_bytes(data[8 * LIMBS * i:8 * LIMBS * (i + 1)], "little") for i in range(ITEMS)]

    def status(self, operation, **fields):
        before = self.results()
        completion = self.job(operation, **fields)
        self.assertEqual((completion.items_done, completion.bytes_written), (0, 0))
        self.assertEqual(self.results(), before)
        return completion.status

    def test_operations(self):
        self.assertEqual(self.load().status, d.OK)
        self.assertEqual(self.job(d.MODMUL, aux=B_AT).bytes_written, ITEMS * LIMBS * 8)
        self.assertEqual(self.results(), [x * y % self.n for x, y in zip(self.a, self.b)])
        self.put(0x4000, [65537], 1)
        self.assertEqual(self.job(d.MODEXP, aux=0x4000, exponent_limbs=1).items_done, ITEMS)
        self.assertEqual(self.results(), [pow(x, 65537, self.n) for x in self.a])
        self.put(0x5000, [0, 1, 0xFFFF], 1)
        self.assertEqual(self.job(d.FIXED_BASE, source=0x5000, exponent_limbs=1).status, d.OK)
        self.assertEqual(self.results(), [pow(self.base, e, self.n) for e in (0, 1, 0xFFFF)])
        self.assertEqual(self.job(d.LOAD_VECTOR, destination=0).items_done, ITEMS)
        self.memory.map(0x6000, struct.pack("<6I", 0, 1, 2, 2, 0xFFFFFFFF, 0xFFFFFFFF))
        self.assertEqual(self.job(d.MULTIPLY_ACCUMULATE, source=0x6000, exponent_limbs=1).status, d.OK)
        x, y, z = self.a
        self.assertEqual(self.results(), [x * y % self.n, z * z % self.n, 1])

    def test_refusals(self):
        self.assertEqual(self.status(d.MODMUL, aux=B_AT), d.BAD_CONTEXT)
        self.assertEqual(self.load(exponent_bits=0).status, d.OK)
        for status, operation, fields in (
            (d.BAD_DESCRIPTOR, 0, {}), (d.BAD_DESCRIPTOR, 8, {}), (d.BAD_DESCRIPTOR, d.MODMUL, {"flags": 1}),
            (d.BAD_DESCRIPTOR, d.MODMUL, {"source": A_AT + 4}), (d.BAD_DESCRIPTOR, d.MODMUL, {"reserved": 1}),
            (d.BAD_CONTEXT, d.MODMUL, {"context": 2}), (d.BAD_CONTEXT, d.MODMUL, {"context": 1}),
            (d.BAD_CONTEXT, d.FIXED_BASE, {"exponent_limbs": 1}), (d.BAD_CONTEXT, d.MULTIPLY_ACCUMULATE, {"exponent_limbs": 1}),
            (d.BAD_LENGTH, d.MODMUL, {"items": 0}), (d.BAD_LENGTH, d.MODMUL, {"items": 5}),
            (d.BAD_LENGTH, d.MODMUL, {"limbs": LIMBS - 1}), (d.BAD_LENGTH, d.MODEXP, {"exponent_limbs": 97}),
            (d.BAD_OPERAND, d.LOAD_VECTOR, {"destination": 1}), (d.BAD_LENGTH, d.LOAD_VECTOR, {"destination": 0, "items": 5}),
        ):
            with self.subTest(operation=operation, **fields):
                self.assertEqual(self.status(operation, **({"aux": B_AT} | fields)), status)
        self.put(A_AT, [self.n, 0, 0])
        self.assertEqual(self.status(d.MODMUL, aux=B_AT), d.BAD_OPERAND)
        self.put(N_AT, [self.n & ~1, 1])
        self.assertEqual(self.load().status, d.BAD_OPERAND)
        self.assertEqual(self.status(d.MODMUL, aux=B_AT), d.BAD_CONTEXT, "a refused load leaves no context")

    def test_unmapped_locks(self):
        self.load()
        self.assertEqual(self.status(d.MODMUL, aux=0x90000), d.DMA_FAULT)
        self.assertTrue(self.card.locked and not self.card.contexts)


if __name__ == "__main__":
    unittest.main()
