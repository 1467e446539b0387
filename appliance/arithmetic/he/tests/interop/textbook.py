"""Paillier as in the paper of 1999, on GMP: no Chinese remainders, no short obfuscators, no code of ours.

JSON on standard input: {"n", "hs", "p", "q", "ciphertexts": [HEX]}; on standard output what they decrypt to, fresh
encryptions of the numbers in `PLAIN`, and whether hs is what section 4.2 of Damgard, Jurik and Nielsen (2010) asks for.
"""
import json
import sys

import gmpy2
from gmpy2 import mpz

PLAIN = [0, 1, -1, 2**62, -(2**63), 123456789012345]

key = json.load(sys.stdin)
n, hs, p, q = (mpz(key[name], 16) for name in ("n", "hs", "p", "q"))
assert p * q == n and gmpy2.is_prime(p, 50) and gmpy2.is_prime(q, 50)
assert p % 4 == 3 and q % 4 == 3 and gmpy2.gcd(p - 1, q - 1) == 2
n2, g = n * n, n + 1
lam = gmpy2.lcm(p - 1, q - 1)


def big_l(u):
    return (u - 1) // n


mu = gmpy2.invert(big_l(gmpy2.powmod(g, lam, n2)), n)


def decrypt(c):
    m = big_l(gmpy2.powmod(c, lam, n2)) * mu % n
    return int(m if m <= n // 2 else m - n)


def encrypt(m, r):
    return gmpy2.powmod(g, m % n, n2) * gmpy2.powmod(r, n, n2) % n2


# hs is an n-th power, so an encryption of zero, and its n-th root is no square modulo p or q: it is minus a square.
root = gmpy2.powmod(hs, gmpy2.invert(n, lam), n)
json.dump(
    {
        "decrypted": [str(decrypt(mpz(c, 16))) for c in key["ciphertexts"]],
        "plain": PLAIN,
        "encrypted": [f"{encrypt(mpz(m), mpz(7919 + i) ** 50 % n):x}".zfill(2 * 2 * ((n.bit_length() + 7) // 8)) for i, m in enumerate(PLAIN)],
        "hs": decrypt(hs) == 0 and gmpy2.jacobi(root, p) == -1 and gmpy2.jacobi(root, q) == -1,
    },
    sys.stdout,
)
