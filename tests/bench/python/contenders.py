"""Paillier by three libraries, each by its fastest way to do a batch from Python: the same calls for all.

Each has a key of its own, of the same length: none can import another's with what makes it fast.
"""

from __future__ import annotations

import functools
import operator
from abc import ABC, abstractmethod
from typing import Any


class Contender(ABC):
    """A library with a fresh key. Ciphertexts and prepared inputs are the library's own objects."""

    name: str

    @abstractmethod
    def prepare(self, numbers: list[int]) -> Any:
        """Signed integers of at most eight bytes in the form that `encrypt` and `multiply` take; not measured."""

    @abstractmethod
    def encrypt(self, numbers: Any) -> Any: ...

    @abstractmethod
    def decrypt(self, ciphertexts: Any) -> list[int]: ...

    @abstractmethod
    def add(self, a: Any, b: Any) -> Any: ...

    @abstractmethod
    def multiply(self, ciphertexts: Any, scalars: Any) -> Any:
        """Element by element."""


class Coffer(Contender):
    """Ours: the extension module of the SDK, without the arrays around it."""

    name = "coffer"

    def __init__(self, bits: int) -> None:
        from coffer import _native

        _native.set_threads(1)
        self.public: _native.PublicKey
        self.private: _native.PrivateKey
        self.public, self.private = _native.generate(bits)

    def prepare(self, numbers: list[int]) -> tuple[bytes, bytes]:
        return (
            b"".join(number.to_bytes(8, "big", signed=True) for number in numbers),
            b"".join(number.to_bytes(8, "little", signed=True) for number in numbers),
        )

    def encrypt(self, numbers: tuple[bytes, bytes]) -> bytes:
        return self.public.encrypt(numbers[0], 8)

    def decrypt(self, ciphertexts: bytes) -> list[int]:
        clear, width = self.private.decrypt(ciphertexts), self.public.plaintext_bytes
        return [int.from_bytes(clear[at : at + width], "big", signed=True) for at in range(0, len(clear), width)]

    def add(self, a: bytes, b: bytes) -> bytes:
        return self.public.add(a, b)

    def multiply(self, ciphertexts: bytes, scalars: tuple[bytes, bytes]) -> bytes:
        return self.public.multiply(ciphertexts, scalars[1])


class Heu(Contender):
    """SecretFlow HEU's ZPaillier (DJN, fixed-base table) through its arrays: single calls cost many times more."""

    name = "SecretFlow HEU ZPaillier"

    def __init__(self, bits: int) -> None:
        import numpy
        from heu import numpy as arrays
        from heu import phe

        self.kit = arrays.setup(phe.SchemaType.ZPaillier, bits)
        self.encoder = self.kit.integer_encoder(1)
        self.asarray = functools.partial(numpy.array, dtype=numpy.int64)
        self.encryptor, self.decryptor = self.kit.encryptor(), self.kit.decryptor()
        self.evaluator = self.kit.evaluator()

    def prepare(self, numbers: list[int]) -> Any:
        return self.kit.array(self.asarray(numbers), self.encoder)

    def encrypt(self, numbers: Any) -> Any:
        return self.encryptor.encrypt(numbers)

    def decrypt(self, ciphertexts: Any) -> list[int]:
        return [int(number) for number in self.decryptor.decrypt(ciphertexts).to_numpy(self.encoder)]

    def add(self, a: Any, b: Any) -> Any:
        return self.evaluator.add(a, b)

    def multiply(self, ciphertexts: Any, scalars: Any) -> Any:
        return self.evaluator.mul(ciphertexts, scalars)


class PythonPhe(Contender):
    """python-phe with gmpy2: it has no batches, so a list comprehension of its numbers."""

    name = "python-phe"

    def __init__(self, bits: int) -> None:
        # python-phe uses it where it is installed, and would be slow without a word.
        import gmpy2  # noqa: F401
        from phe import paillier

        self.public, self.private = paillier.generate_paillier_keypair(n_length=bits)

    def prepare(self, numbers: list[int]) -> list[int]:
        return numbers

    def encrypt(self, numbers: list[int]) -> list[Any]:
        return [self.public.encrypt(number) for number in numbers]

    def decrypt(self, ciphertexts: list[Any]) -> list[int]:
        return [self.private.decrypt(c) for c in ciphertexts]

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        return list(map(operator.add, a, b))

    def multiply(self, ciphertexts: list[Any], scalars: list[int]) -> list[Any]:
        return list(map(operator.mul, ciphertexts, scalars))
