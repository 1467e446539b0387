"""coffer.Client against the true service."""

from __future__ import annotations

import gc
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import Desk

import coffer
from coffer import CipherArray, Client, Key, errors
from coffer.client import OpenRequest, profile, proofs
from coffer.client.pairing import PairingCode, pin_of


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.stop()


@pytest.fixture(scope="module")
def config(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    sloppy = desk.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    coffer.enrol(
        "127.0.0.1", sloppy, name="administrator", config=folder, port=desk.port, enrolment_port=desk.enrolment_port
    )
    return folder


@pytest.fixture(scope="module")
def client(config: Path) -> Iterator[Client]:
    with Client(config=config, progress=False) as client:
        yield client


@pytest.fixture(scope="module")
def key(client: Client) -> Key:
    return client.create_key("numbers", 2048)


def test_enrolment_is_kept_as_the_command_line_keeps_it(config: Path, desk: Desk) -> None:
    folder = config / "default"
    assert {path.name for path in folder.iterdir()} == {"box.json", "authority.der", "client.der", "client.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    enrolment = profile.load("default", config)
    assert (enrolment.host, enrolment.port, enrolment.client) == ("127.0.0.1", desk.port, "administrator")
    assert enrolment.role == "administrator"


def test_pairing_codes() -> None:
    # As appliance/platform/accounts/src/pairing.rs writes them.
    text = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV"
    code = PairingCode.parse(text)
    assert (len(code.pin), code.secret, code.text()) == (10, "GHJKMNPQRSTV", text)
    assert code == PairingCode.parse("o12345678 9abcdefghjkmnpqrstv".replace("1", "l"))
    assert len(pin_of(b"key")) == 10
    for wrong in ("", "0123", text.replace("V", "!"), text.replace("V", "U"), text + "0"):
        with pytest.raises(errors.PairingError):
            PairingCode.parse(wrong)


def test_codes_and_statements_are_the_boxes_own() -> None:
    """The same values stand in the tests of appliance/platform/accounts."""
    pin = bytes([0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99])
    symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    secret = "".join(symbols[b & 31] for b in (0, 1, 33, 2, 99, 31, 5, 6, 7, 8, 9, 200))
    public = PairingCode(pin, secret).key().public_key().public_bytes_raw().hex()
    assert public == "e1314df145fcef261d8d721d66210e484f12e59cea44a873f8d3ef1a0fcef556"
    signed = proofs.statement(
        b"coffer statement v1",
        b"00ff",
        b"alice",
        b"\1\2",
        b"new code",
        b"bob",
        b"operator",
        b"\7\7",
        proofs.seconds(60),
    )
    assert signed.hex() == (
        "636f666665722073746174656d656e74207631000000043030666600000005616c696365000000020102000000086e657720636f6465"
        "00000003626f62000000086f70657261746f72000000020707000000040000003c"
    )


def test_enrolment_is_refused(desk: Desk, config: Path, tmp_path: Path) -> None:
    ports = {"port": desk.port, "enrolment_port": desk.enrolment_port, "config": tmp_path}
    with pytest.raises(errors.PairingError, match="does not take"):
        # Used up by the fixture.
        coffer.enrol("127.0.0.1", desk.code, **ports)
    other = ("0" if desk.code[0] != "0" else "1") + desk.code[1:]
    with pytest.raises(errors.PairingError, match="not the one whose screen"):
        coffer.enrol("127.0.0.1", other, **ports)
    with pytest.raises(errors.NoConnectionError):
        coffer.enrol("127.0.0.1", desk.code, config=tmp_path, enrolment_port=1)
    with pytest.raises(errors.NotEnrolledError):
        Client(config=tmp_path)
    with pytest.raises(errors.BoxError, match="name"):
        Client("../x", config=tmp_path)


def test_a_box_and_a_client_recognize_each_other(desk: Desk, config: Path, tmp_path: Path) -> None:
    mine = profile.load("default", config)
    stranger = Desk()
    try:
        there = tmp_path / "there"
        coffer.enrol(
            "127.0.0.1", stranger.code, config=there, port=stranger.port, enrolment_port=stranger.enrolment_port
        )
        theirs = profile.load("default", there)
    finally:
        stranger.stop()
    # Our certificate, but another box's authority: this is not the box that we trust.
    profile.save("default", tmp_path, replace(mine, authority=theirs.authority))
    with pytest.raises(errors.NoConnectionError, match="is not the box"):
        Client(config=tmp_path)
    # The right box, but a certificate that it did not issue.
    profile.save("default", tmp_path, replace(mine, certificate=theirs.certificate, key=theirs.key))
    with pytest.raises(errors.CertificateRefusedError):
        Client(config=tmp_path)
    with pytest.raises(errors.NoConnectionError):
        Client(config=config, port=1)
    assert Client(config=config, progress=False).status().version == "test"


def test_keys(client: Client, key: Key) -> None:
    assert client.key("numbers") == client.key(key.id)
    assert key.bits == key.n.bit_length() == 2048
    assert set(key.operations) == {"encrypt", "decrypt", "evaluate"}
    narrow = client.create_key("narrow", 2048, operations=["encrypt"])
    array = client.encrypt(narrow, [1, 2])
    with pytest.raises(errors.NotAllowedError):
        array.decrypt()
    client.destroy_key(narrow)
    with pytest.raises(errors.UnknownKeyError):
        client.encrypt(narrow, [1])
    with pytest.raises(errors.UnknownKeyError, match="there are"):
        client.key("nothing")
    with pytest.raises(errors.InvalidRequestError, match="1024"):
        client.create_key("short", 1024)


def test_a_key_with_limits_says_so_and_ends(client: Client) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    limited = client.create_key("limited", 2048, uses_max=1, expires=soon)
    assert (limited.uses_max, limited.expires, limited.dual_control) == (1, int(soon.timestamp()), False)
    array = client.encrypt(limited, [1, 2])
    np.testing.assert_array_equal(array.decrypt(), [1, 2])
    with pytest.raises(errors.CofferError, match="used up"):
        array.decrypt()
    assert client.key("limited").private_uses == 1 and client.key("limited").state.startswith("used up")
    with pytest.raises(ValueError, match="time zone"):
        client.create_key("naive", 2048, expires=datetime(2040, 1, 1))


def test_under_dual_control_it_takes_another_person(client: Client, desk: Desk, tmp_path: Path) -> None:
    code = client.invite("approver", "administrator")
    coffer.enrol("127.0.0.1", code, config=tmp_path, port=desk.port, enrolment_port=desk.enrolment_port)
    key = client.create_key("dual", 2048, dual_control=True)
    asked = client.destroy_key(key)
    assert asked is not None and asked.deed == "destroy" and asked.keys[0][0] == key.id
    assert client.key("dual").dual_control and asked in client.requests()
    with pytest.raises(errors.NotAllowedError, match="another administrator"):
        client.approve(asked)
    with Client(config=tmp_path, progress=False) as second:
        with pytest.raises(errors.NotAllowedError):
            second.approve(replace(asked, by="somebody"))
        second.approve(asked)
    assert asked not in client.requests()
    with pytest.raises(errors.UnknownKeyError):
        client.key("dual")
    with pytest.raises(ValueError, match="coffer approve"):
        client.approve(replace(asked, deed="backup"))


def test_a_deed_is_digested_as_the_box_does_it() -> None:
    # The same in Rust: appliance/platform/accounts/src/statement.rs.
    asked = OpenRequest("ab", "destroy", "alice", 0, (("01", "alice", "k"),), False, b"")
    assert proofs.digest(asked).hex() == "e94f6d3f25f502c7ad5913ae058b9eb4a1cd9257a569033c9258a93bc7a38b09"


def test_arrays(client: Client, key: Key) -> None:
    generator = np.random.default_rng(3)
    x, y = generator.integers(-1000, 1000, (2, 5, 3))
    a, b = client.encrypt(key, x), client.encrypt(key, y)
    assert a.shape == (5, 3) and len(a) == 5 and a.size == 15
    weights, left = generator.integers(-(2**40), 2**40, (3, 4)), generator.integers(-9, 9, (2, 5))
    for got, wanted in (
        (a, x),
        (a + b, x + y),
        (a - b, x - y),
        (a + 7, x + 7),
        (7 - a, 7 - x),
        (a + y, x + y),
        (-a, -x),
        (a * 3, x * 3),
        (-(2**60) * a, -(2**60) * x.astype(object)),
        (a * np.array([1, -2, 3]), x * np.array([1, -2, 3])),
        (a * y, x * y),
        (y * a, x * y),
        (a @ weights, x @ weights),
        (a @ weights[:, 0], x @ weights[:, 0]),
        (left @ a, left @ x),
        (left[0] @ a, left[0] @ x),
        (a.sum(), x.sum()),
        (a.sum(axis=0), x.sum(axis=0)),
        (a.sum(axis=1), x.sum(axis=1)),
        (a.sum(axis=-1), x.sum(axis=-1)),
        (a.obfuscate(), x),
        (a.sum(axis=0) @ weights, x.sum(axis=0) @ weights),
        (weights.T @ a.sum(axis=0), weights.T @ x.sum(axis=0)),
        (weights[:, 0] @ a.sum(axis=0), weights[:, 0] @ x.sum(axis=0)),
        (a.sum(axis=1) * np.arange(5), x.sum(axis=1) * np.arange(5)),
        (a.sum(axis=0) * np.arange(3) + 4, x.sum(axis=0) * np.arange(3) + 4),
        (a.sum(axis=0) + client.encrypt(key, [1, 2, 3]), x.sum(axis=0) + np.array([1, 2, 3])),
        (client.encrypt(key, [1, 2, 3]) - a.sum(axis=0), np.array([1, 2, 3]) - x.sum(axis=0)),
        (a.sum(axis=0).sum(), x.sum()),
        (a.sum(axis=1).sum(axis=0), x.sum()),
        (a.sum(axis=1) @ left.T, x.sum(axis=1) @ left.T),
        (client.encrypt(key, 5) * 3 + 1, np.asarray(16)),
    ):
        found = got.decrypt(dtype=wanted.dtype)
        assert found.shape == got.shape == wanted.shape
        np.testing.assert_array_equal(found, wanted)


def test_fixed_point(client: Client, key: Key) -> None:
    generator = np.random.default_rng(4)
    x, w = generator.normal(size=(6, 2)), generator.normal(size=2)
    a = client.encrypt(key, x)
    assert a.fraction_bits == 24
    close = {"atol": 2.0**-20, "rtol": 0}
    np.testing.assert_allclose(a.decrypt(), x, atol=2.0**-25, rtol=0)
    np.testing.assert_allclose((a @ w).decrypt(), x @ w, **close)
    np.testing.assert_allclose((a * 0.5 + a).decrypt(), 1.5 * x, **close)
    np.testing.assert_allclose((a + 1).decrypt(), x + 1, **close)
    np.testing.assert_allclose((1.25 - a * 2).decrypt(), 1.25 - 2 * x, **close)
    assert (a * 0.5).fraction_bits == 48 and (a * 2).fraction_bits == 24
    whole = client.encrypt(key, [1, 2])
    np.testing.assert_allclose((whole + np.array([0.5, -0.25])).decrypt(), [1.5, 1.75], **close)
    with pytest.raises(errors.RangeError) as error:
        client.encrypt(key, [0.0, 1e13])
    assert error.value.index == 1
    with pytest.raises(errors.RangeError):
        client.encrypt(key, [np.nan])
    with pytest.raises(errors.RangeError) as error:
        client.encrypt(key, np.array([1, 1 << 63], dtype=object))
    assert error.value.index == 1


def test_what_does_not_fit(client: Client, key: Key) -> None:
    a = client.encrypt(key, np.arange(6).reshape(2, 3))
    for wrong in (
        lambda: a + client.encrypt(key, [1, 2]),
        lambda: a @ np.ones((2, 2), int),
        lambda: np.ones((2, 3), int) @ a,
        lambda: client.encrypt(key, np.zeros((1, 1, 1), int)),
        lambda: a.sum(axis=2),
    ):
        with pytest.raises((errors.ShapeError, ValueError)):
            wrong()
    with pytest.raises(TypeError):
        a * a
    with pytest.raises(TypeError):
        client.encrypt(key, ["x"])
    with pytest.raises(errors.RangeError) as error:
        (a * (1 << 62) * 8).decrypt()
    assert error.value.index == 1
    assert (a * (1 << 62) * 8).decrypt(dtype=object)[1, 2] == 5 << 65


def test_a_public_key_outside_computes_with_the_box(client: Client, key: Key) -> None:
    """What coffer.phe encrypts here is computed on there; what the box has is fetched and computed on here."""
    import coffer.phe as phe

    public = phe.PaillierPublicKey(key.n, hs=key.hs)
    numbers = phe.batch.encrypt(public, np.array([1, -2, 3]))
    width = public.native.ciphertext_bytes
    sent = np.frombuffer(b"".join(n.ciphertext().to_bytes(width, "big") for n in numbers), np.uint8).reshape(3, width)
    there = client.upload(key, sent)
    np.testing.assert_array_equal((there * 10).decrypt(), [10, -20, 30])
    fetched = there.fetch()
    assert fetched.shape == (3, width) and not (fetched == sent).all()
    back = phe.EncryptedNumber(public, int.from_bytes(fetched[1].tobytes(), "big")) * 5 + 1
    again = np.frombuffer(back.ciphertext().to_bytes(width, "big"), np.uint8).reshape(1, width)
    np.testing.assert_array_equal(client.upload(key, again).decrypt(), [-9])
    with pytest.raises(errors.InvalidRequestError, match="ciphertext 0"):
        client.upload(key, np.full((1, width), 255, np.uint8))


def test_somebody_elses_key(client: Client, ours: Any) -> None:
    public, private = ours
    key = client.import_key("partner", public.n, public.hs)
    array = client.encrypt(key, np.arange(4)) * 3
    fetched = array.fetch()
    assert [private.raw_decrypt(int.from_bytes(c.tobytes(), "big")) for c in fetched] == [0, 3, 6, 9]
    with pytest.raises(errors.BoxError):
        array.decrypt()


def test_jobs(client: Client, key: Key) -> None:
    array = client.encrypt(key, np.arange(20_000))
    with pytest.raises(errors.BoxError):
        client.delete(array.job_id)
    array.cancel()
    with pytest.raises(errors.JobError) as error:
        array.wait()
    assert (error.value.state, error.value.job_id) == ("cancelled", array.job_id)
    with pytest.raises(errors.UnknownJobError):
        client.job("0123456789abcdef")
    done = client.encrypt(key, [1]).wait()
    assert done.info().state == "done" and done.info().operation == "encrypt"
    assert done.job_id in {job.id for job in client.jobs()}
    assert {job.client for job in client.jobs(all=True)} == {done.info().client}
    done.delete()
    assert done.job_id not in {job.id for job in client.jobs()}


def test_handles_that_are_dropped_leave_the_box(client: Client, key: Key) -> None:
    array = client.encrypt(key, [1, 2]).wait()
    dropped = array.job_id
    result = (array * 2 + 1).sum()
    del array
    assert result.decrypt() == 8
    del result
    gc.collect()
    client.encrypt(key, [0]).wait()
    assert dropped not in {job.id for job in client.jobs()}


def test_a_full_queue_says_when_to_come_again(config: Path, key: Key) -> None:
    with Client(config=config, progress=False, patience=0) as hasty:
        jobs: list[CipherArray] = []
        with pytest.raises(errors.BusyError) as error:
            for _ in range(200):
                jobs.append(hasty.encrypt(key, np.arange(3000)))
        assert 0 < error.value.retry_after < 60
        hasty.patience = 60
        jobs[0].cancel()
        late = hasty.encrypt(key, [1])
        for job in jobs:
            job.cancel()
        assert late.decrypt() == [1]


def test_progress_is_shown_if_tqdm_is_there(config: Path, key: Key, capsys: pytest.CaptureFixture[str]) -> None:
    with Client(config=config) as client:
        client.encrypt(key, np.arange(600)).wait()
    assert "encrypt" in (shown := capsys.readouterr().err) and "600" in shown


def test_a_revoked_certificate(desk: Desk, config: Path, client: Client, tmp_path: Path) -> None:
    from coffer.v1 import coffer_pb2 as pb

    code = client.invite("second")
    with pytest.raises(errors.PairingError, match="second"):
        # It is for another name; and still good.
        coffer.enrol("127.0.0.1", code, name="third", config=tmp_path, enrolment_port=desk.enrolment_port)
    coffer.enrol("127.0.0.1", code, name="second", config=tmp_path, port=desk.port, enrolment_port=desk.enrolment_port)
    with Client(config=tmp_path, progress=False) as second:
        assert second.keys() == []
        serial = next(c.serial for c in client._stub.ListClients(pb.ListClientsRequest()).clients if c.name == "second")
        client.revoke(serial)
        deadline = time.monotonic() + 10
        with pytest.raises(errors.CertificateRefusedError):
            while time.monotonic() < deadline:
                second.keys()
    with pytest.raises(errors.CertificateRefusedError):
        Client(config=tmp_path)


def test_a_certificate_that_ended_is_told_of_in_words(desk: Desk, client: Client, tmp_path: Path) -> None:
    code = client.invite("brief")
    coffer.enrol("127.0.0.1", code, config=tmp_path, valid_for=6, port=desk.port, enrolment_port=desk.enrolment_port)
    time.sleep(7)
    told = r"ended on .* by the box's clock, which says .* `coffer renew`"
    with pytest.raises(errors.CertificateRefusedError, match=told):
        Client(config=tmp_path)


def test_an_earlier_enrolment_is_kept(desk: Desk, client: Client, tmp_path: Path) -> None:
    ports = {"config": tmp_path, "port": desk.port, "enrolment_port": desk.enrolment_port}
    coffer.enrol("127.0.0.1", client.invite("earlier"), **ports)
    coffer.enrol("127.0.0.1", client.invite("later"), **ports)
    kept = next(path.name for path in tmp_path.iterdir() if path.name != "default")
    assert profile.load("default", tmp_path).client == "later"
    with Client(kept, config=tmp_path, progress=False) as earlier:
        assert earlier.keys() == []
