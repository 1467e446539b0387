"""coffer.phe: no wrong number without an error."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import gmpy2
import numpy as np
import pandas as pd
import phe as python_phe
import pytest

import coffer.phe as phe
from coffer.errors import BoundError, CiphertextError, DecryptionRangeError, InvalidKeyError, UnknownBoundWarning
from coffer.phe import batch, util
from coffer.phe.command_line import cli


class Decimals(phe.EncodedNumber):
    BASE = 10
    LOG2_BASE = 3.321928094887362


def test_a_hundred_products_with_a_fraction_are_right_or_refused(ours: Any) -> None:
    public, private = ours
    number, plain, batched = public.encrypt(1.0), 1.0, batch.encrypt(public, [1.0])
    with pytest.raises(BoundError, match="Rescale"):
        for _ in range(100):
            number, plain = number * 0.3, plain * 0.3
            assert private.decrypt(number) == pytest.approx(plain, rel=1e-12)
    with pytest.raises(BoundError, match="Rescale"):
        for _ in range(100):
            batched = batch.multiply(batched, [0.3])
    again = public.encrypt(private.decrypt(number * 1)) * 0.3
    assert private.decrypt(again) == pytest.approx(plain * 0.3, rel=1e-12)


def test_sums_and_dots_that_may_overflow_are_refused_before_they_are_computed(ours: Any) -> None:
    public, private = ours
    large = [public.encrypt(public.max_int)] * 2
    for statement in (
        lambda: batch.sum([*large, *large]),
        lambda: batch.dot(large, [1, 2]),
        lambda: batch.multiply(large, [1, 3]),
        lambda: batch.add(batch.add(large, large), large),
        lambda: large[0] * 3,
        lambda: large[0] + large[0] + large[0],
    ):
        with pytest.raises(BoundError):
            statement()
    assert private.decrypt(large[0]) == public.max_int
    assert private.decrypt(large[0] - 5) == public.max_int - 5


def test_what_overflows_within_the_gap_is_seen_at_decryption(ours: Any) -> None:
    public, private = ours
    with pytest.raises(OverflowError):
        private.decrypt(public.encrypt(public.max_int) + 1)


def test_of_ciphertexts_from_others_decryption_says_that_it_cannot_tell(ours: Any) -> None:
    public, private = ours
    sent = phe.EncryptedNumber(public, public.encrypt(7).ciphertext())
    with pytest.warns(UnknownBoundWarning):
        assert private.decrypt(sent * 2 + 1) == 15
    with pytest.warns(UnknownBoundWarning):
        assert batch.decrypt(private, batch.add([sent], [public.encrypt(1)])) == [8]
    known = phe.EncryptedNumber(public, sent.ciphertext(), bound=10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert private.decrypt(known * 2 + 1) == 15
        assert private.decrypt(sent.bounded(7)) == 7
        assert private.decrypt(pickle.loads(pickle.dumps(public.encrypt(-3)))) == -3
    with pytest.raises(DecryptionRangeError):
        private.decrypt(sent.bounded(6))


def test_a_pickled_bound_does_not_tell_the_factor(ours: Any) -> None:
    public, _ = ours
    states = [pickle.loads(pickle.dumps(public.encrypt(1) * factor))._bound for factor in (2, 1000, 1 << 40)]
    assert len(set(states)) == 1


def test_numbers_of_different_bases_are_not_added(ours: Any) -> None:
    public, private = ours
    ten, sixteen = Decimals.encode(public, 0.7, precision=1e-3), phe.EncodedNumber.encode(public, 0.5)
    number = public.encrypt(ten)
    assert private.decrypt(number) == 0.7
    assert private.decrypt(number + 0.25) == pytest.approx(0.95)
    assert private.decrypt(number * 0.5) == pytest.approx(0.35)
    assert private.decrypt(number + public.encrypt(Decimals.encode(public, 2))) == pytest.approx(2.7)
    assert private.decrypt_encoded(number, Decimals).decode() == 0.7
    # Whole numbers are the same to every base.
    assert private.decrypt(number + public.encrypt(3)) == pytest.approx(3.7)
    assert private.decrypt(public.encrypt(3) + Decimals.encode(public, 2)) == 5
    assert private.decrypt(public.encrypt(3) * ten) == pytest.approx(2.1)
    assert private.decrypt(batch.sum([number, public.encrypt(3)])) == pytest.approx(3.7)
    assert private.decrypt(batch.dot([public.encrypt(3), public.encrypt(1)], [ten, 1])) == pytest.approx(3.1)
    for statement in (
        lambda: number + public.encrypt(sixteen),
        lambda: number + sixteen,
        lambda: number * sixteen,
        lambda: batch.add([number], [public.encrypt(0.5)]),
        lambda: batch.sum([number, public.encrypt(0.5)]),
        lambda: batch.dot([number], [sixteen]),
        lambda: private.decrypt_encoded(number, phe.EncodedNumber),
        lambda: private.decrypt_encoded(public.encrypt(0.5), Decimals),
    ):
        with pytest.raises(ValueError, match="base"):
            statement()


def test_numbers_encoded_for_another_key_are_refused(ours: Any, other_key: Any) -> None:
    public, foreign = ours[0], phe.EncodedNumber.encode(other_key[0], -3)
    number = public.encrypt(1)
    for statement in (
        lambda: public.encrypt(foreign),
        lambda: number * foreign,
        lambda: number + foreign,
        lambda: batch.encrypt(public, [foreign]),
        lambda: batch.multiply([number], [foreign]),
    ):
        with pytest.raises(ValueError, match="different public key"):
            statement()


def test_a_fraction_is_encoded_exactly_or_refused(ours: Any) -> None:
    public, private = ours
    number = public.encrypt(3)
    for factor in (Decimal("0.5"), Fraction(1, 2), gmpy2.mpq(1, 2), np.float16(0.5), np.longdouble(0.5)):
        assert private.decrypt(number * factor) == private.decrypt(factor * number) == 1.5
    for factor in (Decimal("0.1"), Fraction(1, 3)):
        with pytest.raises(ValueError, match="no end"):
            number * factor
        assert private.decrypt(public.encrypt(factor, precision=1e-9)) == pytest.approx(float(factor), abs=1e-9)
    assert private.decrypt(number / Decimal("0.25")) == 12
    assert private.decrypt(number / Fraction(3)) == pytest.approx(1)
    with pytest.raises(OverflowError, match="reciprocal"):
        number / 10**400


def test_unsigned_numbers_are_subtracted_not_wrapped(ours: Any) -> None:
    public, private = ours
    number = public.encrypt(5)
    for one in (np.uint8(1), np.uint64(1), np.int8(1), gmpy2.mpz(1)):
        assert private.decrypt(number - one) == 4
        assert private.decrypt(one - number) == -4
    assert private.decrypt(number - np.int8(-128)) == 133


def test_columns_are_encrypted_and_multiplied_with_every_value(ours: Any) -> None:
    public, private = ours
    column = pd.Series([1.5, (1 << 53) + 1, Decimal("0.5")], dtype=object)
    assert batch.decrypt(private, batch.encrypt(public, column)) == [1.5, (1 << 53) + 1, 0.5]
    assert batch.decrypt(private, batch.multiply(batch.encrypt(public, [1, 1, 1]), column)) == [1.5, 2**53 + 1, 0.5]
    narrow = np.array([1, 2], dtype=np.uint8)
    assert private.decrypt(batch.dot(batch.encrypt(public, narrow), narrow)) == 5
    with pytest.raises(ValueError, match="masked"):
        batch.encrypt(public, np.ma.masked_array([1, 2], mask=[0, 1]))


def test_wide_exponents_do_not_wrap_as_numpys_integers(ours: Any) -> None:
    public, private = ours
    number = phe.EncryptedNumber(public, public.encrypt(1).ciphertext(), np.int64(40), bound=1 << 200)
    assert private.decrypt(number) == 16**40
    assert private.decrypt(number.decrease_exponent_to(np.int64(0))) == 16**40
    assert phe.EncodedNumber(public, 1, np.int64(20)).decode() == 16**20


def test_what_is_no_ciphertext_is_refused_wherever_it_comes_in(ours: Any) -> None:
    public, private = ours
    n, p = public.n, private.p
    for bad in (0, n, n * n, p, 3 * n, n * n - n, -1, n * n + 1):
        with pytest.raises(CiphertextError):
            phe.EncryptedNumber(public, bad)
        state = public.encrypt(1).__getstate__() | {"_EncryptedNumber__ciphertext": bad}
        with pytest.raises(CiphertextError):
            phe.EncryptedNumber.__new__(phe.EncryptedNumber).__setstate__(state)
    for bad in (0, n, n * n, p):
        with pytest.raises(CiphertextError):
            private.raw_decrypt(bad)
    good = phe.EncryptedNumber(public, public.encrypt(1).ciphertext())
    bad_one = phe.EncryptedNumber(public, public.encrypt(1).ciphertext())
    bad_one._EncryptedNumber__ciphertext = p
    with pytest.raises(CiphertextError) as error:
        batch.decrypt(private, [good, good, bad_one, good])
    assert error.value.index == 2


def test_exponents_from_outside_do_not_fill_the_memory(ours: Any) -> None:
    public, private = ours
    far = phe.EncryptedNumber(public, public.encrypt(1).ciphertext(), 1 << 40, bound=1)
    with pytest.raises(OverflowError, match="exponent"):
        private.decrypt(far)
    for statement in (
        lambda: far + 1,
        lambda: far - public.encrypt(1),
        lambda: batch.sum([far, public.encrypt(1)]),
        lambda: far.decrease_exponent_to(0),
    ):
        with pytest.raises(ValueError, match="needs to be within"):
            statement()


def test_vectors_of_every_kind_are_batches_and_what_is_not_encrypted_is_named(ours: Any) -> None:
    public, private = ours
    numbers = batch.encrypt(public, [1, 2])
    for vector in (np.array(numbers), pd.Series(numbers), iter(numbers), tuple(numbers)):
        assert private.decrypt(batch.sum(vector)) == 3
    with pytest.raises(TypeError, match="element 1 is a int"):
        batch.sum([numbers[0], 5])


def test_a_public_key_whose_obfuscators_hide_nothing_is_refused(ours: Any) -> None:
    public, private = ours
    n = public.n
    for hs in (0, 1, n * n - 1, n + 1, n - 1, n, private.p, 5 * n + 1, n * n + public.hs):
        with pytest.raises(InvalidKeyError):
            phe.PaillierPublicKey(n, hs=hs)
        state = public.__getstate__() | {"hs": hs}
        with pytest.raises(InvalidKeyError):
            phe.PaillierPublicKey.__new__(phe.PaillierPublicKey).__setstate__(state)
    # What follows from n is not taken from the pickle.
    state = public.__getstate__() | {"nsquare": 5, "max_int": 1 << 5000}
    again = phe.PaillierPublicKey.__new__(phe.PaillierPublicKey)
    again.__setstate__(state)
    assert (again.nsquare, again.max_int) == (public.nsquare, public.max_int)


def test_a_private_key_shows_an_hs_with_which_nothing_decrypts(ours: Any) -> None:
    public, private = ours
    # A unit like any other; but no n-th power.
    weak = phe.PaillierPublicKey(public.n, hs=public.hs * (1 + 5 * public.n) % public.nsquare)
    with pytest.raises(InvalidKeyError, match="n-th power"):
        phe.PaillierPrivateKey(weak, private.p, private.q)
    assert phe.PaillierPrivateKey(public, private.p, private.q).decrypt(public.encrypt(4)) == 4


def test_a_length_that_is_not_taken_is_named() -> None:
    for bits in (511, 4097):
        with pytest.raises(InvalidKeyError, match=f"{bits} bits.*from 512 to 4096"):
            phe.PaillierPublicKey((1 << bits - 1) + 1, insecure_for_comparison=True)


def test_util_and_version_are_python_phes() -> None:
    assert phe.__version__ == python_phe.__version__
    generator = np.random.default_rng(11)
    for _ in range(20):
        a, b = (int(generator.integers(2, 1 << 62)) for _ in range(2))
        c = b | 1
        for name, arguments in (
            ("powmod", (a, b, c)),
            ("mulmod", (a, b, c)),
            ("extended_euclidean_algorithm", (a, b)),
            ("isqrt", (a,)),
            ("improved_i_sqrt", (a,)),
            ("int_to_base64", (a,)),
            ("is_prime", (c,)),
        ):
            assert getattr(util, name)(*arguments) == getattr(python_phe.util, name)(*arguments), name
        assert util.base64_to_int(util.int_to_base64(a)) == a
    assert util.first_primes == python_phe.util.first_primes
    assert util.invert(3, 7) == 5
    with pytest.raises(ZeroDivisionError):
        util.invert(3, 9)
    prime = util.getprimeover(256)
    assert prime.bit_length() == 256 and util.is_prime(prime) and not util.is_prime(prime * prime)
    theirs = {name for name, value in vars(python_phe.util).items() if getattr(value, "__module__", "") == "phe.util"}
    assert theirs <= set(vars(util))


def test_the_command_line_computes_exactly_and_reads_python_phes_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: Any, code: int = 0) -> str:
        assert cli([str(a) for a in arguments]) == code
        said = capfd.readouterr()
        return said.out.strip() if not code else said.err

    private, public, a, b = (tmp_path / name for name in ("private.json", "public.json", "a.json", "b.json"))
    run("genpkey", "--keysize", 2048, private)
    assert private.stat().st_mode & 0o777 == 0o600
    run("extract", private, public)
    run("encrypt", public, (1 << 53) + 1, "--output", a)
    run("add", public, a, -1, "--output", b)
    assert float(run("decrypt", private, b)) == 1 << 53
    run("addenc", public, a, b, "--output", a)
    # At the exponent -32 it decodes to a float.
    assert float(run("decrypt", private, a)) == float((1 << 54) + 1)
    run("encrypt", public, "--output", b, "--", "-2.5")
    run("multiply", public, b, 4, "--output", b)
    assert run("decrypt", private, b) == "-10.0"
    # What python-phe's command line reads and writes.
    number, key = (
        json.loads(b.read_text()),
        python_phe.PaillierPublicKey(python_phe.util.base64_to_int(json.loads(public.read_text())["n"])),
    )
    data = json.loads(private.read_text())
    p, q = (python_phe.util.base64_to_int(data[name]) for name in "pq")
    received = python_phe.EncryptedNumber(key, int(number["v"]), number["e"])
    assert number["e"] == -32 and python_phe.PaillierPrivateKey(key, p, q).decrypt(received) == -10
    sent = key.encrypt(2.25)
    a.write_text(json.dumps({"v": str(sent.ciphertext()), "e": sent.exponent}))
    assert run("decrypt", private, a) == "2.25"
    a.write_text(json.dumps({"v": "0", "e": 0}))
    assert "no ciphertext" in run("decrypt", private, a, code=1)
    assert "Invalid private key" in run("extract", public, a, code=1)
    assert "nowhere" in run("extract", tmp_path / "nowhere", a, code=1)
    named = subprocess.run([sys.executable, "-P", "-m", "coffer.phe", "extract", private, "-"], capture_output=True)
    assert json.loads(named.stdout) == json.loads(public.read_text())
