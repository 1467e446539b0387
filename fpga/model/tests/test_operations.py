"""Exponentiation, tables and vectors against pow(), and the numbers of products against the formulas."""

import random
import unittest

from fpga.model.montgomery import ECP5, ULTRASCALE, Modulus
from fpga.model.operations import NO_INDEX, Operations
from fpga.model.projection import (
    Engine, accumulate_products, fixed_base_products, modexp_products, modmul_products, multiplier_limit, table_products,
)
from fpga.model.tests.patterns import moduli, operands


class Values(unittest.TestCase):
    def setups(self, widths, exact=False):
        for digits in (ULTRASCALE, ECP5):
            for bits in widths:
                rng = random.Random(bits + 1)
                for name, n in moduli(bits, rng):
                    with self.subTest(digits=digits, bits=bits, modulus=name):
                        yield Operations(Modulus(n, bits // 64, digits), exact), n, rng

    def counted(self, operations, products, call):
        before = operations.products
        result = call()
        self.assertEqual(operations.products - before, products)
        return result

    def test_modexp(self):
        for operations, n, rng in self.setups((64, 192, 2048)):
            for base in operands(n, rng, n)[::3]:
                for exponent in (0, 1, (1 << 64) - 1, 1 << 63, rng.getrandbits(64) | 1):
                    found = self.counted(operations, modexp_products(1), lambda: operations.modexp(base, exponent, 1))
                    self.assertEqual(found, pow(base, exponent, n))

    def test_modexp_digit_by_digit(self):
        for operations, n, rng in self.setups((64, 128), exact=True):
            base, exponent = rng.randrange(n), rng.getrandbits(64)
            self.assertEqual(operations.modexp(base, exponent, 1), pow(base, exponent, n))

    def test_full_exponents(self):
        for bits in (1024, 3072):
            rng = random.Random(bits)
            n = rng.getrandbits(bits) | 1
            operations = Operations(Modulus(n, bits // 64, ULTRASCALE))
            base, exponent = rng.randrange(n), rng.getrandbits(bits)
            found = self.counted(operations, modexp_products(bits // 64), lambda: operations.modexp(base, exponent, bits // 64))
            self.assertEqual(found, pow(base, exponent, n))

    def test_modmul(self):
        for operations, n, rng in self.setups((64, 1024, 6144)):
            values = operands(n, rng, n)
            for a, b in zip(values, reversed(values)):
                self.assertEqual(self.counted(operations, modmul_products(), lambda: operations.modmul(a, b)), a * b % n)

    def test_fixed_base(self):
        for operations, n, rng in self.setups((64, 1024)):
            base, bits = rng.randrange(n), 20
            table = self.counted(operations, table_products(bits), lambda: operations.table(base, bits))
            self.assertEqual([len(row) for row in table], [256] * 3)
            for exponent in (0, 1, (1 << bits) - 1, 1 << bits - 1, rng.getrandbits(bits)):
                products = fixed_base_products(bits, 1)
                found = self.counted(operations, products, lambda: operations.fixed_base(table, exponent, 1))
                self.assertEqual(found, pow(base, exponent, n))

    def test_accumulate(self):
        for operations, n, rng in self.setups((64, 2048)):
            values = operands(n, rng, n)
            vector = [operations.enter(v) for v in values]
            indices = [rng.randrange(len(vector)) for _ in range(7)] + [NO_INDEX]
            expected = 1 % n
            for index in indices[:-1]:
                expected = expected * values[index] % n
            found = self.counted(operations, accumulate_products(8), lambda: operations.accumulate(vector, indices))
            self.assertEqual(found, expected)


class Projection(unittest.TestCase):
    def test_multiplier_cycles_are_near_the_limit(self):
        engine = Engine(ULTRASCALE, 16)
        for bits in (2048, 4096):
            self.assertLess(engine.multiplier_cycles(bits // 64), 1.15 * multiplier_limit(bits))
        self.assertEqual((multiplier_limit(2048), multiplier_limit(4096)), (19118, 76156))


if __name__ == "__main__":
    unittest.main()
