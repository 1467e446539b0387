"""FATE's own programs, as FATE publishes them: hetero logistic regression, with an arbiter or on secret shares, and SecureBoost; each party a process, in its standalone backend.

training.py ALGORITHM KIND TABLES OUT: trains on TABLES/guest.csv and TABLES/host.csv with the cipher of that kind (`paillier`, FATE's own, or
`coffer`) and writes OUT/model.json: what the parties learned, and the seconds that it took.
"""

from __future__ import annotations

import argparse
import enum
import json
import logging
import multiprocessing
import os
import signal
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

GUEST, HOST, ARBITER = PARTIES = [("guest", "9999"), ("host", "10000"), ("arbiter", "10001")]
BITS = 2048
# Of one training; FATE itself waits for ever.
LIMIT_S = 1500


def main() -> None:
    arguments = parse()
    queue: Any = multiprocessing.get_context("spawn").Queue()
    with tempfile.TemporaryDirectory() as folder:
        parties = PARTIES if arguments.algorithm == "lr" else PARTIES[:2]
        processes = [
            multiprocessing.get_context("spawn").Process(target=party, args=(arguments, parties, rank, folder, queue))
            for rank in range(len(parties))
        ]
        for process in processes:
            process.start()
        try:
            found = collect(queue, len(parties))
        finally:
            for process in processes:
                # Its pool of workers ends with it.
                process.kill()
                process.join()
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "model.json").write_text(json.dumps(found, indent=1) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("algorithm", choices=["lr", "secureboost", "sshe"])
    parser.add_argument("kind", choices=["paillier", "coffer"])
    parser.add_argument("tables", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--trees", type=int, default=1)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--batch", type=int, default=None)
    parser.add_argument("--cores", type=int, default=2)
    return parser.parse_args()


def collect(queue: Any, count: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    until = time.monotonic() + LIMIT_S
    while len(found) < count:
        role, result, failure = queue.get(timeout=max(0.1, until - time.monotonic()))
        if failure is not None:
            raise SystemExit(f"{role}: {failure}")
        found[role] = result
    return found


def party(arguments: argparse.Namespace, parties: Any, rank: int, folder: str, queue: Any) -> None:
    role = parties[rank][0]
    try:
        queue.put((role, train(arguments, parties, rank, folder), None))
    except BaseException:  # noqa: BLE001 - told to the parent, which ends all
        queue.put((role, None, traceback.format_exc()))
    signal.pause()


def train(arguments: argparse.Namespace, parties: Any, rank: int, folder: str) -> Any:
    logging.disable(logging.WARNING)
    ctx = context(arguments, parties, rank, folder)
    role = parties[rank][0]
    frame = None if role == "arbiter" else read(ctx, arguments.tables / f"{role}.csv", role)
    learner = {"lr": logistic_regression, "secureboost": secureboost, "sshe": shared_regression}[arguments.algorithm](arguments, role)
    if arguments.algorithm == "sshe":
        ctx.mpc.init()
    started = time.perf_counter()
    learner.fit(ctx) if frame is None else learner.fit(ctx, frame)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "model": None if frame is None else plain(learner.get_model())}


def context(arguments: argparse.Namespace, parties: Any, rank: int, folder: str) -> Any:
    from fate.arch import Context
    from fate.arch.computing.backends.standalone import CSession
    from fate.arch.federation import FederationBuilder

    # Of Python 3.11 the first releases, Debian's among them, pickle members of enumerations as a call of getattr, which FATE's restricted
    # reader refuses from anybody. As Pythons before and after:
    enum.Enum.__reduce_ex__ = lambda self, protocol: (type(self), (self._value_,))
    if arguments.kind == "coffer":
        import coffer.fate

        coffer.fate.install()
    session = CSession(f"coffer_{parties[rank][0]}", data_dir=folder, options={"task_cores": arguments.cores})
    federation = FederationBuilder("coffer", parties[rank], parties).build_standalone(session)
    ctx = Context(computing=session, federation=federation)
    ctx.cipher.set_phe(ctx.device, {"kind": arguments.kind, "key_length": BITS})
    # Hosts shuffle their histograms by seeds of their own: not by chance, so that runs can be compared.
    ctx.cipher.set_allow_custom_random_seed(True)
    return ctx


def read(ctx: Any, path: Path, role: str) -> Any:
    import pandas
    from fate.arch.dataframe import PandasReader

    label = {"label_name": "y", "label_type": "int32"} if role == "guest" else {}
    reader = PandasReader(sample_id_name="sample_id", match_id_name="id", dtype="float64", **label)
    table = pandas.read_csv(path, dtype={"id": str})
    table.insert(0, "sample_id", [f"{n:06}" for n in range(len(table))])
    return reader.to_frame(ctx, table)


def logistic_regression(arguments: argparse.Namespace, role: str) -> Any:
    from fate.ml.glm.hetero.coordinated_lr import (
        CoordinatedLRModuleArbiter,
        CoordinatedLRModuleGuest,
        CoordinatedLRModuleHost,
    )

    common = {
        "epochs": arguments.epochs,
        "batch_size": arguments.batch,
        "optimizer_param": {"method": "sgd", "penalty": "l2", "alpha": 0.01, "optimizer_params": {"lr": 0.3}},
        "learning_rate_param": {"method": "constant", "scheduler_params": {"factor": 1.0, "total_iters": 100}},
    }
    if role == "arbiter":
        return CoordinatedLRModuleArbiter(early_stop="weight_diff", tol=1e-12, **common)
    start = {"method": "zeros", "fit_intercept": role == "guest"}
    return {"guest": CoordinatedLRModuleGuest, "host": CoordinatedLRModuleHost}[role](init_param=start, **common)


def shared_regression(arguments: argparse.Namespace, role: str) -> Any:
    from fate.ml.glm.hetero.sshe import SSHELogisticRegression

    start = {"method": "zeros", "fit_intercept": role == "guest"}
    return SSHELogisticRegression(
        epochs=arguments.epochs, batch_size=arguments.batch, tol=1e-12, early_stop="diff", learning_rate=0.15, init_param=start
    )


def secureboost(arguments: argparse.Namespace, role: str) -> Any:
    from fate.ml.ensemble import HeteroSecureBoostGuest, HeteroSecureBoostHost

    trees = {"num_trees": arguments.trees, "max_depth": arguments.depth, "max_bin": 16}
    if role == "host":
        return HeteroSecureBoostHost(**trees)
    return HeteroSecureBoostGuest(objective="binary:bce", **trees)


def plain(value: Any) -> Any:
    """What a model holds as JSON has it; tensors and arrays as lists."""
    if isinstance(value, dict):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value if isinstance(value, (int, float, str, bool, type(None))) else str(value)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
