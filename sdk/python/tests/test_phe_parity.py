"""coffer.phe against python-phe itself: the same statements on both, the same outcome."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any

import gmpy2
import numpy as np
import phe as python_phe
import pytest

import coffer.phe


class Side:
    """One implementation, with the key that both share. Numbers it encrypts have a chosen r, so that they are equal."""

    def __init__(self, module: ModuleType, public: Any, private: Any, other: Any) -> None:
        self.module, self.public, self.private, self.other = module, public, private, other
        self.made: dict[tuple[str, Any], Any] = {}

    def encrypt(self, value: Any, precision: Any = None) -> Any:
        """A copy of one made once: r^n is what costs."""
        name = repr(value), precision
        if name not in self.made:
            self.made[name] = self.public.encrypt(value, precision=precision, r_value=12345)
        return copy.copy(self.made[name])

    def encode(self, value: Any, **options: Any) -> Any:
        return self.module.EncodedNumber.encode(self.public, value, **options)


@pytest.fixture(scope="module")
def sides(ours: Any, theirs: Any, other_key: Any) -> tuple[Side, Side]:
    their_other = python_phe.PaillierPublicKey(other_key[0].n)
    return Side(coffer.phe, *ours, other_key[0]), Side(python_phe, *theirs, their_other)


def outcome(side: Side, statement: str, names: dict[str, Any]) -> Any:
    """What an expression gives, in a form that compares across the implementations; or the kind of its error."""
    try:
        value = eval(statement, {"np": np, "pickle": pickle, "copy": copy, "s": side, **vars(side), **names})
    except Exception as error:
        kinds = (TypeError, ValueError, OverflowError, KeyError, ZeroDivisionError, NotImplementedError)
        return next((kind for kind in kinds if isinstance(error, kind)), type(error))
    return comparable(value)


def comparable(value: Any) -> Any:
    name = type(value).__name__
    if name == "EncryptedNumber":
        return name, value.ciphertext(be_secure=False), value.exponent, value._EncryptedNumber__is_obfuscated
    if name == "EncodedNumber":
        return name, value.encoding, value.exponent
    if isinstance(value, np.ndarray):
        return [comparable(v) for v in value.tolist()]
    if isinstance(value, (tuple, list)):
        return [comparable(v) for v in value]
    return type(value).__name__, value


VALUES: list[Any] = [
    0,
    1,
    -1,
    True,
    7,
    -12345678901234567890,
    0.0,
    -0.0,
    0.5,
    -0.25,
    0.1,
    -3.14159,
    1e10,
    1e300,
    -1e-300,
    5e-324,
    1.7976931348623157e308,
    2.0**-1074,
    np.float64(0.3),
    10**100,
]
NOT_VALUES: list[Any] = [
    "1",
    None,
    1j,
    [1],
    float("nan"),
    float("inf"),
    -float("inf"),
]


def same(sides: tuple[Side, Side], statement: str, **names: Any) -> Any:
    ours, theirs = (outcome(side, statement, names) for side in sides)
    assert ours == theirs, (statement, names)
    return ours


def same_or_refused(sides: tuple[Side, Side], statement: str, **names: Any) -> Any:
    """Where python-phe lets a number run over, which nobody sees, this is an error here: the first difference."""
    ours, theirs = (outcome(side, statement, names) for side in sides)
    assert ours in (theirs, OverflowError), (statement, names)
    return ours


# The others: what python-phe refuses as "Don't know the precision of type", or takes in one order alone, is a number of
# the same value here.
NUMBERS: list[tuple[Any, int | float]] = [
    (Decimal("1.5"), 1.5),
    (Fraction(1, 2), 0.5),
    (np.int64(5), 5),
    (np.uint8(200), 200),
    (np.float32(0.5), 0.5),
    (np.float16(-1.25), -1.25),
    (np.longdouble(0.1), float(np.longdouble(0.1))),
    (np.bool_(True), 1),
    (np.array(3), 3),
    (gmpy2.mpz(-7), -7),
    (gmpy2.mpfr("0.25"), 0.25),
    (gmpy2.mpq(3, 4), 0.75),
]


@pytest.mark.parametrize("pair", NUMBERS, ids=repr)
def test_numbers_of_other_libraries_are_taken_in_either_order(sides: tuple[Side, Side], pair: Any) -> None:
    side, (number, value) = sides[0], pair
    private, a = side.private, side.encrypt(3)
    for found, wanted in (
        (side.public.encrypt(number), value),
        (a + number, 3 + value),
        (number + a, 3 + value),
        (a - number, 3 - value),
        (number - a, value - 3),
        (a * number, 3 * value),
        (number * a, 3 * value),
        (a / number, 3 / value),
    ):
        got = private.decrypt(found.item() if isinstance(found, np.ndarray) else found)
        assert got == pytest.approx(wanted, rel=1e-15), (number, wanted)


@pytest.mark.parametrize("value", VALUES + NOT_VALUES, ids=repr)
def test_values_are_encoded_alike(sides: tuple[Side, Side], value: Any) -> None:
    same(sides, "s.encode(v)", v=value)
    same(sides, "s.encode(v).decode()", v=value)
    for precision in (1, 0.1, 1e-3, 1e3, 2.0**-20, 0.0, -1.0, 1e-300, Decimal("0.1"), "x"):
        same(sides, "s.encode(v, precision=p)", v=value, p=precision)
    for exponent in (0, 3, -3, -20, -400):
        same(sides, "s.encode(v, max_exponent=e)", v=value, e=exponent)
        same_or_refused(sides, "s.encode(v).decrease_exponent_to(e)", v=value, e=exponent)


def test_residues_are_decoded_alike(sides: tuple[Side, Side]) -> None:
    edges = (
        [0, 5, -1, 1 << 200]
        + [f"public.n - {k}" for k in (0, 1, 5)]
        + [f"{s} + {k}" for s in ("public.max_int", "public.n - public.max_int", "public.n // 2") for k in (-1, 0, 1)]
    )
    for edge in edges:
        for exponent in (0, 1, 300, -1, -10, -300, -600):
            same(sides, f"module.EncodedNumber(public, {edge}, {exponent}).decode()")


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_ciphertexts_are_the_same_numbers(sides: tuple[Side, Side], value: Any) -> None:
    same(sides, "s.encrypt(v)", v=value)
    same(sides, "s.encrypt(v, precision=1e-3)", v=value)
    same(sides, "private.decrypt(s.encrypt(v))", v=value)
    # Whatever obfuscates gives different ciphertexts; the plaintexts and the state agree.
    same(sides, "private.decrypt(public.encrypt(v))", v=value)
    same(sides, "public.encrypt(v)._EncryptedNumber__is_obfuscated", v=value)


OPERATIONS = [
    "a + b",
    "a - b",
    "b - a",
    "a + 1",
    "1 + a",
    "a - 1",
    "1 - a",
    "a + 0.5",
    "0.5 - b",
    "a + 0",
    "a * 2",
    "-2 * a",
    "a * 0",
    "a * 1",
    "a * 2.5",
    "-0.1 * b",
    "a * (1 << 80)",
    "a * -(1 << 80)",
    "a * 1e-300",
    "a / 2",
    "a / 3.0",
    "a / 0",
    "a / b",
    "a * b",
    "a // 2",
    "a ** 2",
    "-a",
    "+a",
    "abs(a)",
    "float(a)",
    "a < b",
    "a == b",
    "bool(a)",
    "sum([a, b, a])",
    "a + 'x'",
    "a * 'x'",
    "a + None",
    "a * None",
    "np.float64(2.0) * a",
    "a * np.float64(2.0)",
    "np.array([1.0, 2.0]) * a",
    "np.array([1.0, 2.0]) @ np.array([a, b])",
    "np.mean([a, b])",
    "a * np.array([1.0])",
    "a + s.encode(3)",
    "a + s.encode(0.3)",
    "a * s.encode(3.5)",
    "b * s.encode(-7)",
    "s.encode(3) + a",
    "a - s.encode(3)",
    "a + other.encrypt(1, r_value=1)",
    "a + module.EncodedNumber.encode(other, 3)",
    "a.decrease_exponent_to(-3)",
    "a.decrease_exponent_to(0)",
    "b.decrease_exponent_to(5)",
    "a.decrease_exponent_to(-40)",
    "a + public.max_int",
    "a * public.max_int",
    "a * (public.max_int + 1)",
    "a + (public.max_int + 1)",
    "pickle.loads(pickle.dumps(a))",
    "copy.deepcopy(a)",
    "copy.copy(a)",
]


@pytest.mark.parametrize("statement", OPERATIONS)
def test_operators(sides: tuple[Side, Side], statement: str) -> None:
    for values in ((5, 2.5), (-3, 0.1), (0, -1e-5), (1 << 60, 3)):
        names = f"(lambda a, b: {statement})(s.encrypt({values[0]!r}), s.encrypt({values[1]!r}))"
        result = same_or_refused(sides, names) if "max_int" in statement else same(sides, names)
        if isinstance(result, tuple) and result[0] == "EncryptedNumber":
            same(sides, f"private.decrypt({names})")


STATEMENTS = [
    # Which numbers count as obfuscated, and what obfuscating does.
    "(public.encrypt(1) + 1)._EncryptedNumber__is_obfuscated",
    "public.encrypt(1, r_value=0)",
    "public.encrypt(1, r_value=1)",
    "public.encrypt(1, r_value=public.n + 7)",
    "public.encrypt(1, r_value=-1)",
    "public.encrypt(1, r_value=1.5)",
    "public.encrypt(1, None, 99)",
    "(lambda a: (a.ciphertext(be_secure=False) == a.ciphertext(), a._EncryptedNumber__is_obfuscated))(s.encrypt(3))",
    "(lambda a: (a.ciphertext() == a.ciphertext(), private.decrypt(a)))(s.encrypt(3))",
    "(lambda a: (a.obfuscate(), a._EncryptedNumber__is_obfuscated, private.decrypt(a)))(s.encrypt(3))",
    "(lambda a: (a.ciphertext() == a.ciphertext(False), a._EncryptedNumber__is_obfuscated))(public.encrypt(3))",
    "module.EncryptedNumber(public, 77)",
    "module.EncryptedNumber(public, 77, 3)",
    "module.EncryptedNumber(5, 77)",
    # Raw.
    "public.raw_encrypt(5, 1)",
    "public.raw_encrypt(-5, 1)",
    "public.raw_encrypt(public.n + 5, 1)",
    "public.raw_encrypt(True, 1)",
    "public.raw_encrypt(5, 3)",
    "public.raw_encrypt('5')",
    "public.raw_encrypt(5.0)",
    "public.raw_encrypt(np.int64(5))",
    "private.raw_decrypt(public.raw_encrypt(public.n - 1))",
    "private.raw_decrypt(public.raw_encrypt(0))",
    "private.raw_decrypt('5')",
    "private.raw_decrypt(5.0)",
    "private.raw_decrypt(public.raw_encrypt(9, 1) + public.nsquare)",
    "0 < public.get_random_lt_n() < public.n",
    # Decrypting.
    "private.decrypt(5)",
    "private.decrypt(other.encrypt(1, r_value=1))",
    "private.decrypt_encoded(s.encrypt(-2.5))",
    "private.decrypt_encoded(5)",
    "private.decrypt(s.encrypt(public.max_int) + s.encrypt(public.max_int))",
    "private.decrypt(s.encrypt(-public.max_int) - s.encrypt(public.max_int))",
    "private.decrypt(s.encrypt(public.max_int))",
    "private.decrypt(s.encrypt(-public.max_int))",
    "s.encrypt(public.max_int + 1)",
    "s.encrypt(-public.max_int - 1)",
    "private.decrypt(public.encrypt(module.EncodedNumber.encode(public, 4.5)))",
    # Keys.
    "(public.g, public.n, public.nsquare, public.max_int)",
    "repr(public)",
    "repr(private)",
    "hash(public)",
    "hash(private)",
    "public == module.PaillierPublicKey(public.n)",
    "public == other",
    "public != other",
    "private == module.PaillierPrivateKey(public, private.q, private.p)",
    "[getattr(private, k) for k in ('p', 'q', 'psquare', 'qsquare', 'p_inverse', 'hp', 'hq')]",
    "module.PaillierPrivateKey(public, 3, 5)",
    "module.PaillierPrivateKey(module.PaillierPublicKey(private.p ** 2), private.p, private.p)",
    "module.PaillierPrivateKey.from_totient(public, (private.p - 1) * (private.q - 1)) == private",
    "pickle.loads(pickle.dumps(public)) == public",
    "pickle.loads(pickle.dumps(private)) == private",
    "private.crt(3, 4)",
    "private.l_function(1 + 5 * private.p, private.p)",
    "private.h_function(private.p, private.psquare)",
    # Keyrings.
    "len(module.PaillierPrivateKeyring())",
    "module.PaillierPrivateKeyring([private])[public] is private",
    "module.PaillierPrivateKeyring([private])[other]",
    "module.PaillierPrivateKeyring([private]).decrypt(s.encrypt(4))",
    "module.PaillierPrivateKeyring([private]).decrypt(other.encrypt(4, r_value=1))",
    "module.PaillierPrivateKeyring().add(5)",
    "list(module.PaillierPrivateKeyring([private])) == [public]",
    "public in module.PaillierPrivateKeyring([private])",
    "(lambda k: (k.add(private), len(k), k.__delitem__(public), len(k)))(module.PaillierPrivateKeyring())",
    "module.PaillierPrivateKeyring([private]) == module.PaillierPrivateKeyring([private])",
    "hash(module.PaillierPrivateKeyring())",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements(sides: tuple[Side, Side], statement: str) -> None:
    same(sides, statement)


def test_the_public_names_and_arguments_are_all_there() -> None:
    import inspect

    for name in (
        "PaillierPublicKey",
        "PaillierPrivateKey",
        "PaillierPrivateKeyring",
        "EncryptedNumber",
        "EncodedNumber",
    ):
        theirs, ours = getattr(python_phe, name), getattr(coffer.phe, name)
        for member in vars(theirs):
            if member.startswith("__") and member != "__init__":
                continue
            assert hasattr(ours, member), (name, member)
            if inspect.isfunction(getattr(theirs, member)):
                wanted = inspect.signature(getattr(theirs, member)).parameters
                found = inspect.signature(getattr(ours, member)).parameters
                positional = [p for p in found.values() if p.kind is not p.KEYWORD_ONLY]
                assert [(p.name, p.default) for p in wanted.values()] == [(p.name, p.default) for p in positional]
    wanted = inspect.signature(python_phe.generate_paillier_keypair).parameters
    found = inspect.signature(coffer.phe.generate_paillier_keypair).parameters
    assert [(p.name, p.default) for p in wanted.values()] == [(p.name, p.default) for p in list(found.values())[:2]]
