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
            imported=key.imported,
            n=int.from_bytes(key.n, "big"),
            hs=int.from_bytes(key.hs, "big") or None,
        )
