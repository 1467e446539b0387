"""Keys in the box."""

from __future__ import annotations

from dataclasses import dataclass, field

from coffer.v1 import coffer_pb2 as pb


@dataclass(frozen=True)
class Key:
    """A key in the box; of the private half this is all that there is outside.

    kind: "paillier", "okamoto-uchiyama" or "elgamal", under which arrays are encrypted; or "diffie-hellman".
    """

    id: str
    name: str
    kind: str
    # Of the modulus; of ElGamal's group 255.
    bits: int
    # Of "encrypt", "decrypt", "evaluate"; "derive".
    operations: tuple[str, ...]
    uses: int
    # So often its private part may be taken, and so often it was; 0: any number.
    uses_max: int
    private_uses: int
    # Until then it can be used, in seconds since 1970; None: for ever.
    expires: int | None
    # It is destroyed only once a second person agrees.
    dual_control: bool
    # Why it cannot be used; empty: it can.
    state: str
    imported: bool
    # The modulus; 0: the kind has none of its own.
    n: int = field(repr=False)
    # Paillier's h^n mod n^2; None: not known.
    hs: int | None = field(repr=False)
    # Okamoto-Uchiyama's generator.
    g: int | None = field(default=None, repr=False)
    # A Diffie-Hellman key's group: "ffdhe3072", ...
    group: str | None = None
    # ElGamal: 32 bytes (RFC 9496). Diffie-Hellman: 2^x mod p, big-endian, as wide as p.
    public_value: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, key: pb.Key) -> Key:
        return cls(
            id=key.id,
            name=key.name,
            kind=kind_of(key),
            bits=key.paillier_bits or key.rsa_bits or key.okamoto_uchiyama_bits or _group_bits(key),
            operations=tuple(key.operations),
            uses=key.uses,
            uses_max=key.uses_max,
            private_uses=key.private_uses,
            expires=key.expires or None,
            dual_control=key.dual_control,
            state=key.state,
            imported=key.imported,
            n=int.from_bytes(key.n, "big"),
            hs=int.from_bytes(key.hs, "big") or None,
            g=int.from_bytes(key.g, "big") or None,
            group=key.diffie_hellman_group or None,
            public_value=key.public_value,
        )

    @property
    def capacity(self) -> int:
        """The largest magnitude of a plaintext. 0: nothing is encrypted under a key of this kind."""
        return {"paillier": self.n // 3, "okamoto-uchiyama": (1 << 256) - 1, "elgamal": (1 << 32) - 1}.get(self.kind, 0)

    @property
    def _identity(self) -> tuple[str, int, bytes]:
        return self.id, self.n, self.public_value


def kind_of(key: pb.Key) -> str:
    if key.rsa_bits:
        return "rsa"
    if key.okamoto_uchiyama_bits:
        return "okamoto-uchiyama"
    if key.elgamal:
        return "elgamal"
    return "diffie-hellman" if key.diffie_hellman_group else "paillier"


def _group_bits(key: pb.Key) -> int:
    return 255 if key.elgamal else 8 * len(key.public_value)


@dataclass(frozen=True)
class OpenRequest:
    """What somebody asked for, and another person, an administrator, is to agree to."""

    id: str
    # "destroy", "backup" or "restore".
    deed: str
    by: str
    # Seconds since 1970.
    until: int
    # Id, owner and name of each key that it is about.
    keys: tuple[tuple[str, str, str], ...]
    approved: bool
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, asked: pb.OpenRequest) -> OpenRequest:
        keys = tuple((key.id, key.owner, key.name) for key in asked.keys)
        return cls(asked.id, asked.deed, asked.by, asked.until, keys, asked.approved, asked.data)
