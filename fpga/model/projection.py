"""Products and cycles from widths alone. Cycles count those in which the multipliers have digits; what an engine adds around
them is measured on the RTL (scripts/bench card), not projected here.
"""

from dataclasses import dataclass

from .montgomery import Digits, ceil_div
from .operations import TABLE_WINDOW, WINDOW


@dataclass(frozen=True)
class Engine:
    """`multipliers` of the engine work on `columns` columns a cycle: one for a_i B_j and one for q N_j each, and one for q."""

    digits: Digits
    columns: int

    @property
    def multipliers(self) -> int:
        return 2 * self.columns + 1

    def product_cycles(self, limbs: int) -> int:
        return self.digits.rows(limbs) * ceil_div(self.digits.columns(limbs), self.columns)

    def multiplier_cycles(self, limbs: int) -> int:
        """Multiplier-cycles a product takes; to be held against `multiplier_limit`."""
        return self.multipliers * self.product_cycles(limbs)

    def modexp_cycles(self, limbs: int, exponent_limbs: int) -> int:
        return modexp_products(exponent_limbs) * self.product_cycles(limbs)


def multiplier_limit(bits: int, wa: int = 17, wb: int = 26) -> int:
    """The schoolbook product and the schoolbook reduction, every multiplier always busy."""
    return 2 * ceil_div(bits, wb) * ceil_div(bits, wa)


def modexp_products(exponent_limbs: int) -> int:
    """Entering, 14 powers, 1 in Montgomery form; a product a window and 4 squarings between windows; leaving."""
    windows = 64 * exponent_limbs // WINDOW
    return 1 + ((1 << WINDOW) - 2) + 1 + windows + WINDOW * (windows - 1) + 1


def modmul_products() -> int:
    return 2


def table_products(exponent_bits: int) -> int:
    return 1 + table_rows(exponent_bits) * (1 + (1 << TABLE_WINDOW))


def table_rows(exponent_bits: int) -> int:
    return ceil_div(exponent_bits, TABLE_WINDOW)


def fixed_base_products(exponent_bits: int, exponent_limbs: int) -> int:
    return min(table_rows(exponent_bits), 64 * exponent_limbs // TABLE_WINDOW) + 2


def accumulate_products(indices: int) -> int:
    return indices + 2
