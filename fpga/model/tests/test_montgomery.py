"""The digit-level product against plain integers, over every operand and modulus that has broken Montgomery code before."""

import random
import unittest

from fpga.model.montgomery import ECP5, ULTRASCALE, Modulus, Row, join, split
from fpga.model.tests.patterns import moduli, operands

WIDTHS = (64, 128, 192, 1024, 2048, 3072, 4096, 6144)


class Product(unittest.TestCase):
    def each_modulus(self):
        for digits in (ULTRASCALE, ECP5):
            for bits in WIDTHS:
                rng = random.Random(bits)
                for name, n in moduli(bits, rng):
                    with self.subTest(digits=digits, bits=bits, modulus=name):
                        yield Modulus(n, bits // 64, digits), rng

    def test_digits_against_integers(self):
        for modulus, rng in self.each_modulus():
            values = operands(modulus.n, rng, 2 * modulus.n)
            pairs = [(a, b) for a in values for b in values]
            # Every pair for narrow numbers; of wide ones, each operand once on either side.
            if modulus.limbs > 3:
                pairs = list(zip(values, values[1:] + values[:1]))
                pairs = rng.sample(pairs, 3 if modulus.limbs > 16 else len(pairs)) + [(2 * modulus.n - 1,) * 2]
            inverse = pow(modulus.r, -1, modulus.n)
            for a, b in pairs:
                found = modulus.product(a, b)
                self.assertEqual(found % modulus.n, a * b * inverse % modulus.n, f"a={a:x} b={b:x}")
                self.assertEqual(found, modulus.fast_product(a, b))

    def test_columns_need_their_last_bit(self):
        """The stated width is not generous, or the assertions above could not fail."""
        for digits in (ULTRASCALE, ECP5):
            trace: list[Row] = []
            n = (1 << 1024) - 1
            for a in (n, 2 * n - 1, n - (1 << 500)):
                Modulus(n, 16, digits).product(a, 2 * n - 1, trace)
            widest = max(max(row.columns).bit_length() for row in trace)
            self.assertEqual(widest, digits.column_bits)

    def test_entering_and_leaving(self):
        for modulus, rng in self.each_modulus():
            for a in operands(modulus.n, rng, modulus.n):
                inside = modulus.fast_product(a, modulus.r_squared)
                self.assertEqual(modulus.reduce(modulus.fast_product(inside, 1)), a)

    def test_refuses(self):
        for n, limbs in ((1, 1), (4, 1), (1 << 64 | 1, 1)):
            with self.assertRaises(ValueError):
                Modulus(n, limbs, ULTRASCALE)
        with self.assertRaises(ValueError):
            Modulus(15, 1, ULTRASCALE).product(30, 1)

    def test_split_and_join(self):
        value = random.Random(1).getrandbits(6144)
        self.assertEqual(join(split(value, 26, 237), 26), value)
        with self.assertRaises(ValueError):
            split(1 << 26, 26, 1)


if __name__ == "__main__":
    unittest.main()
