"""FATE's own programs with FATE's own Paillier and with Coffer's, on one core: fate_programs.py --json FILE, in the peers' root, with tests/peers in
reach.

Once the ciphertext part alone, as FATE's tensors and histograms compute it in one process; once end to end, three or two processes of FATE
on that core. What comes out is compared before it is told.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coffer
import coffer.fate
import tables
import torch
import training
from fate.arch.context._cipher import PHECipherBuilder
from fate.arch.histogram.values._cipher import HistogramEncryptedValues

KINDS = ("coffer", "paillier")
PEER = "FATE 2.2, its own Paillier"
BITS = training.BITS
# Of the ciphertext part of an epoch of logistic regression.
TARGET = 20.0
FIXED_POINT = 23
BINS = 16

PROGRAMS = [
    ("lr", "hetero-LR epoch", "; the peer leaves out obfuscators here, ours does not"),
    ("secureboost", "SecureBoost, one tree of depth 3", ""),
]

Case = dict[str, Any]


def main() -> None:
    arguments = parse()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    coffer.set_threads(1)
    coffer.fate.install()
    rows = 40 if arguments.quick else tables.ROWS
    stamp = {
        "commit": arguments.describe,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": arguments.processor,
    }
    kits = {kind: PHECipherBuilder(None, kind, BITS).setup() for kind in KINDS}
    columns = f"N = {rows}, {tables.GUEST_COLUMNS} + {tables.HOST_COLUMNS} columns"
    first = {"note": "from a key's first use on: its tables are made"}
    cases = [
        case(f"hetero-LR epoch, the ciphertext part, {columns}", parts(kits, lambda kit: epoch(kit, rows))) | first,
        case(f"SecureBoost layer, the ciphertext part, {columns}, {BINS} bins", parts(kits, lambda kit: layer(kit, rows))),
    ]
    if not arguments.quick:
        cases[0]["target"] = TARGET
    with tempfile.TemporaryDirectory() as folder:
        tables.write(Path(folder) / "tables", rows)
        for algorithm, what, note in PROGRAMS:
            seconds = end_to_end(algorithm, Path(folder))
            cases.append(case(f"{what}, end to end, {columns}", seconds) | {"note": f"processes of FATE on one core, keys included{note}"})
    arguments.json.write_text(json.dumps([case | stamp for case in cases], indent=2) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--describe", default="unknown")
    parser.add_argument("--processor", default="")
    return parser.parse_args()


def parts(kits: dict[str, Any], work: Callable[[Any], Any]) -> tuple[float, float]:
    """Seconds of ours and of FATE's, of one run each: FATE's takes long enough."""
    found, seconds = [], []
    for kind in KINDS:
        start = time.perf_counter()
        found.append(work(kits[kind]))
        seconds.append(time.perf_counter() - start)
    if found[0] != found[1]:
        raise SystemExit("fate: the ciphers do not agree about what comes out")
    return seconds[0], seconds[1]


def epoch(kit: Any, rows: int) -> list[Any]:
    """What guest, host and arbiter do with ciphertexts in one batch of all rows: fate.ml.glm.hetero.coordinated_lr, with one host."""
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    secret, open_ = kit.get_tensor_encryptor(), kit.get_tensor_decryptor()
    x_guest, x_host = draw(rows, tables.GUEST_COLUMNS), draw(rows, tables.HOST_COLUMNS)
    half_d, xw_host, xw, y = (draw(rows, 1) for _ in range(4))
    sent_d, sent_xw = (secret.encrypt_tensor(v, obfuscate=True) for v in (half_d, xw_host))
    gradients = []
    for x, sent in ((x_guest, sent_xw), (x_host, sent_d)):
        whole = (x.T * 2**FIXED_POINT).to(torch.int64)
        gradients.append(1 / rows * (draw(x.shape[1], 1) + 1 / 2**FIXED_POINT * torch.matmul(whole, sent)))
    loss = torch.matmul((1 / rows * xw).T, sent_xw) - torch.matmul((2 / rows * y).T, sent_xw)
    loss = loss + 2 / rows * secret.encrypt_tensor(torch.matmul(xw_host.T, xw_host))
    return [open_.decrypt_tensor(v).tolist() for v in (*gradients, loss)]


def layer(kit: Any, rows: int) -> list[Any]:
    """What guest and host do with ciphertexts for one layer of a tree: gradients and hessians packed and encrypted, their histogram over
    the host's columns, its sums packed and decrypted."""
    generator = torch.Generator().manual_seed(2)
    bits, precision, columns = 64, 52, tables.HOST_COLUMNS
    pairs = torch.rand(rows * 2, generator=generator)
    positions = [
        [column * BINS + int(b) for column, b in enumerate(torch.randint(BINS, (columns,), generator=generator))] for _ in range(rows)
    ]
    packs = kit.pk.encrypt_encoded(kit.coder.pack_floats(pairs, bits, 2, precision), obfuscate=True)
    histogram = HistogramEncryptedValues.zeros(kit.pk, kit.evaluator, columns * BINS, kit.coder, torch.int64, 1)
    histogram.i_update(packs, positions)
    histogram.i_chunking_cumsum([BINS] * columns)
    each = (BITS - 2) // (bits * 2)
    sums = histogram.squeeze(each, bits * 2).decrypt(kit.sk)
    found: list[Any] = sums.unpack(kit.coder, each * 2, bits, precision, columns * BINS * 2, 1).data.tolist()
    return found


def end_to_end(algorithm: str, folder: Path) -> tuple[float, float]:
    """Seconds that the slowest party's fit took, of ours and of FATE's. Raises where the models differ."""
    models, seconds = [], []
    for kind in KINDS:
        out = folder / f"{algorithm}-{kind}"
        words = [algorithm, kind, folder / "tables", out, "--epochs", "1", "--cores", "1"]
        subprocess.run([sys.executable, "-W", "ignore", training.__file__, *words], check=True)
        found = json.loads((out / "model.json").read_text())
        models.append({role: part["model"] for role, part in found.items()})
        seconds.append(max(part["seconds"] for part in found.values()))
    if models[0] != models[1]:
        raise SystemExit(f"fate: {algorithm}: the models differ")
    return seconds[0], seconds[1]


def case(name: str, seconds: tuple[float, float]) -> Case:
    ours, theirs = seconds
    return {
        "suite": "fate",
        "case": name,
        "bits": BITS,
        "value": ours,
        "unit": "s",
        "peer": PEER,
        "peer_value": theirs,
        "ratio": theirs / ours,
        "threads": 1,
    }


if __name__ == "__main__":
    main()
