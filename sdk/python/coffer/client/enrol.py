"""Enrolment: the code pins the box's key; the box issues a certificate for a key that is made here and stays here."""

from __future__ import annotations

from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from coffer.client import profile, tls
from coffer.client.calls import converted
from coffer.client.pairing import PairingCode
from coffer.client.profile import Enrolment
from coffer.client.proofs import enrolment
from coffer.client.stub import Stub
from coffer.errors import BoxError, NoConnectionError, PairingError
from coffer.v1 import coffer_pb2 as pb

SERVICE_PORT = 9443
ENROLMENT_PORT = 9444


def enrol(
    host: str,
    code: str,
    *,
    name: str = "",
    box: str = "default",
    config: Path | str | None = None,
    valid_for: int = 0,
    port: int = SERVICE_PORT,
    enrolment_port: int = ENROLMENT_PORT,
) -> Path:
    """Pairs this machine with a box, by the code on its screen, and keeps the certificate: the folder it is in.

    name: this client's on the box, to be sure: a code is for one name. box: this machine's name for the box.
    config: the folder of enrolments, by default the one that the program `coffer` uses. valid_for: seconds; 0: a year.
    An earlier enrolment at the same box is kept beside, as BOX.until-TIME; under a name that is another box's, this one
    is refused. Where the box has a new identity and
    this machine was enrolled at the old one, `coffer renew --pin` keeps the name instead.
    Raises PairingError for a code that is misspelt, used up, another box's, or for another name, BoxError where the
    enrolment could not be kept. The code is used up when the certificate has been kept and used.
    """
    pairing = PairingCode.parse(code)
    host = tls.bare(host)
    where = None if config is None else Path(config)
    profile.check_writable(box, where)
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    csr = request.public_bytes(Encoding.DER)
    with tls.pinned_channel(host, enrolment_port, pairing.pin) as channel:
        _check_name(box, where, host, enrolment_port)
        message = pb.EnrolRequest(
            code_signature=pairing.key().sign(enrolment(csr, valid_for)),
            certificate_request=csr,
            client_name=name,
            valid_s=valid_for,
        )
        try:
            answer = Stub(channel, "Enrolment").Enrol(message, timeout=tls.CONNECT_WAIT_S)
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT):
                raise PairingError(f"the box does not take the code: {error.details()}") from error
            raise converted(error) from error
    kept = Enrolment(
        host=host,
        port=port,
        device_id=answer.device_id,
        client=answer.client_name,
        role=answer.role,
        authority=answer.authority,
        certificate=answer.certificate,
        key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )
    profile.set_aside(box, where)
    folder = profile.save(box, where, kept)
    # By its first use the box knows that the certificate is here, and ends the code.
    with tls.enrolled_channel(kept, host, port) as channel:
        try:
            Stub(channel, "Coffer").GetStatus(pb.GetStatusRequest(), timeout=tls.CONNECT_WAIT_S)
        except grpc.RpcError as error:
            raise converted(error) from error
    return folder


def _check_name(box: str, where: Path | None, host: str, enrolment_port: int) -> None:
    """Raises BoxError where the name is another box's: that enrolment would be gone for whoever uses the name."""
    try:
        earlier = profile.load(box, where)
    except BoxError:
        # None, or one that nobody can use.
        return
    try:
        tls.pin(earlier, host, enrolment_port)
    except NoConnectionError as error:
        raise BoxError(
            f"the name {box!r} is that of the box {earlier.device_id} at {earlier.host}, which is another one or has a "
            "new identity since: give this one a name of its own (box=...), or `coffer renew --pin` if it is the same "
            "machine. The code has not been used"
        ) from error
