"""coffer.fate: no wrong number without an error."""

from __future__ import annotations

import pickle
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import gmpy2
import numpy as np
import pandas as pd
import pytest

from coffer.errors import (
    BoundError,
    CiphertextError,
    DecryptionRangeError,
    InvalidKeyError,
    KeyMismatchError,
    RangeError,
    ShapeError,
    UnknownBoundWarning,
)
from coffer.fate import PK, SK, CiphertextVector, Coder, PlaintextVector, evaluator, keygen

Keys = tuple[SK, PK, Coder]
F8, F4, I8, I4 = np.float64, np.float32, np.int64, np.int32


@pytest.fixture(scope="module")
def keys() -> Keys:
    return keygen(2048)


def encrypt(keys: Keys, values: Any, dtype: Any = F8) -> CiphertextVector:
    return keys[1].encrypt_encoded(keys[2].encode_vec(values, dtype), obfuscate=True)


def decrypt(keys: Keys, vec: CiphertextVector, dtype: Any = F8) -> Any:
    return keys[2].decode_vec(keys[0].decrypt_to_encoded(vec), dtype)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0, 1.5], I8),
        ([0, np.nan], I8),
        ([0, np.inf], I4),
        ([0, Decimal("0.5")], I4),
        ([0, 1 << 31], I4),
        ([0, -(1 << 31) - 1], I4),
        ([0, 1 << 63], I8),
        (np.array([0, 1 << 63], dtype=np.uint64), I8),
        (np.array([0, 1 << 40]), I4),
        (np.array([0, 1e300]), I8),
        ([0, Fraction(1, 3)], F8),
        ([0, np.nan], F8),
        ([0, -np.inf], F4),
    ],
    ids=repr,
)
def test_what_does_not_fit_its_type_is_refused_with_its_element(keys: Keys, values: Any, dtype: Any) -> None:
    with pytest.raises(RangeError) as error:
        keys[2].encode_vec(values, dtype)
    assert error.value.index == 1
    with pytest.raises(RangeError):
        keys[2].encode(list(values)[1], dtype)


@pytest.mark.parametrize(
    ("values", "dtype", "wanted"),
    [
        ([1.0, 2.0], I8, [1, 2]),
        (np.array([200], dtype=np.uint8), I4, [200]),
        ([(1 << 53) + 1], F8, None),
        (np.array([(1 << 62) + 1]), F8, None),
        ([gmpy2.mpz(5), np.int8(-3), True], I8, [5, -3, 1]),
        ([Decimal("0.5"), Fraction(1, 4), gmpy2.mpfr("0.125"), np.longdouble(2)], F8, [0.5, 0.25, 0.125, 2]),
        (pd.Series([1.5, 2], dtype=object), F8, [1.5, 2.0]),
    ],
    ids=repr,
)
def test_numbers_of_every_library_keep_their_values(keys: Keys, values: Any, dtype: Any, wanted: Any) -> None:
    vec = encrypt(keys, values, dtype)
    if wanted is None:
        assert decrypt(keys, vec, I8).tolist() == [int(v) for v in values]
    else:
        assert decrypt(keys, vec, dtype).tolist() == wanted


def test_decoding_drops_no_fraction_and_wraps_no_number(keys: Keys) -> None:
    coder = keys[2]
    for dtype in (I8, I4):
        assert decrypt(keys, encrypt(keys, [2.0, -3.0]), dtype).tolist() == [2, -3]
        with pytest.raises(RangeError, match="fraction") as error:
            decrypt(keys, encrypt(keys, [2.0, -1.5]), dtype)
        assert error.value.index == 1
    large = PlaintextVector(np.array([1, 1 << 200], dtype=object), np.array([0, 300], dtype=np.int32))
    for dtype in (F8, F4, I8):
        with pytest.raises(RangeError) as error:
            coder.decode_vec(large, dtype)
        assert error.value.index == 1
    with pytest.raises(RangeError, match="float32"):
        coder.decode_vec(coder.encode_vec([1.0, 1e300], F8), F4)


def test_a_hundred_products_with_a_fraction_are_right_or_refused(keys: Keys) -> None:
    vec, plain = encrypt(keys, [1.0, -2.0]), np.array([1.0, -2.0])
    with pytest.raises(BoundError, match="Rescale") as error:
        for _ in range(100):
            vec, plain = evaluator.mul_plain_scalar(vec, 0.3, keys[1], keys[2], F8), plain * 0.3
            np.testing.assert_allclose(decrypt(keys, vec), plain, rtol=1e-12)
    assert error.value.index == 0
    again = encrypt(keys, decrypt(keys, vec))
    np.testing.assert_allclose(decrypt(keys, again.mul(keys[1], keys[2].encode_vec([0.3, 0.3]))), plain * 0.3)


def test_every_operation_that_may_overflow_is_refused_before_it_is_computed(keys: Keys) -> None:
    sk, pk, coder = keys
    half = coder.max_int // 2

    def vec() -> CiphertextVector:
        numbers = np.array([1, half, half, half], dtype=object)
        return pk.encrypt_encoded(PlaintextVector(numbers, np.zeros(4, np.int32)), obfuscate=True)

    big = PlaintextVector(np.array([5] * 4, dtype=object), np.zeros(4, np.int32))
    far = encrypt(keys, [2.0**-900] * 4)
    for statement in (
        lambda: vec().add(pk, vec()).add(pk, vec()),
        lambda: vec().sub(pk, vec()).sub(pk, vec()),
        lambda: vec().mul(pk, big),
        lambda: vec().add(pk, far),
        lambda: vec().matmul(pk, big, (1, 4), (4, 1)),
        lambda: vec().rmatmul(pk, big, (4, 1), (1, 4)),
        lambda: vec().intervals_sum_with_step(pk, [(0, 4)], 1),
        lambda: vec().chunking_cumsum_with_step(pk, [4], 1),
        lambda: CiphertextVector.zeros(1).iupdate(vec(), [[0], [0], [0], [0]], 1, pk),
        lambda: [v.idouble(pk) for v in [vec()] for _ in range(3)],
        lambda: vec().pack_squeeze(2, 2040, pk),
    ):
        with pytest.raises(BoundError):
            statement()
    assert sk.decrypt_to_encoded(vec()).significands.tolist() == [1, half, half, half]
    with pytest.raises(RangeError) as error:
        pk.encrypt_encoded(PlaintextVector(np.array([1, pk.n], dtype=object), np.zeros(2, np.int32)), obfuscate=True)
    assert error.value.index == 1


def test_integers_wrap_in_a_ring_and_nowhere_else(keys: Keys) -> None:
    ring = Coder(keys[1].n, ring=True)
    product = encrypt(keys, [1 << 62, -(1 << 62), 3, -3], I8).mul(keys[1], ring.encode_vec([3, 3, 1 << 62, 1], I8))
    found = keys[0].decrypt_to_encoded(product)
    assert ring.decode_vec(found, I8).tolist() == [-(1 << 62), 1 << 62, -(1 << 62), -3]
    for coder, dtype in ((keys[2], I8), (ring, I4)):
        with pytest.raises(RangeError):
            coder.decode_vec(found, dtype)


def test_what_was_not_pickled_here_is_refused(keys: Keys) -> None:
    good = encrypt(keys, [1.0, 2.0]).__getstate__()
    for wrong in ({"size": 3}, {"size": -1}, {"size": 0}, {"data": good["data"][1:]}, {"magnitudes": b""}):
        with pytest.raises(CiphertextError, match="not what was pickled here"):
            CiphertextVector().__setstate__(good | wrong)


def test_vectors_of_another_key_of_the_same_length_are_refused(keys: Keys) -> None:
    sk, pk, coder = keys
    other_sk, other_pk, _ = keygen(2048)
    ours, theirs = encrypt(keys, [1.0]), encrypt((other_sk, other_pk, coder), [1.0])
    for statement in (
        lambda: ours.add(pk, theirs),
        lambda: ours.add(other_pk, theirs),
        lambda: ours.mul(other_pk, coder.encode_vec([2.0])),
        lambda: ours.cat([theirs]),
        lambda: sk.decrypt_to_encoded(theirs),
        lambda: sk.decrypt_to_encoded(pickle.loads(pickle.dumps(theirs))),
        lambda: CiphertextVector.zeros(1).add(other_pk, ours),
    ):
        with pytest.raises(KeyMismatchError):
            statement()


def test_rows_from_outside_are_checked_when_they_meet_the_key(keys: Keys) -> None:
    sk, pk, coder = keys
    width = pk.native.ciphertext_bytes
    p = int.from_bytes(sk.native.p, "big")
    for bad in (0, pk.n, p, pk.n**2):
        good = encrypt(keys, [1.0, 2.0])
        data = good.data.copy()
        data[1] = np.frombuffer(bad.to_bytes(width, "big"), np.uint8)
        sent = CiphertextVector.__new__(CiphertextVector)
        sent.__setstate__(good.__getstate__() | {"data": data.tobytes()})
        for statement in (
            lambda sent=sent, good=good: sent.add(pk, good),
            lambda sent=sent: sent.mul(pk, coder.encode_vec([1.0, 1.0])),
            lambda sent=sent: sk.decrypt_to_encoded(sent),
            lambda data=data: sk.decrypt_to_encoded(CiphertextVector(data, np.zeros(2, np.int32))),
        ):
            with pytest.raises(CiphertextError) as error:
                statement()
            assert error.value.index == 1


def test_vectors_of_different_lengths_are_refused_where_an_element_would_be_left_out(keys: Keys) -> None:
    pk, coder = keys[1], keys[2]
    a, b = encrypt(keys, [1.0, 2.0]), encrypt(keys, [1.0])
    for statement in (
        lambda: evaluator.add(a, b, pk),
        lambda: evaluator.sub(b, a, pk),
        lambda: evaluator.rsub(a, b, pk),
        lambda: evaluator.mul_plain(a, np.ones(3), pk, coder),
        lambda: evaluator.add_plain(a, np.ones(1), pk, coder),
    ):
        with pytest.raises(ShapeError, match="elements"):
            statement()
    with pytest.raises(TypeError, match="significands"):
        PlaintextVector(np.array([1.5]), np.zeros(1, np.int32))


def test_exponents_from_outside_do_not_wrap_or_fill_the_memory(keys: Keys) -> None:
    good = encrypt(keys, [1.0, 2.0])
    for exponent in (-(1 << 31), (1 << 31) - 1, 1 << 20):
        sent = CiphertextVector.__new__(CiphertextVector)
        sent.__setstate__(good.__getstate__() | {"exponents": np.array([-13, exponent], dtype="<i4").tobytes()})
        for statement in (lambda sent=sent: sent.add(keys[1], good), lambda sent=sent: decrypt(keys, sent)):
            with pytest.raises(CiphertextError, match="element 1 has the exponent"):
                statement()


def test_numpy_is_told_that_vectors_are_not_its_own(keys: Keys) -> None:
    vec = encrypt(keys, [1.0])
    for statement in (
        lambda: np.asarray(vec),
        lambda: np.sum(vec),
        lambda: np.ones(1) * vec,
    ):
        with pytest.raises(TypeError):
            statement()


def test_a_public_key_whose_obfuscators_hide_nothing_is_refused(keys: Keys) -> None:
    receive, (n, _, *rest) = keys[1].__reduce__()
    for hs in (1, keys[1].n + 1, keys[1].n ** 2 - 1, keys[1].n):
        with pytest.raises(InvalidKeyError):
            receive(n, hs.to_bytes(512, "big"), *rest)


def test_bounds_go_with_pickles_but_tell_no_factor(keys: Keys) -> None:
    pk, coder = keys[1], keys[2]

    def sent(factor: int) -> CiphertextVector:
        return pickle.loads(pickle.dumps(encrypt(keys, [1], I8).mul(pk, coder.encode_vec([factor], I8))))

    assert sent(8).magnitudes == sent(1 << 40).magnitudes == 128
    # A sum tells how many terms it has, which is no secret.
    fresh = encrypt(keys, [1], I8)
    assert pickle.loads(pickle.dumps(fresh.add(pk, fresh))).magnitudes == 64
    with pytest.raises(BoundError):
        for _ in range(100):
            fresh = pickle.loads(pickle.dumps(fresh.mul(pk, coder.encode_vec([1 << 60]))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decrypt(keys, sent(7), I8) == [7]
    unknown = CiphertextVector(encrypt(keys, [3], I8).data, np.zeros(1, np.int32))
    with pytest.warns(UnknownBoundWarning):
        assert decrypt(keys, unknown.add(pk, encrypt(keys, [1], I8)), I8) == [4]
    wrong = encrypt(keys, [300], I8)
    wrong.magnitudes[:] = 8
    with pytest.raises(DecryptionRangeError):
        decrypt(keys, wrong, I8)


def test_a_full_pack_is_added_to_as_long_as_it_has_room(keys: Keys) -> None:
    sk, pk, coder = keys
    numbers = [7] * 51
    pack = pk.encrypt_encoded(coder.pack_u64_vec(numbers, 40, 51), True)
    total = pickle.loads(pickle.dumps(pack))
    for _ in range(59):
        total = total.add(pk, pickle.loads(pickle.dumps(pack)))
    assert coder.unpack_u64_vec(sk.decrypt_to_encoded(total), 40, 51, 51) == [420] * 51
    with pytest.raises(BoundError):
        for _ in range(100):
            total = total.add(pk, pack)


def test_packing_takes_whole_numbers_that_fit(keys: Keys) -> None:
    sk, pk, coder = keys
    for numbers in ([1, 1.5], [1, np.nan], [1, -1], [1, 1 << 40]):
        with pytest.raises(RangeError) as error:
            coder.pack_u64_vec(numbers, 40, 2)
        assert error.value.index == 1
    for floats in ([1, np.nan], [1, np.inf], [1, -0.5]):
        with pytest.raises(RangeError) as error:
            coder.pack_floats(floats, 64, 2, 20)
        assert error.value.index == 1
    with pytest.raises(ShapeError, match="whole numbers"):
        encrypt(keys, [0.5, 1.5]).pack_squeeze(2, 64, pk)
    full = pk.encrypt_encoded(coder.pack_u64_vec([(1 << 40) - 1, 1], 40, 2), True)
    with pytest.raises(RangeError, match="outgrown"):
        coder.unpack_u64_vec(sk.decrypt_to_encoded(full.add(pk, full)), 40, 2, 2)
