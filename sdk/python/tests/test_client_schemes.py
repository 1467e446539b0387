"""Keys of Okamoto-Uchiyama, ElGamal and Diffie-Hellman in the true service."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from desk import Desk

import coffer
from coffer import Client, Key, errors


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    desk, config = Desk(), tmp_path_factory.mktemp("config")
    ports = {"port": desk.port, "enrolment_port": desk.enrolment_port}
    coffer.enrol("127.0.0.1", desk.code, name="administrator", config=config, **ports)
    with Client(config=config, progress=False) as client:
        yield client
    desk.stop()


@pytest.fixture(scope="module", params=["okamoto-uchiyama", "elgamal"])
def key(request: pytest.FixtureRequest, client: Client) -> Key:
    return client.create_key(request.param, kind=request.param)


@pytest.fixture(scope="module")
def exchange(client: Client) -> Key:
    return client.create_key("exchange", kind="diffie-hellman", group="ffdhe2048")


def test_keys_say_their_kind(client: Client, key: Key, exchange: Key) -> None:
    assert client.key(key.name) == key and key.kind == key.name
    assert (exchange.kind, exchange.group, exchange.bits) == ("diffie-hellman", "ffdhe2048", 2048)
    assert exchange.operations == ("derive",) and exchange.capacity == 0
    for kind, group in [("paillier", "ffdhe2048"), ("enigma", None)]:
        with pytest.raises(errors.InvalidKeyError):
            client.create_key("x", kind=kind, group=group)
    with pytest.raises(errors.InvalidRequestError, match="modp1024"):
        client.create_key("x", kind="diffie-hellman", group="modp1024")


def test_arrays_compute_as_numpys(client: Client, key: Key) -> None:
    a = np.array([[1, -2, 3], [-4, 5, 6]], dtype=np.int16)
    weights = np.array([[1, -1], [0, 2], [-5, 4]], dtype=np.int8)
    c = client.encrypt(key, a)
    for found, expected in [
        (c, a),
        (c + c, a + a),
        (c + a, a + a),
        (c * 3, a * 3),
        (c * [2, 0, -1], a * [2, 0, -1]),
        (-c, -a),
        (c @ weights, a @ weights),
        (weights.T @ c.T, weights.T @ a.T),
        (c.sum(axis=0), a.sum(axis=0)),
        (c.sum(axis=1), a.sum(axis=1)),
        (c.sum(), a.sum()),
        (c[1, ::-1], a[1, ::-1]),
        (c.obfuscate(), a),
    ]:
        assert (found.decrypt() == expected).all()
    again = client.upload(key, c.fetch(), bound=6)
    assert (again.decrypt() == a).all()
    with pytest.raises(errors.InvalidRequestError, match="ciphertext 1 is none of this key's"):
        client.upload(key, np.concatenate([c.fetch()[0, :1], np.full_like(c.fetch()[0, :1], 255)]))


def test_what_does_not_fit_is_refused_before_and_found_after(client: Client, key: Key) -> None:
    most = key.capacity
    assert most == ((1 << 256) - 1 if key.kind == "okamoto-uchiyama" else (1 << 32) - 1)
    big = client.encrypt(key, np.int8(127)) * ((most + 1) >> 8)
    with pytest.raises(errors.BoundError, match=f"holds {most.bit_length()}"):
        big * 4
    # Who claims too little of the magnitude is told by the box.
    beyond = big.bounded(1) * 4
    with pytest.raises(errors.InvalidRequestError, match="ciphertext 0 does not decrypt"):
        beyond.decrypt()
    if key.kind == "elgamal":
        with pytest.raises(errors.JobError, match="plaintext 1 is not between"):
            client.encrypt(key, [0, 1 << 32]).wait()


def test_fractions_have_room_in_okamoto_uchiyama(client: Client) -> None:
    key = client.create_key("fractions", kind="okamoto-uchiyama")
    values = np.array([0.5, -0.25, 3.75])
    c = client.encrypt(key, values) * 0.5 + values
    assert np.allclose(c.decrypt(), values * 1.5)


def test_both_sides_of_a_key_agreement_come_to_the_same_number(client: Client, exchange: Key) -> None:
    other = client.create_key("other", kind="diffie-hellman", group="ffdhe2048")
    values = [int.from_bytes(k.public_value, "big") for k in (exchange, other)]
    one, two = client.derive(exchange, [values[1], 4]), client.derive("other", [values[0], 4])
    assert one[0] == two[0] and one[0] not in values
    assert client.derive(exchange, []) == []
    for bad in (0, 1, 7):
        with pytest.raises(errors.InvalidRequestError, match="element 1 is none of the group's"):
            client.derive(exchange, [4, bad])
    for bad in (-1, 1 << 2048):
        with pytest.raises(errors.RangeError, match="element 1"):
            client.derive(exchange, [4, bad])
    with pytest.raises(errors.InvalidRequestError, match="diffie-hellman"):
        client.encrypt(exchange, [1]).wait()


def test_public_keys_of_others(client: Client, key: Key) -> None:
    numbers = {"g": key.g} if key.g else {"h": key.public_value}
    theirs = client.import_key(f"theirs-{key.kind}", key.n or None, **numbers)
    assert theirs.imported and theirs.kind == key.kind and theirs.operations == ("encrypt", "evaluate")
    c = client.encrypt(theirs, np.array([3, -4], dtype=np.int8)) * 2
    assert (client.upload(key, c.fetch(), bound=8).decrypt() == [6, -8]).all()
    with pytest.raises(errors.CofferError):
        c.decrypt()
    with pytest.raises(ValueError):
        client.import_key("x", 15, 2, g=2)
    with pytest.raises(TypeError):
        client.import_key("x")


@pytest.fixture(scope="module")
def paillier(client: Client) -> Key:
    return client.create_key("paillier", 2048)


def test_packed_rows_add_up(client: Client, paillier: Key) -> None:
    most = (1 << 20) - 1
    values = np.array([[most, -most, *range(-99, 99)], [most, -most, *range(198)], [-most, most, *range(198)]])
    rows = client.encrypt_packed(paillier, values, value_bits=20, summands=6)
    assert (rows.decrypt() == values).all()
    assert client.job(rows.job_id).columns == 3
    total = rows.sum()
    assert (total.decrypt() == values.sum(axis=0)).all() and (total.shape, total.added) == ((200,), 3)
    assert ((total + total).decrypt() == 2 * values.sum(axis=0)).all()
    assert ((rows * -6).decrypt() == -6 * values).all()
    one = client.encrypt_packed("paillier", [3, -4], value_bits=3, summands=1)
    assert (one.decrypt() == [3, -4]).all() and "1 of 1 summands" in repr(one)


def test_packed_rows_that_may_overflow_are_refused(client: Client, paillier: Key) -> None:
    rows = client.encrypt_packed(paillier, [[1, 2], [3, 4]], value_bits=8, summands=3)
    for too_many in (lambda: rows * 4, lambda: rows.sum() + rows.sum(), lambda: rows.sum() * 2):
        with pytest.raises(errors.BoundError, match="room for 3"):
            too_many()
    wrong = rows * 3
    wrong.added = 1
    assert (wrong.decrypt() == [[3, 6], [9, 12]]).all()
    large = client.encrypt_packed(paillier, [255, 7], value_bits=8, summands=3) * 3
    large.added = 1
    with pytest.raises(errors.InvalidRequestError, match="number 0 of row 0 has outgrown its slot"):
        large.decrypt()
    for values in ([1, 256], [1, -256], [1, 1 << 63]):
        with pytest.raises(errors.RangeError, match="element 1"):
            client.encrypt_packed(paillier, values, value_bits=8, summands=1)
    for bits, summands in [(0, 1), (64, 1), (8, 0), (8, (1 << 32) + 1)]:
        with pytest.raises(errors.ShapeError):
            client.encrypt_packed(paillier, [0], value_bits=bits, summands=summands)
    with pytest.raises(errors.ShapeError):
        client.encrypt_packed(paillier, 5, value_bits=8, summands=1)
    with pytest.raises(errors.ShapeError):
        rows + client.encrypt_packed(paillier, [[1, 2], [3, 4]], value_bits=8, summands=2)


def test_kinds_that_do_not_fit_are_told(client: Client, key: Key) -> None:
    with pytest.raises(errors.ShapeError, match="no Diffie-Hellman key"):
        client.derive(key, [4])
    with pytest.raises(errors.InvalidRequestError, match="do not fit together"):
        client.encrypt_packed(key, [1], value_bits=8, summands=1)
