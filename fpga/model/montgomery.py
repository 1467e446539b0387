"""One Montgomery product as the engine computes it: digit by digit, its columns in redundant form.

The multiplicand B and the modulus N are cut into columns of WB bits, the multiplier A into digits of WA bits. The engine goes
through the digits of A, one a row, and keeps the running value V as columns V_j of weight 2^(WB j). Carries are never
propagated: a column of V is WA + WB + 1 bits wide (the sum U on the way one more), and the shift by WA bits at each row takes
the excess down with it.
"""

from dataclasses import dataclass


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


@dataclass(frozen=True)
class Digits:
    """Sizes of the engine's digit multipliers: `wa` bits by `wb` bits, wa <= wb."""

    wa: int
    wb: int

    def __post_init__(self):
        if not 2 <= self.wa <= self.wb:
            raise ValueError(f"digits of {self.wa} and {self.wb} bits")

    @property
    def column_bits(self) -> int:
        """Bits of a column's register; `product` asserts that they suffice."""
        return self.wa + self.wb + 1

    def rows(self, limbs: int) -> int:
        """Digits of the multiplier, and a last one of zero, which only reduces."""
        return ceil_div(64 * limbs + 2, self.wa) + 1

    def columns(self, limbs: int) -> int:
        """Columns of a value below 2N."""
        return ceil_div(64 * limbs + 1, self.wb)

    def r(self, limbs: int) -> int:
        """The Montgomery radix: at least 4N, so that values below 2N stay below 2N without a subtraction."""
        return 1 << self.wa * (self.rows(limbs) - 1)


ULTRASCALE = Digits(17, 26)  # DSP48E2: 27 x 18 signed
ECP5 = Digits(18, 18)  # MULT18X18D, unsigned


@dataclass(frozen=True)
class Row:
    """What one row did, for the worked example and for comparing with the RTL."""

    digit: int
    q: int
    columns: tuple[int, ...]


def split(value: int, bits: int, count: int) -> list[int]:
    if value >> bits * count:
        raise ValueError(f"{value.bit_length()} bits do not fit {count} digits of {bits}")
    return [value >> bits * i & (1 << bits) - 1 for i in range(count)]


def join(columns: list[int], bits: int) -> int:
    """The value of columns, redundant or not."""
    return sum(column << bits * j for j, column in enumerate(columns))


class Modulus:
    """An odd modulus N of `limbs` 64-bit limbs, N > 1."""

    def __init__(self, n: int, limbs: int, digits: Digits):
        if n < 3 or not n & 1 or n >> 64 * limbs:
            raise ValueError(f"modulus of {n.bit_length()} bits for {limbs} limbs must be odd and above 1")
        self.n, self.limbs, self.digits = n, limbs, digits
        self.rows, self.columns, self.r = digits.rows(limbs), digits.columns(limbs), digits.r(limbs)
        self.r_squared = self.r * self.r % n
        # What the engine multiplies the lowest digit by, to find the multiple of N that clears it.
        self.negative_inverse = -pow(n, -1, 1 << digits.wa) % (1 << digits.wa)
        self.whole_negative_inverse = -pow(n, -1, self.r) % self.r

    def product(self, a: int, b: int, trace: list[Row] | None = None) -> int:
        """A B R^-1 modulo N, below 2N, for A and B below 2N."""
        wa, wb = self.digits.wa, self.digits.wb
        if not (0 <= a < 2 * self.n and 0 <= b < 2 * self.n):
            raise ValueError("an operand is not below 2N")
        low, limit = (1 << wa) - 1, 1 << self.digits.column_bits
        a_digits = split(a, wa, self.rows)
        b_columns, n_columns = split(b, wb, self.columns), split(self.n, wb, self.columns)
        v = [0] * self.columns
        for digit in a_digits:
            q = (v[0] & low) * self.negative_inverse & low
            u = [v_j + q * n_j for v_j, n_j in zip(v, n_columns)]
            assert u[0] & low == 0
            above = u[1:] + [0]
            v = [
                (u_j >> wa) + ((u_above & low) << wb - wa) + digit * b_j
                for u_j, u_above, b_j in zip(u, above, b_columns)
            ]
            assert max(u) < 2 * limit and max(v) < limit, "a column overflows its register"
            if trace is not None:
                trace.append(Row(digit, q, tuple(v)))
        result = join(v, wb)
        assert result < 2 * self.n
        return result

    def fast_product(self, a: int, b: int) -> int:
        """The same number as `product`, in whole integers: (A B + Q N) / R with the Q below R that makes it whole."""
        t = a * b
        q = t * self.whole_negative_inverse % self.r
        return (t + q * self.n) // self.r

    def reduce(self, value: int) -> int:
        """What leaves the engine is below N: one subtraction, done or not in the same time."""
        return value - self.n if value >= self.n else value
