"""Keys in the box."""

from __future__ import annotations

from dataclasses import dataclass, field

from coffer.v1 import coffer_pb2 as pb


@dataclass(frozen=True)
class Key:
    """A Paillier key in the box; of the private half this is all that there is outside."""

    id: str
    name: str
    bits: int
    # Of "encrypt", "decrypt", "evaluate".
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
    n: int = field(repr=False)
    # h^n mod n^2; None: not known.
    hs: int | None = field(repr=False)

    @classmethod
    def of(cls, key: pb.Key) -> Key:
        return cls(
            id=key.id,
            name=key.name,
            bits=key.paillier_bits,
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
        )


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
