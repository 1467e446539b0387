"""A Coffer box as a client: pairing, keys that never leave it, and arrays that are computed on in it.

Needs grpcio, protobuf and cryptography: `pip install coffer[client]`.
"""

from coffer.client.arrays import CipherArray
from coffer.client.client import Client, Status
from coffer.client.enrol import enrol
from coffer.client.jobs import JobInfo
from coffer.client.key import Key, OpenRequest
from coffer.client.packed import PackedArray

__all__ = ["CipherArray", "Client", "JobInfo", "Key", "OpenRequest", "PackedArray", "Status", "enrol"]
