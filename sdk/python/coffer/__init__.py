"""Computing on encrypted numbers.

In this process: `coffer.phe`, `coffer.fate` and `coffer.heu`, drop-ins for python-phe, FATE 2's cipher module and
SecretFlow HEU. In a Coffer box, whose keys never leave it: `coffer.Client`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coffer import errors
from coffer._native import set_threads, threads
from coffer.errors import CofferError

if TYPE_CHECKING:
    from coffer.client import CipherArray, Client, Key, OpenRequest
    from coffer.client.enrol import enrol as enrol

__all__ = ["CipherArray", "Client", "CofferError", "Key", "OpenRequest", "enrol", "errors", "set_threads", "threads"]


def __getattr__(name: str) -> Any:
    # What speaks to a box needs grpcio and cryptography (pip install coffer[client]); the arithmetic does not.
    if name in ("CipherArray", "Client", "Key", "OpenRequest", "enrol"):
        from coffer import client

        return getattr(client, name)
    raise AttributeError(f"module 'coffer' has no attribute {name!r}")
