"""Keys and encrypted numbers with the names, arguments and errors of python-phe 1.5."""

from __future__ import annotations

import math
import operator
import secrets
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from coffer import _native
from coffer._policy import check_public, insecure
from coffer.phe.bounds import check_decrypted, coarse_bound, warn_unknown
from coffer.phe.encoding import EncodedNumber, Scalar, of_base
from coffer.phe.encrypted import EncryptedNumber, base_of

DEFAULT_KEYSIZE = 3072


def generate_paillier_keypair(
    private_keyring: PaillierPrivateKeyring | None = None,
    n_length: int = DEFAULT_KEYSIZE,
    *,
    insecure_for_comparison: bool = False,
) -> tuple[PaillierPublicKey, PaillierPrivateKey]:
    """A new key pair with n of 2048, 3072 or 4096 bits, added to the keyring if there is one.

    With `insecure_for_comparison` (or the environment's switch, see `coffer.phe`) also of 512 and more. Raises
    InvalidKeyError, a ValueError, for other lengths.
    """
    public, private = _native.generate(n_length, insecure(n_length, insecure_for_comparison))
    public_key = PaillierPublicKey._of(public)
    private_key = PaillierPrivateKey._of(public_key, private)
    if private_keyring is not None:
        private_keyring.add(private_key)
    return public_key, private_key


class PaillierPublicKey:
    """Encrypts. There is no way from it to a decryptor.

    Attributes: n, g = n + 1, nsquare, max_int (the largest magnitude of an encoded integer: n // 3 - 1), and hs, None
    for a key made from n alone.
    """

    def __init__(self, n: int, *, hs: int | None = None, insecure_for_comparison: bool = False) -> None:
        n, hs = operator.index(n), None if hs is None else operator.index(hs)
        self.n = n
        self.g = n + 1
        self.nsquare = n * n
        self.max_int = n // 3 - 1
        self.hs = hs
        self._insecure = insecure(n.bit_length(), insecure_for_comparison)
        check_public(n, hs)

    @classmethod
    def _of(cls, native: _native.PublicKey) -> PaillierPublicKey:
        hs = native.hs
        key = cls(
            int.from_bytes(native.n, "big"),
            hs=None if hs is None else int.from_bytes(hs, "big"),
            insecure_for_comparison=native.insecure_for_comparison,
        )
        key.__dict__["native"] = native
        return key

    @cached_property
    def native(self) -> _native.PublicKey:
        """The key in the extension module. It is made at the first use: with `hs` it holds a large table."""
        width = (self.n.bit_length() + 7) // 8
        hs = None if self.hs is None else self.hs.to_bytes(2 * width, "big")
        return _native.PublicKey(self.n.to_bytes(width, "big"), hs, self._insecure)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "native"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Checked as one that is made, and what follows from n is not believed.
        self.__init__(state["n"], hs=state["hs"], insecure_for_comparison=state["_insecure"])  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"<PaillierPublicKey {hex(hash(self))[2:][:10]}>"

    def __eq__(self, other: object) -> bool:
        return self.n == other.n if isinstance(other, PaillierPublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.n)

    def get_random_lt_n(self) -> int:
        """A random number in 1 <= r < n, from the operating system."""
        return secrets.SystemRandom().randrange(1, self.n)

    def raw_encrypt(self, plaintext: int, r_value: int | None = None) -> int:
        """The ciphertext of a residue modulo n. With `r_value` its obfuscator is r_value^n; 1 does not obfuscate."""
        if not isinstance(plaintext, int):
            raise TypeError(f"Expected int type plaintext but got: {type(plaintext)}")
        residue = plaintext % self.n
        if not r_value:
            return self._one(self.native.encrypt_residues(self._narrow(residue)))
        nude = 1 + residue * self.n
        return nude if r_value == 1 else nude * self._obfuscator(r_value) % self.nsquare

    def encrypt(
        self, value: Scalar | EncodedNumber, precision: float | None = None, r_value: int | None = None
    ) -> EncryptedNumber:
        """Encodes (see `EncodedNumber.encode`) and encrypts. With `r_value` the number does not count as obfuscated."""
        if isinstance(value, EncodedNumber):
            return self.encrypt_encoded(value, r_value)
        return self.encrypt_encoded(EncodedNumber.encode(self, value, precision), r_value)

    def encrypt_encoded(self, encoding: EncodedNumber, r_value: int | None) -> EncryptedNumber:
        """As `encrypt`, of what is encoded already, for this key."""
        if encoding.public_key.n != self.n:
            raise ValueError("Attempted to encrypt a number encoded for a different public key!")
        ciphertext = self.raw_encrypt(encoding.encoding, None if r_value is None else r_value or 1)
        made = EncryptedNumber._made(self, ciphertext, encoding.exponent, encoding.BASE, coarse_bound(encoding))
        return made._marked() if r_value is None else made

    def _obfuscator(self, r_value: int) -> int:
        r_value = operator.index(r_value)
        # (r + n)^n = r^n modulo n^2.
        return self._one(self.native.nth_powers(self._narrow(r_value % self.n)))

    def _narrow(self, residue: int) -> bytes:
        return residue.to_bytes(self.native.plaintext_bytes, "big")

    def _wide(self, ciphertext: int) -> bytes:
        return (ciphertext % self.nsquare).to_bytes(self.native.ciphertext_bytes, "big")

    @staticmethod
    def _one(data: bytes) -> int:
        return int.from_bytes(data, "big")


class PaillierPrivateKey:
    """Decrypts. p < q are the prime factors of n; ValueError if they are not.

    The primes live in memory that is wiped; the attributes p, q and what is derived from them are Python's integers,
    made when they are asked for, which nobody wipes. So is a pickle.
    """

    def __init__(self, public_key: PaillierPublicKey, p: int, q: int) -> None:
        p, q = operator.index(p), operator.index(q)
        if p * q != public_key.n:
            raise ValueError("given public key does not match the given p and q.")
        if p == q:
            raise ValueError("p and q have to be different")
        p, q = min(p, q), max(p, q)
        width = (q.bit_length() + 7) // 8
        self.public_key = public_key
        self._native = _native.PrivateKey(public_key.native, p.to_bytes(width, "big"), q.to_bytes(width, "big"))

    @classmethod
    def _of(cls, public_key: PaillierPublicKey, native: _native.PrivateKey) -> PaillierPrivateKey:
        key = cls.__new__(cls)
        key.public_key = public_key
        key._native = native
        return key

    @staticmethod
    def from_totient(public_key: PaillierPublicKey, totient: int) -> PaillierPrivateKey:
        """From (p - 1)(q - 1). Raises ValueError if it is not n's."""
        total = public_key.n - totient + 1
        discriminant = total * total - 4 * public_key.n
        if discriminant < 0:
            raise ValueError("given public key and totient do not match.")
        p = (total - math.isqrt(discriminant)) // 2
        if p * (total - p) != public_key.n:
            raise ValueError("given public key and totient do not match.")
        return PaillierPrivateKey(public_key, p, total - p)

    @property
    def native(self) -> _native.PrivateKey:
        """The key in the extension module."""
        return self._native

    @property
    def p(self) -> int:
        return self._primes[0]

    @property
    def q(self) -> int:
        return self._primes[1]

    @property
    def psquare(self) -> int:
        return self.p * self.p

    @property
    def qsquare(self) -> int:
        return self.q * self.q

    @property
    def p_inverse(self) -> int:
        """1/p modulo q."""
        return pow(self.p, -1, self.q)

    @property
    def hp(self) -> int:
        return self.h_function(self.p, self.psquare)

    @property
    def hq(self) -> int:
        return self.h_function(self.q, self.qsquare)

    @property
    def _primes(self) -> tuple[int, int]:
        p, q = (int.from_bytes(prime, "big") for prime in (self._native.p, self._native.q))
        return min(p, q), max(p, q)

    def __reduce__(self) -> tuple[type[PaillierPrivateKey], tuple[PaillierPublicKey, int, int]]:
        return PaillierPrivateKey, (self.public_key, self.p, self.q)

    def __repr__(self) -> str:
        return f"<PaillierPrivateKey for {self.public_key!r}>"

    def __eq__(self, other: object) -> bool:
        return self._primes == other._primes if isinstance(other, PaillierPrivateKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._primes)

    def decrypt(self, encrypted_number: EncryptedNumber) -> int | float:
        """Decrypts and decodes. Raises TypeError for anything else, ValueError under another key and for what is no
        ciphertext, OverflowError where a computation overflowed. Warns with UnknownBoundWarning where nobody can tell.
        """
        return self.decrypt_encoded(encrypted_number).decode()

    def decrypt_encoded(
        self, encrypted_number: EncryptedNumber, Encoding: type[EncodedNumber] | None = None
    ) -> EncodedNumber:
        """The encoding, not decoded yet; of the class `Encoding`."""
        if not isinstance(encrypted_number, EncryptedNumber):
            raise TypeError(f"Expected encrypted_number to be an EncryptedNumber not: {type(encrypted_number)}")
        if self.public_key != encrypted_number.public_key:
            raise ValueError("encrypted_number was encrypted against a different key!")
        base = encrypted_number._base
        if Encoding is not None and base_of(encrypted_number) not in (None, Encoding.BASE):
            raise ValueError(f"a number encoded to the base {base} is not decoded to the base {Encoding.BASE}")
        encoding = self.raw_decrypt(encrypted_number.ciphertext(be_secure=False))
        made = (Encoding or of_base(base or EncodedNumber.BASE))(self.public_key, encoding, encrypted_number.exponent)
        if encrypted_number._bound is None:
            warn_unknown(3)
        check_decrypted(made, encrypted_number._bound)
        return made

    def raw_decrypt(self, ciphertext: int) -> int:
        """The residue modulo n."""
        if not isinstance(ciphertext, int):
            raise TypeError(f"Expected ciphertext to be an int, not: {type(ciphertext)}")
        return int.from_bytes(self._native.decrypt_residues(self.public_key._wide(ciphertext)), "big")

    def h_function(self, x: int, xsquare: int) -> int:
        """1/L(g^(x - 1) modulo x^2) modulo x (Paillier 1999, section 7)."""
        return pow(self.l_function(pow(self.public_key.g, x - 1, xsquare), x), -1, x)

    def l_function(self, x: int, p: int) -> int:
        """L(x) = (x - 1) / p."""
        return (x - 1) // p

    def crt(self, mp: int, mq: int) -> int:
        """The residue modulo n of one modulo p and one modulo q."""
        p, q = self._primes
        return mp + (mq - mp) * pow(p, -1, q) % q * p


class PaillierPrivateKeyring(Mapping[PaillierPublicKey, PaillierPrivateKey]):
    """Private keys by their public ones."""

    def __init__(self, private_keys: Iterable[PaillierPrivateKey] | None = None) -> None:
        self._keys: dict[PaillierPublicKey, PaillierPrivateKey] = {}
        for private_key in private_keys or ():
            self.add(private_key)

    def __getitem__(self, key: PaillierPublicKey) -> PaillierPrivateKey:
        return self._keys[key]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[PaillierPublicKey]:
        return iter(self._keys)

    def __delitem__(self, public_key: PaillierPublicKey) -> None:
        del self._keys[public_key]

    def add(self, private_key: PaillierPrivateKey) -> None:
        """Adds a key. Raises TypeError for anything else."""
        if not isinstance(private_key, PaillierPrivateKey):
            raise TypeError(f"private_key should be of type PaillierPrivateKey, not {type(private_key)}")
        self._keys[private_key.public_key] = private_key

    def decrypt(self, encrypted_number: EncryptedNumber) -> int | float:
        """Decrypts with the key that fits. Raises KeyError if there is none."""
        return self[encrypted_number.public_key].decrypt(encrypted_number)
