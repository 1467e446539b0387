"""What an engine computes with Montgomery products, in the order in which it does.

Constant time: the sequence of products depends on widths and numbers of items, never on values. Where a value would allow to
leave a product out (a window of zero, the factor 1) the engine multiplies by 1 in Montgomery form.
"""

from .montgomery import Modulus, ceil_div

WINDOW = 4  # bits of exponent a step of Modexp
TABLE_WINDOW = 8  # bits of exponent a row of a fixed-base table serves
NO_INDEX = 0xFFFFFFFF  # in an index list: the factor 1


class Operations:
    """Counts its products. `exact` computes each digit by digit (slow); otherwise in whole integers, with the same values."""

    def __init__(self, modulus: Modulus, exact: bool = False):
        self.modulus = modulus
        self.products = 0
        self._product = modulus.product if exact else modulus.fast_product

    def product(self, a: int, b: int) -> int:
        self.products += 1
        return self._product(a, b)

    def enter(self, a: int) -> int:
        return self.product(a, self.modulus.r_squared)

    def leave(self, a: int) -> int:
        """Multiplying by 1 takes the Montgomery form away and leaves at most N."""
        return self.modulus.reduce(self.product(a, 1))

    def modexp(self, base: int, exponent: int, exponent_limbs: int) -> int:
        x = self.enter(base)
        powers = [0, x]
        while len(powers) < 1 << WINDOW:
            powers.append(self.product(powers[-1], x))
        y = powers[0] = self.enter(1)
        for step, window in enumerate(reversed(windows_of(exponent, WINDOW, 64 * exponent_limbs // WINDOW))):
            for _ in range(WINDOW if step else 0):
                y = self.product(y, y)
            y = self.product(y, powers[window])
        return self.leave(y)

    def modmul(self, a: int, b: int) -> int:
        """Two products: the factor R of entering and the R^-1 of the product cancel."""
        return self.modulus.reduce(self.product(self.enter(a), b))

    def table(self, base: int, exponent_bits: int) -> list[list[int]]:
        """Row j holds base^(256^j k) for k = 0..255."""
        rows, x = [], self.enter(base)
        for _ in range(ceil_div(exponent_bits, TABLE_WINDOW)):
            row = [self.enter(1)]
            while len(row) <= 1 << TABLE_WINDOW:
                row.append(self.product(row[-1], x))
            x = row.pop()
            rows.append(row)
        return rows

    def fixed_base(self, table: list[list[int]], exponent: int, exponent_limbs: int) -> int:
        """One product a row, by the row's entry for a byte of the exponent; no more rows than the exponent's words have bytes."""
        rows = table[:64 * exponent_limbs // TABLE_WINDOW]
        y = self.enter(1)
        for row, window in zip(rows, windows_of(exponent, TABLE_WINDOW, len(rows))):
            y = self.product(y, row[window])
        return self.leave(y)

    def accumulate(self, vector: list[int], indices: list[int]) -> int:
        """The product of the resident vector's items (in Montgomery form) at the indices."""
        one = y = self.enter(1)
        for index in indices:
            y = self.product(y, one if index == NO_INDEX else vector[index])
        return self.leave(y)


def windows_of(value: int, bits: int, count: int) -> list[int]:
    if value >> bits * count:
        raise ValueError(f"{value.bit_length()} bits do not fit {count} windows of {bits}")
    return [value >> bits * i & (1 << bits) - 1 for i in range(count)]
