"""Serialized bytes as HEU 0.5 writes and reads them: MessagePack, and at the end which of its types it is.

A number is a string of bytes, little-endian, whose highest bit is the sign. HEU leaves out of account what follows the
number in a ciphertext's list: what is public of it here, and is not there, stands in that place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from coffer.heu._values import PheRuntimeError

# A number as such among HEU's plaintexts.
NUMBER = 1
_STRINGS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_LISTS = {0xDC: 2, 0xDD: 4}
_NUMBERS = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
# Of what is read: lists within lists.
_DEPTH = 4

Item: TypeAlias = "bytes | int | list[Item]"


def number(value: int) -> bytes:
    """An integer."""
    magnitude = abs(value)
    data = bytearray(magnitude.to_bytes(magnitude.bit_length() // 8 + 1, "little"))
    if value < 0:
        data[-1] |= 0x80
    return bytes(data)


def to_number(data: Item) -> int:
    """What `number` wrote. Raises PheRuntimeError."""
    if not isinstance(data, bytes) or not data:
        raise wrong()
    magnitude = int.from_bytes(data[:-1] + bytes([data[-1] & 0x7F]), "little")
    return -magnitude if data[-1] & 0x80 else magnitude


def pack(items: Iterable[Item], kind: int | None) -> bytes:
    """A list, and which of HEU's types it is, where it is one."""
    tail = b"" if kind is None else kind.to_bytes(8, "little")
    return _packed(list(items)) + tail


def kind(data: bytes) -> int:
    """Which of HEU's types `pack` wrote. Raises PheRuntimeError."""
    if len(data) <= 8:
        raise wrong()
    return int.from_bytes(data[-8:], "little")


def unpack(data: bytes, kind: int | None) -> list[Item]:
    """What `pack` wrote. Raises PheRuntimeError."""
    body = data
    if kind is not None:
        body, tail = data[:-8], data[-8:]
        if len(tail) != 8 or int.from_bytes(tail, "little") != kind:
            raise PheRuntimeError("the bytes are not HEU's, or of another of its schemas")
    item, end = _unpacked(bytes(body), 0, _DEPTH)
    if end != len(body) or not isinstance(item, list):
        raise wrong()
    return item


def pack_number(value: int) -> bytes:
    """A plaintext, which is no list."""
    return number(value) + NUMBER.to_bytes(8, "little")


def unpack_number(data: bytes) -> int:
    """What `pack_number` wrote. Raises PheRuntimeError."""
    if int.from_bytes(data[-8:], "little") != NUMBER:
        raise wrong()
    return to_number(data[:-8])


def wrong() -> PheRuntimeError:
    return PheRuntimeError("the bytes are not what was serialized here or by HEU")


def _packed(item: Item) -> bytes:
    if isinstance(item, list):
        size = len(item)
        head = bytes([0x90 | size]) if size < 16 else b"\xdd" + size.to_bytes(4, "big")
        return head + b"".join(map(_packed, item))
    if isinstance(item, int):
        return _packed_number(item)
    size = len(item)
    if size < 32:
        return bytes([0xA0 | size]) + item
    kind, width = (0xD9, 1) if size < 1 << 8 else (0xDA, 2) if size < 1 << 16 else (0xDB, 4)
    return bytes([kind]) + size.to_bytes(width, "big") + item


def _packed_number(value: int) -> bytes:
    """In as few bytes as it needs, as HEU has it."""
    if value < 128:
        return bytes([value])
    kind, width = (0xCC, 1) if value < 1 << 8 else (0xCD, 2) if value < 1 << 16 else (0xCE, 4)
    return bytes([kind]) + value.to_bytes(width, "big")


def _unpacked(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    """One item, and where the next one begins."""
    if at >= len(data) or not depth:
        raise wrong()
    head, at = data[at], at + 1
    if head < 0x80:
        return head, at
    width = (_STRINGS | _LISTS | _NUMBERS).get(head, 0)
    if not width and head & 0xF0 != 0x90 and head & 0xE0 != 0xA0:
        raise wrong()
    value = int.from_bytes(data[at : at + width], "big") if width else head & (0x0F if head < 0xA0 else 0x1F)
    at += width
    if head in _NUMBERS:
        return value, at
    # Each item of a list has a byte at least.
    if value > len(data) - at:
        raise wrong()
    if head in _STRINGS or head & 0xE0 == 0xA0:
        return data[at : at + value], at + value
    items: list[Item] = []
    for _ in range(value):
        item, at = _unpacked(data, at, depth - 1)
        items.append(item)
    return items, at
