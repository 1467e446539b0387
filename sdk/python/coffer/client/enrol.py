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
from coffer.client.stub import Stub
from coffer.errors import PairingError
from coffer.v1 import coffer_pb2 as pb

SERVICE_PORT = 9443
ENROLMENT_PORT = 9444


def enrol(
    host: str,
    code: str,
    *,
    name: str = "client",
    box: str = "default",
    config: Path | str | None = None,
    valid_for: int = 0,
    port: int = SERVICE_PORT,
    enrolment_port: int = ENROLMENT_PORT,
) -> Path:
    """Pairs this machine with a box, by the code on its screen, and keeps the certificate: the folder it is in.

    name: this client's on the box, 1 to 64 letters, digits, '-', '_', '.'. box: this machine's name for the box.
    config: the folder of enrolments, by default the one that the program `coffer` uses. valid_for: seconds; 0: a year.
    Raises PairingError for a code that is misspelt, used up, or another box's.
    """
    pairing = PairingCode.parse(code)
    where = None if config is None else Path(config)
    profile.folder_of(box, where)
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    with tls.pinned_channel(host, enrolment_port, pairing.pin) as channel:
        message = pb.EnrolRequest(
            pairing_secret=pairing.secret,
            certificate_request=request.public_bytes(Encoding.DER),
            client_name=name,
            valid_s=valid_for,
        )
        try:
            answer = Stub(channel, "Enrolment").Enrol(message, timeout=tls.CONNECT_WAIT_S)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.PERMISSION_DENIED:
                raise PairingError(f"the box does not take the code: {error.details()}") from error
            raise converted(error) from error
    enrolment = Enrolment(
        host=host,
        port=port,
        device_id=answer.device_id,
        client=name,
        role=answer.role,
        authority=answer.authority,
        certificate=answer.certificate,
        key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )
    return profile.save(box, where, enrolment)
