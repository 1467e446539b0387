"""coffer.heu: no wrong number without an error."""

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

from coffer.errors import BoundError, CiphertextError, InvalidKeyError, UnknownBoundWarning
from coffer.heu import _wire, phe
from coffer.heu import numpy as hnp
from coffer.heu._keys import pack
from coffer.heu._state import State


@pytest.fixture(scope="module")
def kit() -> Any:
    return hnp.setup()


def clear(kit: Any, array: Any, encoder: Any = None) -> Any:
    return kit.decryptor().decrypt(array).to_numpy(encoder).tolist()


def test_a_fraction_without_a_float_encoder_is_refused_where_heu_drops_it(kit: Any) -> None:
    scalars = phe.setup(kit.public_key())
    for fraction in ([0, 1.5], np.array([0.0, -0.25]), [0, Decimal("0.5")], [0, Fraction(1, 3)], [0, np.nan]):
        with pytest.raises(phe.PheRuntimeError, match="element 1"):
            kit.array(fraction)
        with pytest.raises(phe.PheRuntimeError, match="element 1"):
            kit.array(fraction, kit.integer_encoder())
    for encode in (scalars.integer_encoder().encode, lambda v: scalars.batch_integer_encoder().encode(v, 1)):
        with pytest.raises(phe.PheRuntimeError, match="fraction"):
            encode(5.25)
        assert int(encode(5.0)) == int(encode(5))
    with pytest.raises(phe.PheRuntimeError, match="fraction"):
        scalars.plaintext(1.5)
    assert kit.array([1.0, 2.0]).to_numpy().tolist() == [1, 2]


def test_numbers_of_every_library_keep_their_values(kit: Any) -> None:
    encoder, evaluator, scalars = kit.float_encoder(), kit.evaluator().phe, phe.setup(kit.public_key())
    given = [Decimal("0.5"), Fraction(1, 4), gmpy2.mpfr("1.5"), np.float32(2), True]
    assert clear(kit, kit.encryptor().encrypt(kit.array(given, encoder)), encoder) == [0.5, 0.25, 1.5, 2, 1]
    column = pd.Series([1.5, 2], dtype=object)
    assert kit.array(column, encoder).to_numpy(encoder).tolist() == [1.5, 2]
    assert kit.array(np.array([(1 << 64) - 1], dtype=np.uint64)).to_numpy().tolist() == [(1 << 64) - 1]
    assert kit.array([(1 << 53) + 1, 0.5], encoder).to_numpy().tolist() == [((1 << 53) + 1) * 10**6, 500000]
    three = scalars.encryptor().encrypt_raw(np.int64(3))
    for factor in (np.int64(2), gmpy2.mpz(2), np.uint8(2)):
        assert kit.decryptor().phe.decrypt_raw(evaluator.mul(three, factor)) == 6
        assert kit.decryptor().phe.decrypt_raw(evaluator.mul(factor, three)) == 6
    for wrong in (lambda: evaluator.mul(three, 2.5), lambda: scalars.encryptor().encrypt_raw("3")):
        with pytest.raises(TypeError):
            wrong()
    for wrong in ([1, None], ["a"], np.ma.masked_array([1, 2], mask=[0, 1]), [1j], pd.Series([1, pd.NA])):
        with pytest.raises(phe.PheRuntimeError):
            kit.array(wrong)
    for endless in (np.nan, np.inf, 1e308):
        with pytest.raises(phe.PheRuntimeError, match="element 0"):
            kit.array([endless], encoder)


def test_another_key_of_the_same_length_is_refused(kit: Any) -> None:
    other = hnp.setup()
    ours, theirs = (k.encryptor().encrypt(k.array([1, 2])) for k in (kit, other))
    one = theirs[0]
    for statement in (
        lambda: kit.evaluator().add(ours, theirs),
        lambda: kit.evaluator().mul(theirs, kit.array([2, 2])),
        lambda: kit.evaluator().matmul(kit.array([[1, 2]]), theirs),
        lambda: kit.evaluator().sum(theirs),
        lambda: kit.decryptor().decrypt(theirs),
        lambda: kit.decryptor().decrypt(pickle.loads(pickle.dumps(theirs))),
        lambda: kit.decryptor().decrypt(one),
        lambda: kit.decryptor().phe.decrypt_raw(pickle.loads(pickle.dumps(one))),
        lambda: kit.evaluator().phe.add(ours[0], one),
        lambda: kit.evaluator().phe.negate(one),
        lambda: ours.__setitem__(0, one),
    ):
        with pytest.raises(phe.PheRuntimeError, match="key"):
            statement()


def test_a_secret_key_beside_another_public_key_is_refused(kit: Any) -> None:
    other = phe.setup()
    with pytest.raises(phe.PheRuntimeError, match="another public key"):
        phe.setup(kit.public_key(), other.secret_key())
    with pytest.raises(phe.PheRuntimeError, match="another public key"):
        hnp.setup(kit.public_key(), other.secret_key())


def test_numbers_of_different_scales_are_not_mixed(kit: Any) -> None:
    encryptor, evaluator = kit.encryptor(), kit.evaluator()
    x = encryptor.encrypt(kit.array([1.5, -2.0], kit.float_encoder(100)))
    w = kit.array([0.5, 4.0], kit.float_encoder(1000))
    assert clear(kit, evaluator.mul(x, w), kit.float_encoder(100_000)) == [0.75, -8.0]
    assert clear(kit, evaluator.mul(x, kit.array([2, 3])), kit.float_encoder(100)) == [3.0, -6.0]
    for statement in (
        lambda: clear(kit, evaluator.mul(x, w), kit.float_encoder(100)),
        lambda: clear(kit, evaluator.matmul(x, w[0:2]), kit.float_encoder(100)),
        lambda: clear(kit, x, kit.float_encoder()),
        lambda: clear(kit, pickle.loads(pickle.dumps(x)), kit.integer_encoder()),
        lambda: evaluator.add(x, w),
        lambda: evaluator.add(x, kit.array([1, 2])),
        lambda: evaluator.sub(w, x),
        lambda: evaluator.phe.add(x[0], w[0]),
        lambda: kit.float_encoder().decode(kit.decryptor().decrypt(x[0])),
    ):
        with pytest.raises(phe.PheRuntimeError, match="scale"):
            statement()
    assert clear(kit, x) == [150, -200]


def test_what_may_overflow_is_refused_before_it_is_computed(kit: Any) -> None:
    encryptor, evaluator = kit.encryptor(), kit.evaluator()
    bound = int(kit.public_key().plaintext_bound())
    x = encryptor.encrypt(kit.array([bound, -bound]))
    for statement in (
        lambda: evaluator.add(x, x),
        lambda: evaluator.sub(x, kit.array([1, 1])),
        lambda: evaluator.mul(x, kit.array([2, 1])),
        lambda: evaluator.matmul(kit.array([[1, 1]]), x),
        lambda: evaluator.matmul(x, kit.array([1, 1])),
        lambda: evaluator.sum(x),
        lambda: evaluator.phe.add(x[0], x[1]),
        lambda: evaluator.phe.mul(x[0], 2),
    ):
        with pytest.raises((phe.PheRuntimeError, BoundError), match="Rescale"):
            statement()
    assert clear(kit, x) == [bound, -bound]
    value = encryptor.encrypt(kit.array([1.0], kit.float_encoder()))
    plain = 1.0
    with pytest.raises(BoundError):
        for _ in range(120):
            value = evaluator.mul(value, kit.array([0.3], kit.float_encoder()))
            plain *= 0.3
    decoder = kit.float_encoder(value.state.scale)
    assert clear(kit, pickle.loads(pickle.dumps(value)), decoder)[0] == pytest.approx(plain)
    with pytest.raises(phe.PheRuntimeError, match="int64"):
        kit.array([1 << 70], kit.integer_encoder(1)).to_numpy(kit.integer_encoder(1))


def test_bytes_from_outside_are_checked_when_they_meet_the_key(kit: Any) -> None:
    key, p = kit.public_key(), int.from_bytes(kit._kit.secret_key().native.p, "big")
    width = key.native.ciphertext_bytes
    good = kit.encryptor().encrypt(kit.array([1, 2]))
    for bad in (0, key.n, p, key.n**2):
        data = bad.to_bytes(width, "big")
        told = State(modulus=key.modulus, schema=key.schema.value)
        sent = hnp.CiphertextArray(np.stack([good.items[0], np.frombuffer(data, np.uint8)]), told)
        again = hnp.CiphertextArray.load_from(sent.serialize())
        one = phe.Ciphertext.load_from(phe.Ciphertext(data, told).serialize())
        with pytest.raises(CiphertextError):
            kit.decryptor().decrypt(pickle.loads(pickle.dumps(sent)))
        for statement in (
            lambda again=again: kit.decryptor().decrypt(again),
            lambda again=again: kit.evaluator().add(again, good),
            lambda one=one: kit.decryptor().decrypt(one),
            lambda one=one: kit.evaluator().phe.mul(one, 1),
            lambda sent=sent: kit.evaluator().sum(sent),
        ):
            with pytest.raises(CiphertextError):
                statement()
    with pytest.raises(phe.PheRuntimeError):
        kit.decryptor().decrypt(phe.Ciphertext(good[0].data * 2))
    for damaged in (b"", b"x", pack(b"1", b"2", b"3", b"4"), pack(b"", b"", b"", b"\xff\xff\xff\xff")):
        with pytest.raises(phe.PheRuntimeError):
            phe.Ciphertext.load_from(damaged)
    with pytest.raises(InvalidKeyError):
        phe.PublicKey.load_from(_wire.pack([_wire.number(key.n), _wire.number(1)], phe.SchemaType.ZPaillier.value))


def test_what_heu_would_not_write_is_refused(kit: Any) -> None:
    good = kit.encryptor().encrypt(kit.array([[1, 2], [3, 4]])).serialize()
    for damaged in (
        b"",
        good[:-9],
        good + b"x",
        b"\x93" + good[1:],
        good[:1] + b"\x03" + good[2:],
        b"\x94" * 2000,
        b"\xdd\xff\xff\xff\xff",
    ):
        with pytest.raises(phe.PheRuntimeError):
            hnp.CiphertextArray.load_from(damaged)
        with pytest.raises(phe.PheRuntimeError):
            hnp.PlaintextArray.load_from(damaged)
        with pytest.raises(phe.PheRuntimeError):
            phe.SecretKey.load_from(damaged)
    # A number over n^2 has no place in its Montgomery form, and one of an unknown key has none at all.
    over = phe.Ciphertext.load_from(_wire.pack([_wire.number(kit.public_key().n ** 2)], phe.SchemaType.ZPaillier.value))
    with pytest.raises(CiphertextError):
        kit.decryptor().decrypt(over)
    with pytest.raises(phe.PheRuntimeError, match="unknown key"):
        phe.Ciphertext(bytes(512)).serialize()
    with pytest.raises(phe.PheRuntimeError, match="interconnection"):
        kit.array([1]).serialize(hnp.MatrixSerializeFormat.Interconnection)


def test_numpy_is_told_that_arrays_are_not_its_own(kit: Any) -> None:
    plain = kit.array([1, 2])
    for array in (plain, kit.encryptor().encrypt(plain)):
        for statement in (
            lambda array=array: np.asarray(array),
            lambda array=array: np.sum(array),
            lambda array=array: np.ones(2) * array,
            lambda array=array: array + 1,
        ):
            with pytest.raises(TypeError):
                statement()


def test_of_ciphertexts_of_unknown_size_decryption_says_that_it_cannot_tell(kit: Any) -> None:
    good = kit.encryptor().encrypt(kit.array([1, 2]))
    unknown = hnp.CiphertextArray(good.items)
    with pytest.warns(UnknownBoundWarning):
        assert clear(kit, kit.evaluator().add(unknown, good)) == [2, 4]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert clear(kit, pickle.loads(pickle.dumps(good))) == [1, 2]
        assert kit.decryptor().phe.decrypt_raw(pickle.loads(pickle.dumps(good[1]))) == 2
