"""The known answers against Python's own integers, and against the model's sequence of products where that is quick."""

import json
import unittest
from pathlib import Path

from fpga.model.montgomery import ECP5, ULTRASCALE, Modulus
from fpga.model.operations import Operations

VECTORS = Path(__file__).parents[2] / "vectors"
FILES = ("arithmetic", "patterns", "nist", "wycheproof")


def number(text: str) -> int:
    return int(text, 16)


class KnownAnswers(unittest.TestCase):
    def groups(self):
        for name in FILES:
            groups = json.loads((VECTORS / f"{name}.json").read_text())
            self.assertTrue(groups)
            for group in groups:
                with self.subTest(file=name, group=group.get("name") or group.get("source"), bits=group["bits"]):
                    yield group

    def test_integers(self):
        for group in self.groups():
            n, exponent = number(group["modulus"]), number(group["exponent"])
            self.assertLessEqual(n.bit_length(), group["bits"])
            self.assertLessEqual(exponent.bit_length(), group["exponent_bits"])
            for a, b, product in group["modmul"]:
                self.assertEqual(number(a) * number(b) % n, number(product))
            for base, power in group["modexp"]:
                self.assertEqual(pow(number(base), exponent, n), number(power))
            for e, power in group["fixed_base"]:
                self.assertEqual(pow(number(group["base"]), number(e), n), number(power))

    def test_model(self):
        for group in self.groups():
            n, limbs, exponent_limbs = number(group["modulus"]), group["bits"] // 64, group["exponent_bits"] // 64
            for digits in (ULTRASCALE, ECP5):
                operations = Operations(Modulus(n, limbs, digits))
                for a, b, product in group["modmul"]:
                    self.assertEqual(operations.modmul(number(a), number(b)), number(product))
                for base, power in group["modexp"] if limbs * exponent_limbs <= 256 else []:
                    self.assertEqual(operations.modexp(number(base), number(group["exponent"]), exponent_limbs), number(power))


if __name__ == "__main__":
    unittest.main()
