"""Arrays in the box: exact, in every order, by numpy's names; or refused."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import gmpy2
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from desk import Desk

import coffer
from coffer import CipherArray, Client, Key, errors


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    desk = Desk()
    folder = tmp_path_factory.mktemp("config")
    coffer.enrol("127.0.0.1", desk.code, config=folder, port=desk.port, enrolment_port=desk.enrolment_port)
    yield folder
    desk.stop()


@pytest.fixture(scope="module")
def client(config: Path) -> Iterator[Client]:
    with Client(config=config, progress=False) as client:
        yield client


@pytest.fixture(scope="module")
def key(client: Client) -> Key:
    return client.create_key("numbers", 2048)


@pytest.fixture(scope="module")
def c(client: Client, key: Key) -> CipherArray:
    return client.encrypt(key, [[1, 2, 3], [4, 5, 6]])


X = np.array([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    "one",
    [np.uint8(1), np.uint64(1), np.int8(-128), np.array([1, 2, 255], dtype=np.uint8), np.bool_(True), gmpy2.mpz(1)],
    ids=repr,
)
def test_what_has_no_negative_in_its_type_is_subtracted_all_the_same(c: CipherArray, one: Any) -> None:
    plain = np.asarray(one, dtype=object).astype(np.int64)
    np.testing.assert_array_equal((c - one).decrypt(), X - plain)
    np.testing.assert_array_equal((one - c).decrypt(), plain - X)


@pytest.mark.parametrize(
    "factor",
    [
        Decimal("0.5"),
        Fraction(1, 2),
        gmpy2.mpq(1, 2),
        gmpy2.mpfr("0.5"),
        np.float16(0.5),
        np.longdouble(0.5),
        0.5,
        pd.Series([1.5, 2, Decimal("0.25")], dtype=object),
        pa.array([1.5, 2.0, 0.25]),
        np.array([1.5, 2, Fraction(1, 4)], dtype=object),
        [1.5, 2, 0.25],
        gmpy2.mpz(3),
        np.int16(3),
        np.uint64(3),
    ],
    ids=repr,
)
def test_a_factor_of_any_kind_keeps_its_fraction_in_either_order(c: CipherArray, factor: Any) -> None:
    plain = np.array([float(v) for v in np.ravel(factor)]) if np.ndim(factor) else float(factor)
    np.testing.assert_array_equal((c * factor).decrypt(float), X * plain)
    np.testing.assert_array_equal((c + factor).decrypt(float), X + plain)
    np.testing.assert_array_equal((c - factor).decrypt(float), X - plain)
    if not isinstance(factor, (list, pa.Array)):
        np.testing.assert_array_equal((factor * c).decrypt(float), X * plain)
        np.testing.assert_array_equal((factor - c).decrypt(float), plain - X)


def test_matrix_products_with_fractions_in_an_object_column(c: CipherArray) -> None:
    weights = pd.Series([Decimal("0.5"), Fraction(1, 4), 1.5], dtype=object)
    np.testing.assert_array_equal((c @ weights).decrypt(), X @ np.array([0.5, 0.25, 1.5]))
    np.testing.assert_array_equal((np.array([Fraction(1, 2), 1], dtype=object) @ c).decrypt(), [0.5, 1] @ X)
    big = np.array([(1 << 53) + 1, 0, 0], dtype=object)
    assert (c @ big).decrypt(object).tolist() == [(1 << 53) + 1, 4 * ((1 << 53) + 1)]


def test_columns_and_tables_go_in_and_come_out(client: Client, key: Key) -> None:
    frame = pd.DataFrame({"id": [(1 << 53) + 1, 2], "n": [3, 4]}, index=["a", "b"])
    array = client.encrypt(key, frame)
    pd.testing.assert_frame_equal(array.decrypt(like=frame), frame)
    pd.testing.assert_series_equal(array.sum(axis=1).decrypt(like=frame), frame.sum(axis=1))
    series = pd.Series([0.5, 1.25], name="x")
    pd.testing.assert_series_equal(client.encrypt(key, series).decrypt(like=series), series)
    table = pa.table({"id": [(1 << 53) + 1, 2], "n": [3, 4]})
    assert client.decrypt(client.encrypt(key, table), like=table).equals(table)
    column = pa.chunked_array([[1], [2]])
    assert client.encrypt(key, column).decrypt(like=column).to_pylist() == [1, 2]
    np.testing.assert_array_equal((frame * client.encrypt(key, frame)).decrypt(object), frame.astype(object) ** 2)
    with pytest.raises(ValueError, match="element 1 is missing"):
        client.encrypt(key, pd.Series([1, None], dtype="Int64"))
    with pytest.raises(errors.RangeError, match="element 1 is nan"):
        client.encrypt(key, pd.Series([1.0, None]))


def test_a_single_number_is_an_array_without_dimensions(client: Client, key: Key) -> None:
    for value in (5.5, np.float64(-123.456), np.float16(0.25), Decimal("0.75"), 7, np.uint8(255), np.array(2.5)):
        array = client.encrypt(key, value)
        assert array.shape == ()
        assert array.decrypt(float) == pytest.approx(float(value), abs=4e-8)
        assert (array * 0.5 - value).decrypt(float) == pytest.approx(-float(value) / 2, abs=2e-7)
        assert (value - array / 4).decrypt(float) == pytest.approx(float(value) * 0.75, abs=2e-7)


def test_values_that_numpy_would_round_are_encrypted_exactly(client: Client, key: Key) -> None:
    mixed = client.encrypt(key, [(1 << 38) + 1, 0.5])
    assert mixed.decrypt().tolist() == [(1 << 38) + 1, 0.5]
    assert client.encrypt(key, [(1 << 53) + 1, 2]).decrypt().tolist() == [(1 << 53) + 1, 2]
    with pytest.raises(errors.RangeError, match=r"element 1.*fraction"):
        client.encrypt(key, [1.0, 1.5], fraction_bits=0)
    assert client.encrypt(key, [1.0, 2.0], fraction_bits=0).decrypt().tolist() == [1, 2]
    with pytest.raises(errors.RangeError, match="element 0"):
        client.encrypt(key, [1 << 63, -1])
    with pytest.raises(errors.RangeError, match="element 1"):
        client.encrypt(key, np.array([1, 1 << 63], dtype=np.uint64))


def test_small_factors_keep_their_digits_and_small_values_are_not_lost_unsaid(client: Client, c: CipherArray) -> None:
    np.testing.assert_allclose((c * 1e-9).decrypt(), X * 1e-9, rtol=1e-7)
    np.testing.assert_allclose((c @ [1e-12, 2e-12, 3e-12]).decrypt(), X @ [1e-12, 2e-12, 3e-12], rtol=1e-6)
    np.testing.assert_allclose((c / 1_000_003).decrypt(), X / 1_000_003, rtol=1e-7)
    np.testing.assert_array_equal((c * 1e13).decrypt(), X * 1e13)
    # Beside large ones too.
    mixed = np.array([1.0, 1e-6, 2.0**31])
    np.testing.assert_allclose((c / mixed).decrypt(), X / mixed, rtol=1e-6)
    np.testing.assert_allclose((c * mixed).decrypt(), X * mixed, rtol=1e-6)
    np.testing.assert_allclose(((c - mixed) * 1e9).decrypt(), (X - mixed) * 1e9, rtol=1e-6)
    with pytest.raises(errors.RangeError, match="rounds to 0"):
        client.encrypt(c.key, [1e-12])


def test_a_hundred_products_are_right_or_refused_and_rescaling_goes_on(client: Client, key: Key) -> None:
    array, plain = client.encrypt(key, [1.0, -2.0]), np.array([1.0, -2.0])
    with pytest.raises(errors.BoundError, match="rescale"):
        for _ in range(100):
            array, plain = array * 0.3, plain * 0.3
    np.testing.assert_allclose(array.decrypt(), plain, rtol=1e-5)
    np.testing.assert_allclose((array.bounded(1.01 * np.abs(plain).max()) * 0.3).decrypt(), plain * 0.3, rtol=1e-5)
    scaled = client.encrypt(key, [3.0]) * 0.5 * 0.5
    again = scaled.rescale()
    assert again.fraction_bits == 24 and (again * 4).decrypt() == [3.0]
    with pytest.raises(errors.RangeError, match="rounds to 0"):
        (client.encrypt(key, [1.0]) * 1e-12).rescale()
    with pytest.raises(errors.BoundError):
        client.encrypt(key, 1).bounded(key.n // 5) * 2
    with pytest.raises(errors.DecryptionRangeError):
        client.encrypt(key, [1, 7]).bounded(6).decrypt()


def test_factors_and_addends_of_any_size_that_fit_the_key_are_taken(c: CipherArray) -> None:
    big, exact = 10**40 + 1, X.astype(object)
    column = np.array([big, -big, 1], dtype=object)
    for found, wanted in (
        (c * big, exact * big),
        (-big * c, exact * -big),
        (c * column, exact * column),
        (c + big, exact + big),
        (column - c, column - exact),
        (c @ column, exact @ column),
        (np.array([big, 2], dtype=object) @ c, np.array([big, 2], dtype=object) @ exact),
        (c * (1 << 63), exact * (1 << 63)),
        (c + -(1 << 200), exact - (1 << 200)),
    ):
        assert found.decrypt(object).tolist() == wanted.tolist()
    assert (c[0, 0] * 0.5 + (1e15 + 0.25)).decrypt() == 1e15 + 0.75
    assert (c[0, 0] * (1e14 + 0.5)).decrypt() == 1e14 + 0.5
    assert (c[0, 0] + 1e30).decrypt(float) == 1e30 + 1
    for wrong in (
        lambda: c * (1 << 2040),
        # 2^2046 is below a third of some n.
        lambda: c + (1 << 2047),
        lambda: c @ [1 << 2040, 0, 0],
        lambda: c * 1e300 * 1e300,
    ):
        with pytest.raises(errors.BoundError):
            wrong()


def test_whole_numbers_are_added_after_products_with_fractions(client: Client, key: Key) -> None:
    array = client.encrypt(key, [1.5]) * 0.5 * 0.5
    assert array.fraction_bits == 72
    assert (array + 1).decrypt() == [1.375]
    assert ((1 << 40) - array).decrypt() == [(1 << 40) - 0.375]
    assert (array + client.encrypt(key, [1])).decrypt() == [1.375]


def test_of_ciphertexts_from_outside_decryption_says_that_it_cannot_tell(client: Client, key: Key) -> None:
    fetched = client.encrypt(key, [1, 2]).fetch()
    with pytest.warns(errors.UnknownBoundWarning):
        assert (client.upload(key, fetched) * 2 + 1).decrypt().tolist() == [3, 5]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (client.upload(key, fetched, bound=10) * 2 + 1).decrypt().tolist() == [3, 5]


def test_numpys_functions(client: Client, key: Key, c: CipherArray) -> None:
    w, v = np.array([1, -2, 3]), np.array([2, 7])
    d = client.encrypt(key, [10, 20, 30])
    for found, wanted in (
        (np.sum(c), X.sum()),
        (np.sum(c, axis=0), X.sum(axis=0)),
        (np.sum(c, axis=(0, 1)), X.sum()),
        (np.sum(c, axis=1, keepdims=True), X.sum(axis=1, keepdims=True)),
        (np.add.reduce(c, axis=1), X.sum(axis=1)),
        (np.mean(c), X.mean()),
        (np.mean(c, axis=0), X.mean(axis=0)),
        (c.mean(axis=1), X.mean(axis=1)),
        (np.average(d, weights=w), np.average([10, 20, 30], weights=w)),
        (np.dot(c, w), X @ w),
        (np.dot(v, c), v @ X),
        (np.dot(d, w), np.dot([10, 20, 30], w)),
        (np.dot(w, d), np.dot([10, 20, 30], w)),
        (np.dot(3, d), np.array([30, 60, 90])),
        (np.inner(d, w), np.inner([10, 20, 30], w)),
        (np.matmul(v, c), v @ X),
        (np.multiply(X, c), X * X),
        (np.add(X, c), X + X),
        (np.subtract(X, c * 2), -X),
        (np.negative(c), -X),
        (+c, X),
        (c / 2, X / 2),
        (c / 4.0, X / 4),
        (c / 0.5, X / 0.5),
        (c / np.array([1, 2, 4]), X / [1, 2, 4]),
        (np.divide(c, 3), X / 3),
        (c / Fraction(1, 3), X * 3),
        (c.T, X.T),
        (np.transpose(c), X.T),
        (np.transpose(c, (0, 1)), X),
        (c.transpose(1, 0), X.T),
        (np.concatenate([c, d], axis=None), np.concatenate([X, [10, 20, 30]], axis=None)),
        (c.T @ v, X.T @ v),
        (c.reshape(3, 2), X.reshape(3, 2)),
        (np.reshape(c, (6,)), X.reshape(6)),
        (c.reshape(-1) @ np.arange(6), X.reshape(-1) @ np.arange(6)),
        (np.ravel(c), X.ravel()),
        (np.concatenate([c, c * 2]), np.concatenate([X, X * 2])),
        (np.concatenate([c, c / 2], axis=1), np.concatenate([X, X / 2], axis=1)),
        (np.vstack([d, d]), np.vstack([[10, 20, 30]] * 2)),
        (np.hstack([d, d]), np.hstack([[10, 20, 30]] * 2)),
        (c[0], X[0]),
        (c[-1, 1], X[-1, 1]),
        (c[:, 1:], X[:, 1:]),
        (c[::-1], X[::-1]),
        (c[[1, 0, 1]], X[[1, 0, 1]]),
        (c[X > 2], X[X > 2]),
        (c[0, np.newaxis], X[0, np.newaxis]),
        (c[...], X),
        (c[0] * w + c[1], X[0] * w + X[1]),
        (sum(c), sum(X)),
    ):
        assert found.shape == np.shape(wanted)
        np.testing.assert_allclose(found.decrypt(float), wanted, rtol=1e-7)
    assert [row.decrypt().tolist() for row in c] == X.tolist()
    assert (np.shape(c), np.ndim(c), np.size(c)) == ((2, 3), 2, 6)


def test_what_needs_the_numbers_themselves_is_refused_in_words(c: CipherArray) -> None:
    for compared in (
        lambda: c == c,
        lambda: c == 1,
        lambda: c != X,
        lambda: X == c,
        lambda: c < 3,
        lambda: X >= c,
        lambda: np.equal(c, X),
        lambda: 5 in c,
    ):
        with pytest.raises(TypeError, match=r"compared|decrypt"):
            compared()
    for read in (
        lambda: bool(c),
        lambda: float(c[0, 0]),
        lambda: int(c[0, 0]),
        lambda: np.asarray(c),
        lambda: np.array([c, c]),
        lambda: pd.DataFrame(c),
        lambda: np.sqrt(c),
        lambda: np.exp(c),
        lambda: np.abs(c),
        lambda: np.max(c),
        lambda: np.sort(c),
        lambda: np.argmax(c),
        lambda: np.linalg.norm(c),
        lambda: np.allclose(c, X),
        lambda: np.where(X > 1, c, 0),
        lambda: np.multiply.outer(X, c),
        lambda: np.add.accumulate(c),
        lambda: np.add(c, X, out=np.zeros((2, 3))),
        lambda: np.sum(c, dtype=float),
        lambda: X.astype(float).__iadd__(c),
    ):
        with pytest.raises(TypeError, match="encrypted"):
            read()
    for matrix in (lambda: c * np.matrix(X), lambda: np.matrix(X) * c):
        with pytest.raises(TypeError, match="matrix"):
            matrix()
    for bits in (-1, 1 << 20):
        with pytest.raises(errors.ShapeError, match="fraction bits"):
            c.client.encrypt(c.key, [1.5], fraction_bits=bits)
    for other in (lambda: c * c, lambda: c @ c, lambda: c / c, lambda: 1 / c):
        with pytest.raises(TypeError, match="needs a scheme that multiplies ciphertexts"):
            other()
    for wrong in (lambda: c[5], lambda: c[0, 0, 0], lambda: c.reshape(5), lambda: c.reshape(1, 2, 3), lambda: c[0:0]):
        with pytest.raises((IndexError, ValueError)):
            wrong()
    for shape in (lambda: c + np.ones((3, 2)), lambda: c * np.ones((2, 2, 3)), lambda: c * np.ones(2)):
        with pytest.raises(errors.ShapeError, match="shape"):
            shape()
    with pytest.raises(ZeroDivisionError):
        c / np.array([1, 0, 2])
    for text in (lambda: c + "1", lambda: c * None, lambda: c * 1j, lambda: c * [[1, 2, "3"], [1, 2, 3]]):
        with pytest.raises(TypeError, match="number"):
            text()
    for endless in (lambda: c * np.nan, lambda: c + np.inf, lambda: c * [1, np.nan, 2]):
        with pytest.raises(errors.RangeError, match=r"nan|inf"):
            endless()
    with pytest.raises(errors.RangeError):
        c * [1e15, np.nan, 2]
    assert len({c, c}) == 1 and c is copy.copy(c) is copy.deepcopy(c)


def test_a_type_that_does_not_hold_the_numbers_is_refused_with_the_element(client: Client, key: Key) -> None:
    array = client.encrypt(key, [1, 300, -5])
    for dtype in (np.uint8, np.int8, np.uint64):
        with pytest.raises(errors.RangeError) as error:
            array.decrypt(dtype)
        assert error.value.index == (1 if dtype != np.uint64 else 2)
    with pytest.raises(TypeError, match="decrypt to"):
        array.decrypt(bool)
    with pytest.raises(errors.RangeError, match="float16"):
        (array * 1000).decrypt(np.float16)


def test_an_imported_public_key_whose_obfuscators_hide_nothing_is_refused(client: Client, ours: Any) -> None:
    n = ours[0].n
    for hs in (1, n + 1, n):
        with pytest.raises(errors.InvalidKeyError):
            client.import_key("weak", n, hs)


PICKLED = """
import pickle, sys
array = pickle.load(open(sys.argv[1], "rb"))
print((array * 2 + 1).decrypt().tolist(), array.bound, array.fraction_bits)
"""


def test_handles_are_pickled_for_other_processes(client: Client, key: Key, tmp_path: Path) -> None:
    array = client.encrypt(key, [1.5, 2.5])
    (tmp_path / "handle").write_bytes(pickle.dumps(array))
    job = array.job_id
    bound = array.bound
    del array
    client.encrypt(key, [0]).wait()
    ran = subprocess.run(
        [sys.executable, "-P", "-c", PICKLED, tmp_path / "handle"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split("\n")[0] == f"[4.0, 6.0] {bound} 24"
    again = pickle.loads((tmp_path / "handle").read_bytes())
    assert again.client is client and again.decrypt().tolist() == [1.5, 2.5]
    again.delete()
    assert job not in {info.id for info in client.jobs()}
