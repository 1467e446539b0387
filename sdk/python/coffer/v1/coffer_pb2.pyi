from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RsaPadding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RSA_PADDING_UNSPECIFIED: _ClassVar[RsaPadding]
    RSA_PADDING_OAEP_SHA256: _ClassVar[RsaPadding]
    RSA_PADDING_NONE: _ClassVar[RsaPadding]
RSA_PADDING_UNSPECIFIED: RsaPadding
RSA_PADDING_OAEP_SHA256: RsaPadding
RSA_PADDING_NONE: RsaPadding

class EnrolRequest(_message.Message):
    __slots__ = ("code_signature", "certificate_request", "client_name", "valid_s")
    CODE_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CLIENT_NAME_FIELD_NUMBER: _ClassVar[int]
    VALID_S_FIELD_NUMBER: _ClassVar[int]
    code_signature: bytes
    certificate_request: bytes
    client_name: str
    valid_s: int
    def __init__(self, code_signature: _Optional[bytes] = ..., certificate_request: _Optional[bytes] = ..., client_name: _Optional[str] = ..., valid_s: _Optional[int] = ...) -> None: ...

class EnrolResponse(_message.Message):
    __slots__ = ("certificate", "authority", "role", "device_id", "client_name")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_NAME_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    authority: bytes
    role: str
    device_id: str
    client_name: str
    def __init__(self, certificate: _Optional[bytes] = ..., authority: _Optional[bytes] = ..., role: _Optional[str] = ..., device_id: _Optional[str] = ..., client_name: _Optional[str] = ...) -> None: ...

class RenewRequest(_message.Message):
    __slots__ = ("certificate_request", "valid_s", "client_name", "proof")
    CERTIFICATE_REQUEST_FIELD_NUMBER: _ClassVar[int]
    VALID_S_FIELD_NUMBER: _ClassVar[int]
    CLIENT_NAME_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    certificate_request: bytes
    valid_s: int
    client_name: str
    proof: Proof
    def __init__(self, certificate_request: _Optional[bytes] = ..., valid_s: _Optional[int] = ..., client_name: _Optional[str] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class Proof(_message.Message):
    __slots__ = ("challenge", "signature")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    signature: bytes
    def __init__(self, challenge: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class GetConsoleAuthorityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ConsoleAuthority(_message.Message):
    __slots__ = ("certificate", "host_name", "device_id", "signature")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    HOST_NAME_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    host_name: str
    device_id: str
    signature: bytes
    def __init__(self, certificate: _Optional[bytes] = ..., host_name: _Optional[str] = ..., device_id: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class GetChallengeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Challenge(_message.Message):
    __slots__ = ("challenge", "device_id")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    device_id: str
    def __init__(self, challenge: _Optional[bytes] = ..., device_id: _Optional[str] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ("with_tpm",)
    WITH_TPM_FIELD_NUMBER: _ClassVar[int]
    with_tpm: bool
    def __init__(self, with_tpm: bool = ...) -> None: ...

class GetEvidenceRequest(_message.Message):
    __slots__ = ("nonce",)
    NONCE_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    def __init__(self, nonce: _Optional[bytes] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("evidence",)
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    evidence: bytes
    def __init__(self, evidence: _Optional[bytes] = ...) -> None: ...

class ActivateCredentialRequest(_message.Message):
    __slots__ = ("credential", "secret")
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    credential: bytes
    secret: bytes
    def __init__(self, credential: _Optional[bytes] = ..., secret: _Optional[bytes] = ...) -> None: ...

class ActivateCredentialResponse(_message.Message):
    __slots__ = ("credential",)
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    credential: bytes
    def __init__(self, credential: _Optional[bytes] = ...) -> None: ...

class KeepDeviceRecordRequest(_message.Message):
    __slots__ = ("record", "proof")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    record: bytes
    proof: Proof
    def __init__(self, record: _Optional[bytes] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class KeepDeviceRecordResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PlanSecureBootRequest(_message.Message):
    __slots__ = ("pcr7", "proof")
    PCR7_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    pcr7: bytes
    proof: Proof
    def __init__(self, pcr7: _Optional[bytes] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class PlanSecureBootResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetPinRequest(_message.Message):
    __slots__ = ("sealed", "proof")
    SEALED_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    sealed: bytes
    proof: Proof
    def __init__(self, sealed: _Optional[bytes] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class SetPinResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResetTpmLockoutRequest(_message.Message):
    __slots__ = ("proof",)
    PROOF_FIELD_NUMBER: _ClassVar[int]
    proof: Proof
    def __init__(self, proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class ResetTpmLockoutResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Status(_message.Message):
    __slots__ = ("version", "development", "device_id", "secure_boot", "lockdown", "data_volume", "degraded", "engine", "card", "ready_ms", "jobs_queued", "jobs_running", "batches_running", "kept_bytes", "obfuscators_ready", "obfuscators_max", "tpm")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DEVELOPMENT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    SECURE_BOOT_FIELD_NUMBER: _ClassVar[int]
    LOCKDOWN_FIELD_NUMBER: _ClassVar[int]
    DATA_VOLUME_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    READY_MS_FIELD_NUMBER: _ClassVar[int]
    JOBS_QUEUED_FIELD_NUMBER: _ClassVar[int]
    JOBS_RUNNING_FIELD_NUMBER: _ClassVar[int]
    BATCHES_RUNNING_FIELD_NUMBER: _ClassVar[int]
    KEPT_BYTES_FIELD_NUMBER: _ClassVar[int]
    OBFUSCATORS_READY_FIELD_NUMBER: _ClassVar[int]
    OBFUSCATORS_MAX_FIELD_NUMBER: _ClassVar[int]
    TPM_FIELD_NUMBER: _ClassVar[int]
    version: str
    development: bool
    device_id: str
    secure_boot: bool
    lockdown: str
    data_volume: str
    degraded: _containers.RepeatedScalarFieldContainer[str]
    engine: str
    card: Card
    ready_ms: int
    jobs_queued: int
    jobs_running: int
    batches_running: int
    kept_bytes: int
    obfuscators_ready: int
    obfuscators_max: int
    tpm: Tpm
    def __init__(self, version: _Optional[str] = ..., development: bool = ..., device_id: _Optional[str] = ..., secure_boot: bool = ..., lockdown: _Optional[str] = ..., data_volume: _Optional[str] = ..., degraded: _Optional[_Iterable[str]] = ..., engine: _Optional[str] = ..., card: _Optional[_Union[Card, _Mapping]] = ..., ready_ms: _Optional[int] = ..., jobs_queued: _Optional[int] = ..., jobs_running: _Optional[int] = ..., batches_running: _Optional[int] = ..., kept_bytes: _Optional[int] = ..., obfuscators_ready: _Optional[int] = ..., obfuscators_max: _Optional[int] = ..., tpm: _Optional[_Union[Tpm, _Mapping]] = ...) -> None: ...

class Tpm(_message.Message):
    __slots__ = ("failed", "failed_max", "interval_s", "recovery_s", "locked", "has_pin", "planned_pcr7")
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FAILED_MAX_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_S_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    HAS_PIN_FIELD_NUMBER: _ClassVar[int]
    PLANNED_PCR7_FIELD_NUMBER: _ClassVar[int]
    failed: int
    failed_max: int
    interval_s: int
    recovery_s: int
    locked: bool
    has_pin: bool
    planned_pcr7: bytes
    def __init__(self, failed: _Optional[int] = ..., failed_max: _Optional[int] = ..., interval_s: _Optional[int] = ..., recovery_s: _Optional[int] = ..., locked: bool = ..., has_pin: bool = ..., planned_pcr7: _Optional[bytes] = ...) -> None: ...

class Card(_message.Message):
    __slots__ = ("kind", "state", "interrupts", "dma_bytes", "jobs", "verified")
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    DMA_BYTES_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    kind: str
    state: str
    interrupts: int
    dma_bytes: int
    jobs: int
    verified: int
    def __init__(self, kind: _Optional[str] = ..., state: _Optional[str] = ..., interrupts: _Optional[int] = ..., dma_bytes: _Optional[int] = ..., jobs: _Optional[int] = ..., verified: _Optional[int] = ...) -> None: ...

class CreateKeyRequest(_message.Message):
    __slots__ = ("name", "paillier_bits", "operations", "rsa_bits", "uses_max", "expires", "dual_control", "okamoto_uchiyama_bits", "elgamal", "diffie_hellman_group")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAILLIER_BITS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    RSA_BITS_FIELD_NUMBER: _ClassVar[int]
    USES_MAX_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    DUAL_CONTROL_FIELD_NUMBER: _ClassVar[int]
    OKAMOTO_UCHIYAMA_BITS_FIELD_NUMBER: _ClassVar[int]
    ELGAMAL_FIELD_NUMBER: _ClassVar[int]
    DIFFIE_HELLMAN_GROUP_FIELD_NUMBER: _ClassVar[int]
    name: str
    paillier_bits: int
    operations: _containers.RepeatedScalarFieldContainer[str]
    rsa_bits: int
    uses_max: int
    expires: int
    dual_control: bool
    okamoto_uchiyama_bits: int
    elgamal: bool
    diffie_hellman_group: str
    def __init__(self, name: _Optional[str] = ..., paillier_bits: _Optional[int] = ..., operations: _Optional[_Iterable[str]] = ..., rsa_bits: _Optional[int] = ..., uses_max: _Optional[int] = ..., expires: _Optional[int] = ..., dual_control: bool = ..., okamoto_uchiyama_bits: _Optional[int] = ..., elgamal: bool = ..., diffie_hellman_group: _Optional[str] = ...) -> None: ...

class ImportKeyRequest(_message.Message):
    __slots__ = ("name", "paillier", "rsa", "okamoto_uchiyama", "elgamal", "operations")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAILLIER_FIELD_NUMBER: _ClassVar[int]
    RSA_FIELD_NUMBER: _ClassVar[int]
    OKAMOTO_UCHIYAMA_FIELD_NUMBER: _ClassVar[int]
    ELGAMAL_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    paillier: PaillierPublicKey
    rsa: RsaPublicKey
    okamoto_uchiyama: OkamotoUchiyamaPublicKey
    elgamal: ElGamalPublicKey
    operations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., paillier: _Optional[_Union[PaillierPublicKey, _Mapping]] = ..., rsa: _Optional[_Union[RsaPublicKey, _Mapping]] = ..., okamoto_uchiyama: _Optional[_Union[OkamotoUchiyamaPublicKey, _Mapping]] = ..., elgamal: _Optional[_Union[ElGamalPublicKey, _Mapping]] = ..., operations: _Optional[_Iterable[str]] = ...) -> None: ...

class PaillierPublicKey(_message.Message):
    __slots__ = ("n", "hs")
    N_FIELD_NUMBER: _ClassVar[int]
    HS_FIELD_NUMBER: _ClassVar[int]
    n: bytes
    hs: bytes
    def __init__(self, n: _Optional[bytes] = ..., hs: _Optional[bytes] = ...) -> None: ...

class RsaPublicKey(_message.Message):
    __slots__ = ("n", "e")
    N_FIELD_NUMBER: _ClassVar[int]
    E_FIELD_NUMBER: _ClassVar[int]
    n: bytes
    e: bytes
    def __init__(self, n: _Optional[bytes] = ..., e: _Optional[bytes] = ...) -> None: ...

class OkamotoUchiyamaPublicKey(_message.Message):
    __slots__ = ("n", "g")
    N_FIELD_NUMBER: _ClassVar[int]
    G_FIELD_NUMBER: _ClassVar[int]
    n: bytes
    g: bytes
    def __init__(self, n: _Optional[bytes] = ..., g: _Optional[bytes] = ...) -> None: ...

class ElGamalPublicKey(_message.Message):
    __slots__ = ("h",)
    H_FIELD_NUMBER: _ClassVar[int]
    h: bytes
    def __init__(self, h: _Optional[bytes] = ...) -> None: ...

class Key(_message.Message):
    __slots__ = ("id", "name", "owner", "paillier_bits", "operations", "created", "uses", "n", "hs", "rsa_bits", "e", "imported", "state", "uses_max", "private_uses", "expires", "dual_control", "okamoto_uchiyama_bits", "g", "elgamal", "diffie_hellman_group", "public_value")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PAILLIER_BITS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    HS_FIELD_NUMBER: _ClassVar[int]
    RSA_BITS_FIELD_NUMBER: _ClassVar[int]
    E_FIELD_NUMBER: _ClassVar[int]
    IMPORTED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    USES_MAX_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_USES_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    DUAL_CONTROL_FIELD_NUMBER: _ClassVar[int]
    OKAMOTO_UCHIYAMA_BITS_FIELD_NUMBER: _ClassVar[int]
    G_FIELD_NUMBER: _ClassVar[int]
    ELGAMAL_FIELD_NUMBER: _ClassVar[int]
    DIFFIE_HELLMAN_GROUP_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_VALUE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    owner: str
    paillier_bits: int
    operations: _containers.RepeatedScalarFieldContainer[str]
    created: int
    uses: int
    n: bytes
    hs: bytes
    rsa_bits: int
    e: bytes
    imported: bool
    state: str
    uses_max: int
    private_uses: int
    expires: int
    dual_control: bool
    okamoto_uchiyama_bits: int
    g: bytes
    elgamal: bool
    diffie_hellman_group: str
    public_value: bytes
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., owner: _Optional[str] = ..., paillier_bits: _Optional[int] = ..., operations: _Optional[_Iterable[str]] = ..., created: _Optional[int] = ..., uses: _Optional[int] = ..., n: _Optional[bytes] = ..., hs: _Optional[bytes] = ..., rsa_bits: _Optional[int] = ..., e: _Optional[bytes] = ..., imported: bool = ..., state: _Optional[str] = ..., uses_max: _Optional[int] = ..., private_uses: _Optional[int] = ..., expires: _Optional[int] = ..., dual_control: bool = ..., okamoto_uchiyama_bits: _Optional[int] = ..., g: _Optional[bytes] = ..., elgamal: bool = ..., diffie_hellman_group: _Optional[str] = ..., public_value: _Optional[bytes] = ...) -> None: ...

class ListKeysRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListKeysResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[Key]
    def __init__(self, keys: _Optional[_Iterable[_Union[Key, _Mapping]]] = ...) -> None: ...

class DestroyKeyRequest(_message.Message):
    __slots__ = ("id", "proof")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    id: str
    proof: Proof
    def __init__(self, id: _Optional[str] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class DestroyKeyResponse(_message.Message):
    __slots__ = ("asked",)
    ASKED_FIELD_NUMBER: _ClassVar[int]
    asked: OpenRequest
    def __init__(self, asked: _Optional[_Union[OpenRequest, _Mapping]] = ...) -> None: ...

class OpenRequest(_message.Message):
    __slots__ = ("id", "deed", "by", "until", "keys", "data", "approved")
    ID_FIELD_NUMBER: _ClassVar[int]
    DEED_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    APPROVED_FIELD_NUMBER: _ClassVar[int]
    id: str
    deed: str
    by: str
    until: int
    keys: _containers.RepeatedCompositeFieldContainer[KeyName]
    data: bytes
    approved: bool
    def __init__(self, id: _Optional[str] = ..., deed: _Optional[str] = ..., by: _Optional[str] = ..., until: _Optional[int] = ..., keys: _Optional[_Iterable[_Union[KeyName, _Mapping]]] = ..., data: _Optional[bytes] = ..., approved: bool = ...) -> None: ...

class KeyName(_message.Message):
    __slots__ = ("id", "owner", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    owner: str
    name: str
    def __init__(self, id: _Optional[str] = ..., owner: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class ListRequestsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRequestsResponse(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[OpenRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[OpenRequest, _Mapping]]] = ...) -> None: ...

class ApproveRequest(_message.Message):
    __slots__ = ("id", "given", "proof")
    ID_FIELD_NUMBER: _ClassVar[int]
    GIVEN_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    id: str
    given: bytes
    proof: Proof
    def __init__(self, id: _Optional[str] = ..., given: _Optional[bytes] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class ApproveResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: int
    def __init__(self, keys: _Optional[int] = ...) -> None: ...

class AskBackupRequest(_message.Message):
    __slots__ = ("owner", "keys", "recipient", "proof")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    owner: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    recipient: bytes
    proof: Proof
    def __init__(self, owner: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ..., recipient: _Optional[bytes] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class FetchBackupRequest(_message.Message):
    __slots__ = ("id", "number")
    ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    id: str
    number: int
    def __init__(self, id: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class BackupPiece(_message.Message):
    __slots__ = ("bytes",)
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bytes: bytes
    def __init__(self, bytes: _Optional[bytes] = ...) -> None: ...

class GetTransportKeyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TransportKey(_message.Message):
    __slots__ = ("public", "signature", "device_id")
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    public: bytes
    signature: bytes
    device_id: str
    def __init__(self, public: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., device_id: _Optional[str] = ...) -> None: ...

class AskRestoreRequest(_message.Message):
    __slots__ = ("header", "half", "proof")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    header: bytes
    half: bytes
    proof: Proof
    def __init__(self, header: _Optional[bytes] = ..., half: _Optional[bytes] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class RestoreKeyRequest(_message.Message):
    __slots__ = ("id", "number", "entry")
    ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    id: str
    number: int
    entry: bytes
    def __init__(self, id: _Optional[str] = ..., number: _Optional[int] = ..., entry: _Optional[bytes] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("header", "chunk", "plaintext_chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: JobHeader
    chunk: bytes
    plaintext_chunk: bytes
    def __init__(self, header: _Optional[_Union[JobHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ..., plaintext_chunk: _Optional[bytes] = ...) -> None: ...

class JobHeader(_message.Message):
    __slots__ = ("version", "encrypt", "decrypt", "add", "multiply", "column_sums", "matrix_product", "modular_exponentiation", "obfuscate", "row_sums", "rsa_encrypt", "rsa_decrypt", "rsa_sign", "rsa_blind", "rsa_unblind", "group_exponentiation", "packed_encrypt", "packed_decrypt", "rows", "columns", "operand_job")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ENCRYPT_FIELD_NUMBER: _ClassVar[int]
    DECRYPT_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    MULTIPLY_FIELD_NUMBER: _ClassVar[int]
    COLUMN_SUMS_FIELD_NUMBER: _ClassVar[int]
    MATRIX_PRODUCT_FIELD_NUMBER: _ClassVar[int]
    MODULAR_EXPONENTIATION_FIELD_NUMBER: _ClassVar[int]
    OBFUSCATE_FIELD_NUMBER: _ClassVar[int]
    ROW_SUMS_FIELD_NUMBER: _ClassVar[int]
    RSA_ENCRYPT_FIELD_NUMBER: _ClassVar[int]
    RSA_DECRYPT_FIELD_NUMBER: _ClassVar[int]
    RSA_SIGN_FIELD_NUMBER: _ClassVar[int]
    RSA_BLIND_FIELD_NUMBER: _ClassVar[int]
    RSA_UNBLIND_FIELD_NUMBER: _ClassVar[int]
    GROUP_EXPONENTIATION_FIELD_NUMBER: _ClassVar[int]
    PACKED_ENCRYPT_FIELD_NUMBER: _ClassVar[int]
    PACKED_DECRYPT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    OPERAND_JOB_FIELD_NUMBER: _ClassVar[int]
    version: int
    encrypt: Encrypt
    decrypt: Decrypt
    add: Add
    multiply: Multiply
    column_sums: ColumnSums
    matrix_product: MatrixProduct
    modular_exponentiation: ModularExponentiation
    obfuscate: Obfuscate
    row_sums: RowSums
    rsa_encrypt: RsaEncrypt
    rsa_decrypt: RsaDecrypt
    rsa_sign: RsaSign
    rsa_blind: RsaBlind
    rsa_unblind: RsaUnblind
    group_exponentiation: GroupExponentiation
    packed_encrypt: PackedEncrypt
    packed_decrypt: PackedDecrypt
    rows: int
    columns: int
    operand_job: str
    def __init__(self, version: _Optional[int] = ..., encrypt: _Optional[_Union[Encrypt, _Mapping]] = ..., decrypt: _Optional[_Union[Decrypt, _Mapping]] = ..., add: _Optional[_Union[Add, _Mapping]] = ..., multiply: _Optional[_Union[Multiply, _Mapping]] = ..., column_sums: _Optional[_Union[ColumnSums, _Mapping]] = ..., matrix_product: _Optional[_Union[MatrixProduct, _Mapping]] = ..., modular_exponentiation: _Optional[_Union[ModularExponentiation, _Mapping]] = ..., obfuscate: _Optional[_Union[Obfuscate, _Mapping]] = ..., row_sums: _Optional[_Union[RowSums, _Mapping]] = ..., rsa_encrypt: _Optional[_Union[RsaEncrypt, _Mapping]] = ..., rsa_decrypt: _Optional[_Union[RsaDecrypt, _Mapping]] = ..., rsa_sign: _Optional[_Union[RsaSign, _Mapping]] = ..., rsa_blind: _Optional[_Union[RsaBlind, _Mapping]] = ..., rsa_unblind: _Optional[_Union[RsaUnblind, _Mapping]] = ..., group_exponentiation: _Optional[_Union[GroupExponentiation, _Mapping]] = ..., packed_encrypt: _Optional[_Union[PackedEncrypt, _Mapping]] = ..., packed_decrypt: _Optional[_Union[PackedDecrypt, _Mapping]] = ..., rows: _Optional[int] = ..., columns: _Optional[int] = ..., operand_job: _Optional[str] = ...) -> None: ...

class Encrypt(_message.Message):
    __slots__ = ("key_id", "without_obfuscation", "plaintext_bytes", "residues")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_OBFUSCATION_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    RESIDUES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    without_obfuscation: bool
    plaintext_bytes: int
    residues: bool
    def __init__(self, key_id: _Optional[str] = ..., without_obfuscation: bool = ..., plaintext_bytes: _Optional[int] = ..., residues: bool = ...) -> None: ...

class Decrypt(_message.Message):
    __slots__ = ("key_id", "residues")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    RESIDUES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    residues: bool
    def __init__(self, key_id: _Optional[str] = ..., residues: bool = ...) -> None: ...

class Obfuscate(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class Add(_message.Message):
    __slots__ = ("key_id", "addend_job")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    ADDEND_JOB_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    addend_job: str
    def __init__(self, key_id: _Optional[str] = ..., addend_job: _Optional[str] = ...) -> None: ...

class Multiply(_message.Message):
    __slots__ = ("key_id", "plaintexts", "plaintext_bytes")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXTS_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    plaintexts: _containers.RepeatedScalarFieldContainer[int]
    plaintext_bytes: int
    def __init__(self, key_id: _Optional[str] = ..., plaintexts: _Optional[_Iterable[int]] = ..., plaintext_bytes: _Optional[int] = ...) -> None: ...

class ColumnSums(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class RowSums(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class MatrixProduct(_message.Message):
    __slots__ = ("key_id", "plaintexts", "plaintext_columns", "side", "plaintext_rows")
    class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PLAINTEXT_RIGHT: _ClassVar[MatrixProduct.Side]
        PLAINTEXT_LEFT: _ClassVar[MatrixProduct.Side]
    PLAINTEXT_RIGHT: MatrixProduct.Side
    PLAINTEXT_LEFT: MatrixProduct.Side
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXTS_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_ROWS_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    plaintexts: _containers.RepeatedScalarFieldContainer[int]
    plaintext_columns: int
    side: MatrixProduct.Side
    plaintext_rows: int
    def __init__(self, key_id: _Optional[str] = ..., plaintexts: _Optional[_Iterable[int]] = ..., plaintext_columns: _Optional[int] = ..., side: _Optional[_Union[MatrixProduct.Side, str]] = ..., plaintext_rows: _Optional[int] = ...) -> None: ...

class RsaEncrypt(_message.Message):
    __slots__ = ("key_id", "padding", "plaintext_bytes")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PADDING_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    padding: RsaPadding
    plaintext_bytes: int
    def __init__(self, key_id: _Optional[str] = ..., padding: _Optional[_Union[RsaPadding, str]] = ..., plaintext_bytes: _Optional[int] = ...) -> None: ...

class RsaDecrypt(_message.Message):
    __slots__ = ("key_id", "padding", "plaintext_bytes")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PADDING_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    padding: RsaPadding
    plaintext_bytes: int
    def __init__(self, key_id: _Optional[str] = ..., padding: _Optional[_Union[RsaPadding, str]] = ..., plaintext_bytes: _Optional[int] = ...) -> None: ...

class RsaSign(_message.Message):
    __slots__ = ("key_id", "message_bytes")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    message_bytes: int
    def __init__(self, key_id: _Optional[str] = ..., message_bytes: _Optional[int] = ...) -> None: ...

class RsaBlind(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class RsaUnblind(_message.Message):
    __slots__ = ("key_id", "blind_job")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    BLIND_JOB_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    blind_job: str
    def __init__(self, key_id: _Optional[str] = ..., blind_job: _Optional[str] = ...) -> None: ...

class Packing(_message.Message):
    __slots__ = ("value_bits", "summands")
    VALUE_BITS_FIELD_NUMBER: _ClassVar[int]
    SUMMANDS_FIELD_NUMBER: _ClassVar[int]
    value_bits: int
    summands: int
    def __init__(self, value_bits: _Optional[int] = ..., summands: _Optional[int] = ...) -> None: ...

class PackedEncrypt(_message.Message):
    __slots__ = ("key_id", "packing")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PACKING_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    packing: Packing
    def __init__(self, key_id: _Optional[str] = ..., packing: _Optional[_Union[Packing, _Mapping]] = ...) -> None: ...

class PackedDecrypt(_message.Message):
    __slots__ = ("key_id", "packing", "columns", "added")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PACKING_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    packing: Packing
    columns: int
    added: int
    def __init__(self, key_id: _Optional[str] = ..., packing: _Optional[_Union[Packing, _Mapping]] = ..., columns: _Optional[int] = ..., added: _Optional[int] = ...) -> None: ...

class GroupExponentiation(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class ModularExponentiation(_message.Message):
    __slots__ = ("modulus", "exponents")
    MODULUS_FIELD_NUMBER: _ClassVar[int]
    EXPONENTS_FIELD_NUMBER: _ClassVar[int]
    modulus: bytes
    exponents: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, modulus: _Optional[bytes] = ..., exponents: _Optional[_Iterable[bytes]] = ...) -> None: ...

class JobId(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("id", "state", "operation", "items_done", "items", "error", "rows", "columns", "item_bytes", "engine", "created", "attempts", "kept_bytes", "client")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Job.State]
        QUEUED: _ClassVar[Job.State]
        RUNNING: _ClassVar[Job.State]
        DONE: _ClassVar[Job.State]
        FAILED: _ClassVar[Job.State]
        CANCELLED: _ClassVar[Job.State]
        PARKED: _ClassVar[Job.State]
    STATE_UNSPECIFIED: Job.State
    QUEUED: Job.State
    RUNNING: Job.State
    DONE: Job.State
    FAILED: Job.State
    CANCELLED: Job.State
    PARKED: Job.State
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_DONE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ITEM_BYTES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    KEPT_BYTES_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: Job.State
    operation: str
    items_done: int
    items: int
    error: str
    rows: int
    columns: int
    item_bytes: int
    engine: str
    created: int
    attempts: int
    kept_bytes: int
    client: str
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[Job.State, str]] = ..., operation: _Optional[str] = ..., items_done: _Optional[int] = ..., items: _Optional[int] = ..., error: _Optional[str] = ..., rows: _Optional[int] = ..., columns: _Optional[int] = ..., item_bytes: _Optional[int] = ..., engine: _Optional[str] = ..., created: _Optional[int] = ..., attempts: _Optional[int] = ..., kept_bytes: _Optional[int] = ..., client: _Optional[str] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("all",)
    ALL_FIELD_NUMBER: _ClassVar[int]
    all: bool
    def __init__(self, all: bool = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "kept_bytes", "kept_bytes_max")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    KEPT_BYTES_FIELD_NUMBER: _ClassVar[int]
    KEPT_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    kept_bytes: int
    kept_bytes_max: int
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ..., kept_bytes: _Optional[int] = ..., kept_bytes_max: _Optional[int] = ...) -> None: ...

class DeleteJobResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResultChunk(_message.Message):
    __slots__ = ("bytes",)
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bytes: bytes
    def __init__(self, bytes: _Optional[bytes] = ...) -> None: ...

class ComputeResponse(_message.Message):
    __slots__ = ("shape", "progress", "chunk", "summary")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    shape: ResultShape
    progress: Progress
    chunk: bytes
    summary: ComputeSummary
    def __init__(self, shape: _Optional[_Union[ResultShape, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., chunk: _Optional[bytes] = ..., summary: _Optional[_Union[ComputeSummary, _Mapping]] = ...) -> None: ...

class ResultShape(_message.Message):
    __slots__ = ("rows", "columns", "item_bytes")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ITEM_BYTES_FIELD_NUMBER: _ClassVar[int]
    rows: int
    columns: int
    item_bytes: int
    def __init__(self, rows: _Optional[int] = ..., columns: _Optional[int] = ..., item_bytes: _Optional[int] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("items_done", "items")
    ITEMS_DONE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items_done: int
    items: int
    def __init__(self, items_done: _Optional[int] = ..., items: _Optional[int] = ...) -> None: ...

class ComputeSummary(_message.Message):
    __slots__ = ("engine",)
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    def __init__(self, engine: _Optional[str] = ...) -> None: ...

class NewPairingCodeRequest(_message.Message):
    __slots__ = ("role", "client_name", "code_key", "valid_s", "proof")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_NAME_FIELD_NUMBER: _ClassVar[int]
    CODE_KEY_FIELD_NUMBER: _ClassVar[int]
    VALID_S_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    role: str
    client_name: str
    code_key: bytes
    valid_s: int
    proof: Proof
    def __init__(self, role: _Optional[str] = ..., client_name: _Optional[str] = ..., code_key: _Optional[bytes] = ..., valid_s: _Optional[int] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class NewPairingCodeResponse(_message.Message):
    __slots__ = ("until",)
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    until: int
    def __init__(self, until: _Optional[int] = ...) -> None: ...

class ListClientsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Client(_message.Message):
    __slots__ = ("name", "role", "serial", "expires", "revoked", "confirmed", "void")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    VOID_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: str
    serial: str
    expires: int
    revoked: bool
    confirmed: bool
    void: bool
    def __init__(self, name: _Optional[str] = ..., role: _Optional[str] = ..., serial: _Optional[str] = ..., expires: _Optional[int] = ..., revoked: bool = ..., confirmed: bool = ..., void: bool = ...) -> None: ...

class ListClientsResponse(_message.Message):
    __slots__ = ("clients",)
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    clients: _containers.RepeatedCompositeFieldContainer[Client]
    def __init__(self, clients: _Optional[_Iterable[_Union[Client, _Mapping]]] = ...) -> None: ...

class RevokeClientRequest(_message.Message):
    __slots__ = ("serial", "proof")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    serial: str
    proof: Proof
    def __init__(self, serial: _Optional[str] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class RevokeClientResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetAuditRequest(_message.Message):
    __slots__ = ("proof",)
    FROM_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    proof: Proof
    def __init__(self, proof: _Optional[_Union[Proof, _Mapping]] = ..., **kwargs) -> None: ...

class AuditLine(_message.Message):
    __slots__ = ("line",)
    LINE_FIELD_NUMBER: _ClassVar[int]
    line: str
    def __init__(self, line: _Optional[str] = ...) -> None: ...
