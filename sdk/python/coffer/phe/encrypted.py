"""Encrypted numbers and their operators."""

from __future__ import annotations

import operator
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from coffer import _integers
from coffer._numbers import exact
from coffer.errors import RangeError
from coffer.phe import bounds
from coffer.phe.encoding import EXPONENT_MAX, EncodedNumber, Scalar, of_base, power

if TYPE_CHECKING:
    from coffer.phe.paillier import PaillierPublicKey


class EncryptedNumber:
    """A ciphertext with its exponent: adds to numbers of every kind, multiplies and divides by plain ones.

    Results of operations are not obfuscated: they tell whoever knows the operands what was done to them. `ciphertext()`
    obfuscates before it lets one out. `public_key` and `exponent` are attributes.

    What is encrypted here has a bound on its magnitude, and an operation whose result may not fit raises BoundError. Of
    a ciphertext from outside it is not known, unless `bound` says so: then decryption warns. What is no ciphertext is
    refused with CiphertextError.
    """

    def __init__(
        self, public_key: PaillierPublicKey, ciphertext: int, exponent: int = 0, *, bound: Scalar | None = None
    ) -> None:
        if not hasattr(public_key, "raw_encrypt"):
            raise TypeError("public_key should be a PaillierPublicKey")
        if isinstance(ciphertext, EncryptedNumber):
            raise TypeError("ciphertext should be an integer")
        self.public_key = public_key
        # A number of numpy's would wrap where these grow.
        self.exponent = operator.index(exponent)
        self.__ciphertext = operator.index(ciphertext)
        self.__is_obfuscated = False
        # To which base it was encoded; None: as whoever decodes it says, 16 unless they do.
        self._base: int | None = None
        self._bound: int | None = None
        bounds.check_ciphertext(public_key, self.__ciphertext)
        if bound is not None:
            self._bound = self._significand(bound)

    @classmethod
    def _made(
        cls, public_key: PaillierPublicKey, ciphertext: int, exponent: int, base: int | None, bound: int | None
    ) -> EncryptedNumber:
        """What was computed here."""
        number = cls.__new__(cls)
        number.public_key = public_key
        number.exponent = exponent
        number.__ciphertext = ciphertext
        number.__is_obfuscated = False
        number._base = base
        number._bound = bounds.checked(bound, public_key)
        return number

    def _marked(self) -> EncryptedNumber:
        """As obfuscated."""
        self.__is_obfuscated = True
        return self

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_bound": bounds.rounded(self._bound, self.public_key)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        bounds.check_ciphertext(self.public_key, self.__ciphertext)

    @property
    def bound(self) -> int | None:
        """The largest magnitude that the significand, the number without its exponent, may have; None: not known."""
        return self._bound

    def bounded(self, magnitude: Scalar) -> EncryptedNumber:
        """The same number, of which it is known that it is not over `magnitude`: a wrong claim is a wrong result."""
        made = self._made(self.public_key, self.__ciphertext, self.exponent, self._base, self._significand(magnitude))
        return made._marked() if self.__is_obfuscated else made

    # --- operators --------------------------------------------------------------------------------------------------

    def __add__(self, other: Scalar | EncodedNumber | EncryptedNumber) -> EncryptedNumber:
        if isinstance(other, EncryptedNumber):
            return self._add_encrypted(other)
        if isinstance(other, EncodedNumber):
            return self._add_encoded(other)
        return self._add_scalar(other)

    def __radd__(self, other: Scalar | EncodedNumber) -> EncryptedNumber:
        return self.__add__(other)

    def __mul__(self, other: Scalar | EncodedNumber) -> EncryptedNumber:
        if isinstance(other, EncryptedNumber):
            raise NotImplementedError("two encrypted numbers cannot be multiplied under Paillier")
        encoding = other if isinstance(other, EncodedNumber) else self._encoding.encode(self.public_key, other)
        if encoding.public_key.n != self.public_key.n:
            raise ValueError("Attempted to multiply by a number encoded against a different public key!")
        base = common_base(base_of(self), base_of(encoding)) or self._base
        product = self._raw_mul(encoding.encoding)
        bound = None if self._bound is None else self._bound * abs(encoding.significand)
        return self._made(self.public_key, product, self.exponent + encoding.exponent, base, bound)

    def __rmul__(self, other: Scalar | EncodedNumber) -> EncryptedNumber:
        return self.__mul__(other)

    def __sub__(self, other: Any) -> EncryptedNumber:
        if isinstance(other, (EncryptedNumber, EncodedNumber)):
            return self.__add__(other * -1)  # type: ignore[operator]
        # An unsigned number of numpy's has no negative in its own type.
        return self.__add__(-exact(other))

    def __rsub__(self, other: Any) -> EncryptedNumber:
        return (self * -1).__add__(other)

    def __truediv__(self, scalar: Any) -> EncryptedNumber:
        """Times the reciprocal: exactly where it has an end, else the nearest float to it."""
        if isinstance(scalar, (EncryptedNumber, EncodedNumber)):
            raise TypeError("division by an encrypted or encoded number needs another scheme than Paillier")
        divisor = exact(scalar)
        reciprocal = 1 / divisor
        if isinstance(reciprocal, Fraction) and not reciprocal.denominator & (reciprocal.denominator - 1):
            return self.__mul__(reciprocal)
        nearest = float(reciprocal)
        if abs(nearest) < sys.float_info.min:
            raise RangeError("a divisor whose reciprocal is no float: divide by smaller numbers in turn")
        return self.__mul__(nearest)

    # --- ciphertexts ------------------------------------------------------------------------------------------------

    def ciphertext(self, be_secure: bool = True) -> int:
        """The ciphertext; obfuscated, if it is not yet, unless `be_secure` is False."""
        if be_secure and not self.__is_obfuscated:
            self.obfuscate()
        return self.__ciphertext

    def decrease_exponent_to(self, new_exp: int) -> EncryptedNumber:
        """The same number with a lower exponent. Raises ValueError if it is higher."""
        lower = operator.index(new_exp)
        if lower > self.exponent:
            raise ValueError(f"New exponent {new_exp} should be more negative than old exponent {self.exponent}")
        scaled = self * power(self.public_key, self._encoding.BASE, self.exponent - lower)
        scaled.exponent = lower
        return scaled

    def obfuscate(self) -> None:
        """Makes the ciphertext unlinkable to what it was computed from."""
        key = self.public_key
        self.__ciphertext = key._one(key.native.obfuscate(key._wide(self.__ciphertext)))
        self.__is_obfuscated = True

    # --- inside -----------------------------------------------------------------------------------------------------

    @property
    def _encoding(self) -> type[EncodedNumber]:
        return of_base(self._base or EncodedNumber.BASE)

    def _significand(self, magnitude: Scalar) -> int:
        """The largest significand of numbers up to this."""
        # Beyond, nothing is decoded.
        exponent = min(max(self.exponent, -EXPONENT_MAX), EXPONENT_MAX)
        scaled = abs(Fraction(exact(magnitude))) / Fraction(self._encoding.BASE) ** exponent
        return -(-scaled.numerator // scaled.denominator)

    def _add_scalar(self, scalar: Scalar) -> EncryptedNumber:
        return self._add_encoded(self._encoding.encode(self.public_key, scalar, max_exponent=self.exponent))

    def _add_encoded(self, encoded: EncodedNumber) -> EncryptedNumber:
        key = self.public_key
        if key.n != encoded.public_key.n:
            raise ValueError("Attempted to add numbers encoded against different public keys!")
        base = common_base(base_of(self), base_of(encoded)) or encoded.BASE
        embedded = key.raw_encrypt(encoded.encoding, 1)
        return self._sum(self._made(key, embedded, encoded.exponent, base, abs(encoded.significand)), base)

    def _add_encrypted(self, other: EncryptedNumber) -> EncryptedNumber:
        if self.public_key != other.public_key:
            raise ValueError("Attempted to add numbers encrypted against different public keys!")
        return self._sum(other, common_base(base_of(self), base_of(other)) or self._base or other._base)

    def _sum(self, other: EncryptedNumber, base: int | None) -> EncryptedNumber:
        a, b = self._to_base(base), other._to_base(base)
        if a.exponent > b.exponent:
            a = a.decrease_exponent_to(b.exponent)
        elif a.exponent < b.exponent:
            b = b.decrease_exponent_to(a.exponent)
        bound = None if a._bound is None or b._bound is None else a._bound + b._bound
        total = self._raw_add(a.__ciphertext, b.__ciphertext)
        return self._made(self.public_key, total, a.exponent, base, bound)

    def _to_base(self, base: int | None) -> EncryptedNumber:
        """As a number to this base, if it is to none yet or is the same to every one."""
        if self._base == base:
            return self
        return self._made(self.public_key, self.__ciphertext, self.exponent, base, self._bound)

    def _raw_add(self, e_a: int, e_b: int) -> int:
        return e_a * e_b % self.public_key.nsquare

    def _raw_mul(self, plaintext: int) -> int:
        key = self.public_key
        if not isinstance(plaintext, int):
            raise TypeError(f"Expected ciphertext to be int, not {type(plaintext)}")
        if not 0 <= plaintext < key.n:
            raise ValueError("Scalar out of bounds")
        # A negative factor is a short power of the inverse, not a long power.
        factor = plaintext - key.n if plaintext >= key.n - key.max_int else plaintext
        a, word = key._wide(self.__ciphertext), _integers.words([factor])
        if word is not None:
            return key._one(key.native.multiply(a, word))
        return key._one(key.native.multiply_wide(a, *_integers.signed_to_bytes([factor])))


def base_of(number: EncryptedNumber | EncodedNumber) -> int | None:
    """To which base it is encoded; None: not known, or the same to every base, as with the exponent 0."""
    if not number.exponent:
        return None
    return number._base if isinstance(number, EncryptedNumber) else number.BASE


def common_base(a: int | None, b: int | None) -> int | None:
    """To which two numbers are encoded. Raises ValueError if these are two."""
    if a is not None and b is not None and a != b:
        raise ValueError(f"numbers encoded to the bases {a} and {b}: encode both to one")
    return b if a is None else a
