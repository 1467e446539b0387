"""TLS 1.3 towards a box: by the pin of a pairing code once, by its authority ever after."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import tempfile

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from coffer.client.pairing import pin_of
from coffer.client.profile import Enrolment
from coffer.errors import BoxError, CertificateRefusedError, NoConnectionError, PairingError

# The name in every box's certificate: boxes are told apart by their authorities.
BOX_NAME = "coffer"
# A box under load may take a while to shake hands: its key is in a TPM.
CONNECT_WAIT_S = 30.0
# The largest message that is taken; results come in chunks well below.
MESSAGE_MAX = 4 << 20

# A network that has gone silent is noticed after these: a ping, and so long for its answer.
KEEPALIVE_S = 20.0
KEEPALIVE_ANSWER_S = 20.0

_OPTIONS = [
    ("grpc.ssl_target_name_override", BOX_NAME),
    ("grpc.max_receive_message_length", MESSAGE_MAX),
    ("grpc.enable_http_proxy", 0),
]


def bare(host: str) -> str:
    """A host's name or address, without the brackets of an IPv6 address. Raises BoxError for what is neither."""
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in name or not name or name != name.strip() or "/" in name:
        try:
            ipaddress.IPv6Address(name)
        except ValueError as error:
            raise BoxError(f"{host!r} is no host: a name or an address is needed, and a port as `port`") from error
    return name


def pinned_channel(host: str, port: int, pin: bytes) -> grpc.Channel:
    """A channel to the one box whose key has this pin; without a certificate of ours. Raises PairingError for another.

    The first handshake is for the certificate: by TLS 1.3 the other side has proved that it holds its key. The channel
    then trusts this certificate and nothing else.
    """
    certificate = x509.load_der_x509_certificate(_certificate_of(host, port))
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if pin_of(key) != pin:
        raise PairingError(f"the box at {host}:{port} is not the one whose screen shows this code")
    credentials = grpc.ssl_channel_credentials(root_certificates=certificate.public_bytes(Encoding.PEM))
    return _channel(host, port, credentials)


def enrolled_channel(enrolment: Enrolment, host: str, port: int, *, only: bytes | None = None) -> grpc.Channel:
    """A channel to the box whose authority issued our certificate, with our certificate. only: to whoever has this one
    certificate (DER)."""
    authority, certificate, key = _pem(enrolment)
    trusted = authority if only is None else x509.load_der_x509_certificate(only).public_bytes(Encoding.PEM)
    return _channel(host, port, grpc.ssl_channel_credentials(trusted, key, certificate))


def pin(enrolment: Enrolment, host: str, port: int) -> bytes:
    """The pin of the box's key, from a handshake in which it proved to be the box that is known."""
    key = x509.load_der_x509_certificate(certificate(enrolment, host, port)).public_key()
    return pin_of(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def certificate(enrolment: Enrolment, host: str, port: int) -> bytes:
    """The certificate (DER) that the box shows, from a handshake in which it proved to be the box that is known."""
    authority, _, _ = _pem(enrolment)
    context = _context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.load_verify_locations(cadata=authority.decode())
    try:
        with _connect(context, host, port) as stream:
            shown = stream.getpeercert(binary_form=True)
    except OSError as error:
        raise NoConnectionError(f"no connection to {host}:{port}: {error}") from error
    if shown is None:
        raise NoConnectionError(f"{host}:{port} shows no certificate")
    return shown


def why_not(enrolment: Enrolment, host: str, port: int, only: bytes | None = None) -> BoxError | None:
    """Why a channel does not connect, which gRPC keeps to itself; None if it would now. only: to whoever has this one
    certificate."""
    authority, certificate, key = _pem(enrolment)
    context = _context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.load_verify_locations(cadata=authority.decode())
    # The standard library takes a key from a file alone.
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "client.pem")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(certificate + key)
        context.load_cert_chain(path)
    try:
        with _connect(context, host, port) as stream:
            if only is not None and stream.getpeercert(binary_form=True) != only:
                return NoConnectionError(
                    f"the box at {host}:{port} shows another certificate than the one that its evidence was about: "
                    "open another coffer.Client and attest again"
                )
            # With TLS 1.3 the refusal of our certificate comes after the handshake, with the first read.
            stream.recv(1)
    except ssl.SSLCertVerificationError:
        return NoConnectionError(
            f"whoever answers at {host}:{port} is not the box {enrolment.device_id}, or that box has a new identity, "
            "as its screen then says: coffer renew --pin PIN"
        )
    except ssl.SSLError as error:
        if "ALERT" in (error.reason or ""):
            alert = (error.reason or "").lower().replace("_", " ")
            return CertificateRefusedError(f"the box does not take this client's certificate ({alert})")
        return NoConnectionError(f"TLS with {host}:{port}: {error.reason}")
    except OSError as error:
        return NoConnectionError(f"no connection to {host}:{port}: {error}")
    return None


def _channel(host: str, port: int, credentials: grpc.ChannelCredentials) -> grpc.Channel:
    target = f"{host}:{port}"
    if ":" in host:
        # A zone ("%eth0") is escaped in a URI.
        target = f"ipv6:[{host}]:{port}".replace("%", "%25")
    keepalive = [
        ("grpc.keepalive_time_ms", int(KEEPALIVE_S * 1000)),
        ("grpc.keepalive_timeout_ms", int(KEEPALIVE_ANSWER_S * 1000)),
        # What newer versions go by; their own is a minute.
        ("grpc.http2.ping_timeout_ms", int(KEEPALIVE_ANSWER_S * 1000)),
        ("grpc.keepalive_permit_without_calls", 0),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    return grpc.secure_channel(target, credentials, options=_OPTIONS + keepalive)


def _certificate_of(host: str, port: int) -> bytes:
    try:
        with _connect(_context(), host, port) as stream:
            certificate = stream.getpeercert(binary_form=True)
    except OSError as error:
        raise NoConnectionError(f"no connection to {host}:{port}: {error}") from error
    if certificate is None:
        raise NoConnectionError(f"{host}:{port} shows no certificate")
    return certificate


def _context() -> ssl.SSLContext:
    """TLS 1.3 alone, with nobody trusted and nothing verified yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    return context


def _connect(context: ssl.SSLContext, host: str, port: int) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection((host, port), CONNECT_WAIT_S), server_hostname=BOX_NAME)


def _pem(enrolment: Enrolment) -> tuple[bytes, bytes, bytes]:
    """The authority, our certificate and our key."""
    authority, certificate = (
        x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        for der in (enrolment.authority, enrolment.certificate)
    )
    key = load_der_private_key(enrolment.key, None)
    return authority, certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
