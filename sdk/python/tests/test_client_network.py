"""The way to the box: silence, addresses, enrolments that can't be kept, and clients that were closed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from desk import Desk
from relay import Relay

import coffer
from coffer import Client, errors
from coffer.client import profile, tls


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.stop()


@pytest.fixture(scope="module")
def config(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    coffer.enrol("127.0.0.1", desk.code, config=folder, port=desk.port, enrolment_port=desk.enrolment_port)
    return folder


@pytest.fixture(scope="module")
def client(config: Path) -> Iterator[Client]:
    with Client(config=config, progress=False) as client:
        yield client


def test_a_network_that_falls_silent_is_noticed_while_a_job_is_waited_for(
    desk: Desk, config: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = client.create_key("silence", 2048)
    for name, seconds in (("KEEPALIVE_S", 1.0), ("KEEPALIVE_ANSWER_S", 1.0), ("CONNECT_WAIT_S", 2.0)):
        monkeypatch.setattr(tls, name, seconds)
    relay = Relay(desk.port)
    with Client(config=config, port=relay.port, progress=False) as through:
        slow = through.encrypt(key, np.arange(60_000))
        relay.silence()
        started = time.monotonic()
        with pytest.raises(errors.NoConnectionError):
            slow.wait()
        assert time.monotonic() - started < 20
        relay.close()
    client.cancel(slow.job_id)


def test_a_job_is_waited_for_so_long_and_no_longer(client: Client) -> None:
    key = client.create_key("patience", 2048)
    slow = client.encrypt(key, np.arange(60_000))
    with pytest.raises(errors.WaitError, match="goes on in the box") as error:
        slow.wait(timeout=0.5)
    assert error.value.job_id == slow.job_id and isinstance(error.value, TimeoutError)
    assert slow.info().state in ("queued", "running")
    slow.cancel()
    with pytest.raises(errors.JobError):
        slow.wait(timeout=30)


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_addresses_with_and_without_brackets(
    desk: Desk, client: Client, config: Path, tmp_path: Path, host: str
) -> None:
    service, enrolment = Relay(desk.port, "::1"), Relay(desk.enrolment_port, "::1")
    code = client.invite(f"six-{len(host)}")
    coffer.enrol(host, code, config=tmp_path, port=service.port, enrolment_port=enrolment.port)
    assert profile.load("default", tmp_path).host == "::1"
    with Client(config=tmp_path, progress=False) as six:
        assert six.status().version == "test"
    with Client(config=config, host=host, port=service.port, progress=False) as six:
        assert six.status().version == "test"
    with pytest.raises(errors.NoConnectionError, match=r"\[::1\]:1|::1"):
        Client(config=tmp_path, port=1)


@pytest.mark.parametrize("host", ["127.0.0.1:9443", "https://box", "", " box", "[box]:9443", "::1::"])
def test_what_is_no_host_is_refused_in_words(config: Path, host: str) -> None:
    with pytest.raises(errors.BoxError, match="is no host"):
        coffer.enrol(host, "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV", config=config)
    if host:
        with pytest.raises(errors.BoxError, match="is no host"):
            Client(config=config, host=host)


def test_an_enrolment_that_could_not_be_kept_is_refused_before_the_code_is_used(
    desk: Desk, client: Client, tmp_path: Path
) -> None:
    code = client.invite("unkept")
    ports = {"port": desk.port, "enrolment_port": desk.enrolment_port}
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(errors.BoxError, match="can't be kept"):
        coffer.enrol("127.0.0.1", code, config=tmp_path / "file", **ports)
    with pytest.raises(errors.BoxError, match="can't be kept"):
        coffer.enrol("127.0.0.1", code, config=tmp_path / "file" / "below", **ports)
    with pytest.raises(errors.BoxError, match="can't be kept"):
        coffer.enrol("127.0.0.1", code, config=Path("/proc/nowhere"), **ports)
    coffer.enrol("127.0.0.1", code, config=tmp_path / "kept", **ports)
    assert profile.load("default", tmp_path / "kept").client == "unkept"


def test_a_name_that_is_another_boxes_is_refused_before_the_code_is_used(
    desk: Desk, client: Client, tmp_path: Path
) -> None:
    stranger = Desk()
    try:
        theirs = {"port": stranger.port, "enrolment_port": stranger.enrolment_port, "config": tmp_path}
        coffer.enrol(
            "127.0.0.1", client.invite("first"), config=tmp_path, port=desk.port, enrolment_port=desk.enrolment_port
        )
        with pytest.raises(errors.BoxError, match="a name of its own"):
            coffer.enrol("127.0.0.1", stranger.code, **theirs)
        assert profile.load("default", tmp_path).client == "first"
        coffer.enrol("127.0.0.1", stranger.code, box="second", **theirs)
        assert profile.load("second", tmp_path).device_id
    finally:
        stranger.stop()


def test_a_closed_client_says_so(config: Path, client: Client) -> None:
    key = client.create_key("closed", 2048)
    with Client(config=config, progress=False) as brief:
        array = brief.encrypt(key, [1, 2])
    for use in (
        brief.status,
        brief.keys,
        brief.jobs,
        lambda: brief.encrypt(key, [1]),
        lambda: array + 1,
        array.wait,
        array.decrypt,
        array.fetch,
        array.delete,
        lambda: brief.invite("nobody"),
    ):
        with pytest.raises(errors.ClosedError, match="closed"):
            use()
    brief.close()
