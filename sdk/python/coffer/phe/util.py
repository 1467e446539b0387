"""Integers and base 64 with the names of `phe.util` in python-phe. None of it is constant in time."""

from __future__ import annotations

import math
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

# python-phe asks for these libraries; here Python's own integers do.
HAVE_GMP = HAVE_CRYPTO = False

_SIEVE = 17_864


def powmod(a: int, b: int, c: int) -> int:
    """a^b modulo c."""
    return 1 if a == 1 else pow(a, b, c)


def mulmod(a: int, b: int, c: int) -> int:
    """a b modulo c."""
    return a * b % c


def extended_euclidean_algorithm(a: int, b: int) -> tuple[int, int, int]:
    """(r, s, t) with r = s a + t b, the greatest common divisor."""
    r, s, t = (a, b), (1, 0), (0, 1)
    while r[1]:
        quotient = r[0] // r[1]
        r, s, t = ((x[1], x[0] - quotient * x[1]) for x in (r, s, t))
    return r[0], s[0], t[0]


def invert(a: int, b: int) -> int:
    """1/a modulo b. Raises ZeroDivisionError if there is none."""
    try:
        return pow(a, -1, b)
    except ValueError as error:
        raise ZeroDivisionError("invert() no inverse exists") from error


def getprimeover(N: int) -> int:
    """A random prime of N bits, from the operating system."""
    while True:
        candidate = secrets.randbits(N) | 1 << N - 1 | 1
        if is_prime(candidate):
            return candidate


def isqrt(N: int) -> int:
    """The integer square root."""
    return math.isqrt(N)


improved_i_sqrt = isqrt


def base64url_encode(payload: bytes | str) -> str:
    """Without the padding at the end."""
    data = payload if isinstance(payload, bytes) else payload.encode()
    return urlsafe_b64encode(data).decode().rstrip("=")


def base64url_decode(payload: str) -> bytes:
    """What `base64url_encode` wrote. Raises ValueError."""
    if len(payload) % 4 == 1:
        raise ValueError("Invalid base64 string")
    return urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def base64_to_int(source: str) -> int:
    """Big-endian."""
    return int.from_bytes(base64url_decode(source), "big")


def int_to_base64(source: int) -> str:
    """What `base64_to_int` reads: a positive number. Raises AssertionError, as python-phe, for another."""
    assert source > 0, "a positive number is needed"
    return base64url_encode(source.to_bytes((source.bit_length() + 7) // 8, "big"))


def miller_rabin(n: int, k: int) -> bool:
    """False if n, over 3, is composite; True, but for a chance below 4^-k, if it is prime."""
    power = ((n - 1) & -(n - 1)).bit_length() - 1
    for _ in range(k):
        x = pow(2 + secrets.randbelow(n - 3), n - 1 >> power, n)
        passed = x in (1, n - 1)
        for _ in range(power - 1):
            x = x * x % n
            passed = passed or x == n - 1
        if not passed:
            return False
    return True


def is_prime(n: int, mr_rounds: int = 25) -> bool:
    """Whether n is prime, with overwhelming probability."""
    if n <= first_primes[-1]:
        return n in first_primes
    return all(n % p for p in first_primes) and n % 2 == 1 and miller_rabin(n, mr_rounds)


def _primes_below(limit: int) -> list[int]:
    sieve = bytearray([1]) * limit
    sieve[:2] = b"\0\0"
    for number in range(2, math.isqrt(limit) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return [number for number in range(limit) if sieve[number]]


first_primes = _primes_below(_SIEVE)
