"""coffer.fate against the plain computation, through the interface that FATE's tensors use."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from coffer.errors import InvalidKeyError, RangeError, ShapeError
from coffer.fate import PK, SK, CiphertextVector, Coder, evaluator, keygen

Keys = tuple[SK, PK, Coder]
F8, F4, I8, I4 = np.float64, np.float32, np.int64, np.int32


@pytest.fixture(scope="module")
def keys() -> Keys:
    return keygen(2048)


def encrypt(keys: Keys, values: Any, dtype: Any = F8) -> CiphertextVector:
    return keys[1].encrypt_encoded(keys[2].encode_tensor(np.asarray(values, dtype=dtype)), obfuscate=True)


def decrypt(keys: Keys, vec: CiphertextVector, dtype: Any = F8) -> Any:
    return keys[2].decode_tensor(keys[0].decrypt_to_encoded(vec), dtype)


def same(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, np.ravel(wanted), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [F8, F4, I8, I4])
def test_tensors_of_every_dtype_come_back(keys: Keys, dtype: Any) -> None:
    if np.dtype(dtype).kind == "f":
        values = np.array([[0, -0.0, 1.5, -2.25], [1e-30, -3e30, 0.1, np.finfo(dtype).tiny]], dtype=dtype)
    else:
        bounds = np.iinfo(dtype)
        values = np.array([[0, 1, -1, 7], [bounds.min, bounds.max, 12345, -99]], dtype=dtype)
    encrypted = encrypt(keys, values, dtype)
    again = keys[2].decode_tensor(keys[0].decrypt_to_encoded(encrypted), dtype, values.shape)
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, values)
    one = keys[1].encrypt_encoded_scalar(keys[2].encode(values[0, 3].item(), dtype), True)
    short = {F8: "f64", F4: "f32", I8: "i64", I4: "i32"}[dtype]
    assert getattr(keys[2], f"decode_{short}")(keys[0].decrypt_to_encoded_scalar(one)) == values[0, 3]


def test_exponents_are_fates(keys: Keys) -> None:
    """Base 16, 53 bits of mantissa: 1.0 is 16^13 * 16^-13."""
    encoded = keys[2].encode_f64_vec(np.array([1.0, 0.5, 2.0**-60, 0.0, 2.0**60]))
    assert encoded.exponents.tolist() == [-13, -14, -28, -14, 2]
    assert encoded.significands.tolist()[0] == 16**13
    assert keys[2].max_int == keys[1].n // 2
    with pytest.raises(NotImplementedError):
        keys[2].encode_tensor(np.array([1], dtype=np.int16))
    with pytest.raises(RangeError) as error:
        keys[2].encode_tensor(np.array([1.0, np.nan]))
    assert error.value.index == 1


def test_the_evaluator(keys: Keys) -> None:
    _, pk, coder = keys
    generator = np.random.default_rng(5)
    # Exponents that differ: values from 1e-6 to 1e6.
    x, y = generator.normal(size=(2, 12)) * 10.0 ** generator.integers(-6, 7, (2, 12))
    y[3] = 0.0
    a, b = encrypt(keys, x), encrypt(keys, y)
    for found, wanted in (
        (evaluator.add(a, b, pk), x + y),
        (evaluator.sub(a, b, pk), x - y),
        (evaluator.rsub(a, b, pk), y - x),
        (evaluator.add_plain(a, y, pk, coder), x + y),
        (evaluator.sub_plain(a, y, pk, coder), x - y),
        (evaluator.rsub_plain(a, y, pk, coder), y - x),
        (evaluator.mul_plain(a, y, pk, coder), x * y),
        (evaluator.add_plain_scalar(a, 0.3, pk, coder, F8), x + 0.3),
        (evaluator.sub_plain_scalar(a, 7, pk, coder, I8), x - 7),
        (evaluator.rsub_plain_scalar(a, 7, pk, coder, I8), 7 - x),
        (evaluator.mul_plain_scalar(a, -0.7, pk, coder, F8), x * -0.7),
        (evaluator.add(evaluator.zeros(12), a, pk), x),
        (evaluator.add(a, evaluator.zeros(12), pk), x),
    ):
        same(decrypt(keys, found), wanted)


@pytest.mark.parametrize("dtype", [F8, F4, I8])
def test_matrix_products(keys: Keys, dtype: Any) -> None:
    _, pk, coder = keys
    generator = np.random.default_rng(6)
    x = generator.normal(size=(4, 3)) * 10.0 ** generator.integers(-3, 4, (4, 3))
    right, left = (generator.normal(size=shape) * 1000 for shape in ((3, 5), (2, 4)))
    right[1, 1] = left[0, 0] = 0
    right, left = right.astype(dtype), left.astype(dtype)
    a = encrypt(keys, x)
    same(decrypt(keys, evaluator.matmul(a, right, (4, 3), (3, 5), pk, coder, dtype)), x @ right)
    same(decrypt(keys, evaluator.rmatmul(a, left, (4, 3), (2, 4), pk, coder, dtype)), left @ x)
    with pytest.raises(ShapeError):
        evaluator.matmul(a, right, (4, 3), (5, 3), pk, coder, dtype)
    # Factors of very different size need more than one word.
    wide = np.array([[1e20], [-1e-20], [3.0]])
    same(decrypt(keys, evaluator.matmul(a, wide, (4, 3), (3, 1), pk, coder, F8)), x @ wide)


def test_choosing(keys: Keys) -> None:
    x = np.arange(12.0) + 0.5
    a = encrypt(keys, x)
    same(decrypt(keys, evaluator.slice(a, 2, 3)), x[2:5])
    same(decrypt(keys, evaluator.slice_indexes(a, [5, 1, 1])), x[[5, 1, 1]])
    same(decrypt(keys, evaluator.intervals_slice(a, [(0, 4), (6, 12)])), np.r_[x[:4], x[6:12]])
    same(decrypt(keys, evaluator.cat([a, evaluator.zeros(2), a])), np.r_[x, 0, 0, x])
    order = np.random.default_rng(7).permutation(12)
    evaluator.i_shuffle(keys[1], a, order)
    same(decrypt(keys, a), x[order])
    assert len(a) == len(a.tolist()) == 12
    for wrong in (lambda: a.slice(10, 3), lambda: a.intervals_slice([(10, 13)]), lambda: a.slice_indexes([12])):
        with pytest.raises(ShapeError):
            wrong()


def test_in_place(keys: Keys) -> None:
    pk = keys[1]
    x = np.arange(12.0) + 0.25
    a, b = encrypt(keys, x), encrypt(keys, -2 * x)
    evaluator.i_add(pk, a, b, 2, 3, 4)
    x2 = x.copy()
    x2[2:6] += -2 * x[3:7]
    same(decrypt(keys, a), x2)
    evaluator.i_add(pk, a, a, 0, 6)
    x3 = x2.copy()
    x3[:6] += x2[6:]
    same(decrypt(keys, a), x3)
    a.idouble(pk)
    same(decrypt(keys, a), 2 * x3)
    with pytest.raises(ShapeError):
        evaluator.i_add(pk, a, b, 10, 0, 3)


def test_histograms(keys: Keys) -> None:
    pk = keys[1]
    generator = np.random.default_rng(8)
    gradients = generator.normal(size=(30, 2)) * 10.0 ** generator.integers(-3, 4, (30, 2))
    places = [sorted(set(generator.integers(0, 5, 3).tolist())) for _ in range(30)]
    histogram = CiphertextVector.zeros(10)
    histogram.iupdate(encrypt(keys, gradients), places, 2, pk)
    wanted = np.zeros((5, 2))
    for gradient, targets in zip(gradients, places, strict=True):
        wanted[targets] += gradient
    same(decrypt(keys, histogram), wanted)
    evaluator.chunking_cumsum_with_step(pk, histogram, [4, 6], 2)
    same(decrypt(keys, histogram), np.concatenate([wanted[:2].cumsum(axis=0), wanted[2:].cumsum(axis=0)]))
    x = np.arange(12.0) ** 2
    sums = evaluator.intervals_sum_with_step(pk, encrypt(keys, x), [(0, 4), (6, 12), (3, 3)], 2)
    wanted = [x[0] + x[2], x[1] + x[3], x[6] + x[8] + x[10], x[7] + x[9] + x[11], 0, 0]
    same(decrypt(keys, sums), wanted)


def test_packing(keys: Keys) -> None:
    sk, pk, coder = keys
    numbers = np.arange(1, 11, dtype=np.uint64) * 1000
    packed = pk.encrypt_encoded(coder.pack_u64_vec(numbers, 40, 4), True)
    assert len(packed) == 3
    assert coder.unpack_u64_vec(sk.decrypt_to_encoded(packed), 40, 4, 10) == numbers.tolist()
    single = encrypt(keys, numbers.astype(I8), I8)
    squeezed = single.pack_squeeze(4, 40, pk)
    assert len(squeezed) == 3
    assert coder.unpack_u64_vec(sk.decrypt_to_encoded(squeezed), 40, 4, 10) == numbers.tolist()
    floats = [0.5, 1.25, 1000.0625]
    encoded = coder.pack_floats(np.array(floats), 64, 2, 20)
    assert coder.unpack_floats(encoded, 64, 2, 20, 3).tolist() == floats
    # Halves up, as FATE rounds, and not to even.
    assert coder.unpack_floats(coder.pack_floats([0.25, 0.75, 1.25], 8, 3, 1), 8, 3, 0, 3).tolist() == [1, 2, 3]
    with pytest.raises(RangeError) as error:
        coder.pack_u64_vec([1, 1 << 40], 40, 4)
    assert error.value.index == 1


def test_what_parties_send_each_other(keys: Keys) -> None:
    sk, pk, coder = keys
    sent = pickle.loads(pickle.dumps((pk, coder)))
    vec = sent[0].encrypt_encoded(sent[1].encode_tensor(np.array([1.5, -2.0])), True)
    again = pickle.loads(pickle.dumps(vec))
    same(decrypt(keys, again), [1.5, -2.0])
    same(decrypt((pickle.loads(pickle.dumps(sk)), pk, coder), again), [1.5, -2.0])
    assert not [name for name in dir(sent[0]) if "decrypt" in name]
    # FATE sends the key with every tensor: it is made ready once.
    assert pickle.loads(pickle.dumps(pk)) is pickle.loads(pickle.dumps(pk))
    assert pickle.loads(pickle.dumps(sk)) is pickle.loads(pickle.dumps(sk))


def test_full_packs_in_one_ciphertext_have_room_for_their_sums(keys: Keys) -> None:
    """As FATE's trees fill it: (2048 - 2) // (60 * 2) packs of two slots, each a sum of a hundred."""
    sk, pk, coder = keys
    pack = pk.encrypt_encoded(coder.pack_floats([2.0, 1.0] * 17, 60, 2, 52), True)
    total = pack
    for _ in range(99):
        total = total.add(pk, pack)
    squeezed = total.pack_squeeze(17, 120, pk)
    assert len(squeezed) == 1
    assert coder.unpack_floats(sk.decrypt_to_encoded(squeezed), 60, 34, 52, 34).tolist() == [200.0, 100.0] * 17


def test_histograms_by_masks_and_in_place(keys: Keys) -> None:
    pk = keys[1]
    target = evaluator.zeros(6, F8)
    evaluator.i_update_with_masks(pk, target, encrypt(keys, [1, 2, 3]), [[0, 1], [2, 5]], [True, False, True], 1)
    same(decrypt(keys, target), [1, 1, 3, 0, 0, 3])
    evaluator.i_update(pk, target, encrypt(keys, [1, 2, 3, 4]), [[0, 1], [1, 2]], 2)
    same(decrypt(keys, target), [2, 3, 7, 6, 3, 7])
    evaluator.i_sub(pk, target, encrypt(keys, [10, 20]), 1, 0)
    same(decrypt(keys, target), [2, -7, -13, 6, 3, 7])
    evaluator.i_sub(pk, target, target, 0, 3, 2)
    same(decrypt(keys, target), [-4, -10, -13, 6, 3, 7])
    same(decrypt(keys, evaluator.shuffle(pk, target, [5, 4, 3, 2, 1, 0])), [7, 3, 6, -13, -10, -4])
    with pytest.raises(ShapeError, match="2 lists of positions for 1 masks"):
        evaluator.i_update_with_masks(pk, target, target, [[0], [1]], [True, False], 1)


def test_short_keys_are_refused_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COFFER_INSECURE_FOR_COMPARISON", raising=False)
    with pytest.raises(InvalidKeyError, match="1024 bits"):
        keygen(1024)
    keys = keygen(1024, insecure_for_comparison=True)
    same(decrypt(keys, pickle.loads(pickle.dumps(encrypt(keys, [1.5])))), [1.5])
    other = keygen(2048)
    with pytest.raises(ShapeError):
        encrypt(keys, [1.0]).add(other[1], encrypt(other, [1.0]))


def test_unobfuscated_is_plain_to_see(keys: Keys) -> None:
    vec = keys[1].encrypt_encoded(keys[2].encode_tensor(np.array([7])), obfuscate=False)
    assert int.from_bytes(vec.data[0].tobytes(), "big") == 1 + 7 * keys[1].n
