"""Builds the card's RTL with Verilator, drives it as a host would, and measures it by its own counters: scripts/bench card.

    card.py --json FILE [--driver FILE] [--engines N] [--quick]

Batches of exponentiations with random bases. Exponents have 64 bits, as whole ones would take hours to simulate: the share of
entering, powers and leaving is larger than with whole exponents, so that what is measured is worse than what a whole one has.
Every result is compared with Python's pow.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from systemrdl import RDLCompiler  # noqa: E402

from fpga.model.descriptors import LOAD_CONTEXT, MODEXP, OK, Completion, Descriptor  # noqa: E402
from fpga.model.montgomery import ULTRASCALE  # noqa: E402
from fpga.model.projection import Engine, modexp_products, multiplier_limit  # noqa: E402

BUILD = ROOT / "target" / "fpga" / "bench"
SUBMISSION, COMPLETION, OPERANDS, RESULTS, EXPONENT = 0x10_0000, 0x20_0000, 0x100_0000, 0x200_0000, 0x300_0000
RING_LOG2 = 4
BATCH, JOBS = 64, 2  # two jobs: while one is computed the next one's operands can come
# A read of the host's memory over PCIe takes about a microsecond: 300 cycles of the clock that REPORT.md projects with.
HOST_LATENCY, CARD_LATENCY = 300, 40
# Multiplier cycles of a 2048 and a 4096-bit product of FIOS_DSP_MM (github.com/LOUISNOYEZ/FIOS_DSP_MM, RESULTS/README.md): DSP blocks
# times cycles.
FIOS = {1024: 16 * 609, 2048: 28 * 1326, 4096: 55 * 2657}
COUNTERS = ("CYCLES", "PRODUCTS", "ROWS", "ACTIVE", "WAIT")


@cache
def registers() -> dict[str, int]:
    compiler = RDLCompiler()
    compiler.compile_file(str(ROOT / "fpga/regs/card.rdl"))
    return {node.inst_name: node.absolute_address for node in compiler.elaborate().top.registers()}


def build(engines: int) -> Path:
    rtl = ROOT / "fpga/rtl"
    files = sorted(rtl.glob("*_pkg.sv")) + sorted(rtl.glob("generated/*_pkg.sv"))
    files += [f for f in sorted(rtl.glob("*.sv")) + sorted(rtl.glob("generated/*.sv")) if f not in files]
    folder = BUILD / f"engines-{engines}"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["verilator", "--cc", "--exe", "--build", "-j", str(os.cpu_count()), "-O3", "-Wno-lint", "--x-assign", "fast",
         "--x-initial", "fast", "-CFLAGS", "-O2", "--top-module", "card", f"-GEngines={engines}", "-GTableLog2=16", "-GVectorLog2=13", "-GContexts=2",
         *map(str, files), str(ROOT / "fpga/bench/card_sim.cpp"), "--Mdir", str(folder), "-o", "card_sim"],
        check=True, stdout=subprocess.DEVNULL)
    return folder / "card_sim"


class Card:
    """The simulated card over its line protocol."""

    def __init__(self, program: Path):
        self.process = subprocess.Popen(
            [str(program), str(HOST_LATENCY), str(CARD_LATENCY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tail = 0
        self.wait_register("STATUS", 0xFF, 0, 10_000_000)

    def send(self, line: str) -> None:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line: str) -> str:
        self.send(line)
        answer = self.process.stdout.readline().strip()
        if not answer or answer == "timeout":
            raise TimeoutError(f"card_sim: {line}: {answer or 'ended'}")
        return answer

    def write(self, name: str, value: int) -> None:
        self.send(f"w {registers()[name]:x} {value:x}")

    def read(self, name: str) -> int:
        return int(self.ask(f"r {registers()[name]:x}"), 16)

    def wait_register(self, name: str, mask: int, value: int, limit: int) -> None:
        self.ask(f"p {registers()[name]:x} {mask:x} {value:x} {limit:x}")

    def counter(self, name: str) -> int:
        return self.read(f"COUNT_{name}_LO") | self.read(f"COUNT_{name}_HI") << 32

    def load(self, address: int, data: bytes) -> None:
        words = (int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data), 8))
        self.send(f"m {address:x} " + " ".join(f"{word:x}" for word in words))

    def fetch(self, address: int, size: int) -> bytes:
        return b"".join(int(word, 16).to_bytes(8, "little") for word in self.ask(f"d {address:x} {size // 8:x}").split())

    def enable(self) -> None:
        self.write("SUBMISSION_BASE_LO", SUBMISSION)
        self.write("COMPLETION_BASE_LO", COMPLETION)
        self.write("RING_SIZE", RING_LOG2)
        self.write("CONTROL", 2)
        self.wait_register("STATUS", 0xFF, 1, 100_000)

    def run(self, jobs: list[Descriptor], limit: int) -> int:
        """Submits them together; gives the cycles until the last one's completion."""
        cycles = 0
        first = self.tail
        for job in jobs:
            self.load(SUBMISSION + 64 * (self.tail % (1 << RING_LOG2)), job.pack())
            self.tail += 1
        self.write("SUBMISSION_TAIL", self.tail & 0xFFFF)
        for number in range(first, self.tail):
            address = COMPLETION + 32 * (number % (1 << RING_LOG2))
            phase = 1 - (number >> RING_LOG2) % 2
            cycles += int(self.ask(f"u {address:x} 1000000 {phase << 24:x} {limit:x}"), 16)
            completion = Completion.unpack(self.fetch(address, 32))
            if completion.status != OK:
                raise RuntimeError(f"job {completion.tag} ended with status {completion.status}")
            self.write("COMPLETION_HEAD", number + 1 & 0xFFFF)
        return cycles


def batch(card: Card, bits: int) -> dict[str, int]:
    """The counters' growth over two jobs of 64 exponentiations."""
    rng, limbs = random.Random(bits), bits // 64
    n = rng.getrandbits(bits) | 1 << bits - 1 | 1
    numbers = lambda values: b"".join(value.to_bytes(8 * limbs, "little") for value in values)  # noqa: E731
    card.load(OPERANDS, numbers([n, pow(ULTRASCALE.r(limbs), 2, n)]))
    card.run([Descriptor(LOAD_CONTEXT, items=1, limbs=limbs, source=OPERANDS)], 1_000_000)
    bases = [rng.randrange(n) for _ in range(JOBS * BATCH)]
    exponent = rng.getrandbits(64)
    card.load(OPERANDS, numbers(bases))
    card.load(EXPONENT, exponent.to_bytes(8, "little"))
    size = BATCH * 8 * limbs
    job = Descriptor(MODEXP, items=BATCH, limbs=limbs, exponent_limbs=1, aux=EXPONENT)
    jobs = [replace(job, tag=k, source=OPERANDS + k * size, destination=RESULTS + k * size) for k in range(JOBS)]
    before = {name: card.counter(name) for name in COUNTERS}
    # Four times what the multipliers need, and what a first and a last item take alone.
    limit = 4 * BATCH * modexp_products(1) * Engine(ULTRASCALE, 16).product_cycles(limbs) + 1_000_000
    elapsed = card.run(jobs, limit)
    found = {name: card.counter(name) - before[name] for name in COUNTERS} | {"ELAPSED": elapsed}
    data = card.fetch(RESULTS, JOBS * size)
    results = [int.from_bytes(data[8 * limbs * k:8 * limbs * (k + 1)], "little") for k in range(JOBS * BATCH)]
    if results != [pow(base, exponent, n) for base in bases]:
        raise ValueError(f"{bits} bits: the card's results differ from pow")
    if found["PRODUCTS"] != JOBS * BATCH * modexp_products(1):
        raise ValueError(f"{bits} bits: {found['PRODUCTS']} products where the model has {JOBS * BATCH * modexp_products(1)}")
    return found


def case(name: str, bits: int, value: float, unit: str, note: str | None = None, **peer) -> dict:
    record = {"suite": "card", "case": name, "bits": bits, "value": value, "unit": unit, "peer": None, "peer_value": None, "ratio": None,
              "threads": 1} | peer
    return record | ({"note": note} if note else {})


def cases(bits: int, engines: int, multipliers: int, found: dict[str, int]) -> list[dict]:
    batch_note = f"{JOBS} jobs of {BATCH}, exponents of 64 bits; {engines} engine(s); counters of the simulated RTL"
    rows = found["ROWS"] / found["PRODUCTS"]
    spent = multipliers * found["ACTIVE"] / found["PRODUCTS"]
    limit = multiplier_limit(bits)
    busy, waiting = 100 * found["ROWS"] / found["ACTIVE"], 100 * found["WAIT"] / found["ACTIVE"]
    idle = 100 * (engines * found["ELAPSED"] - found["ACTIVE"]) / (engines * found["ELAPSED"])
    records = [
        case("cycles a product, batch of 64", bits, found["ACTIVE"] / found["PRODUCTS"], "cycles", batch_note),
        case("multiplier cycles a product, batch of 64", bits, spent, "cycles", batch_note, peer="2 ceil(n/26) ceil(n/17)",
             peer_value=limit, ratio=limit / spent, target=round(1 / 1.15, 4) if bits >= 2048 else None),
        case("multiplier cycles a product, multiplying only", bits, multipliers * rows, "cycles", batch_note,
             peer="2 ceil(n/26) ceil(n/17)", peer_value=limit, ratio=limit / (multipliers * rows)),
        case("multipliers busy, batch of 64", bits, busy, "%", batch_note, peer="90 %", peer_value=90.0, ratio=busy / 90, target=1.0),
        case("dispatcher and DMA wait, batch of 64", bits, waiting + idle, "%",
             f"{waiting:.2f} % in engines with a job, {idle:.2f} % between jobs; {batch_note}", peer="3 %", peer_value=3.0,
             ratio=3 / max(waiting + idle, 0.001), target=1.0 if bits == 2048 else None),
    ]
    if bits in FIOS:
        records.append(case("multiplier cycles a product, batch of 64", bits, spent, "cycles", batch_note, peer="FIOS_DSP_MM",
                            peer_value=FIOS[bits], ratio=FIOS[bits] / spent))
    return [{key: value for key, value in record.items() if key != "target" or value is not None} for record in records]


def driver(found: dict) -> list[dict]:
    """What drivers/card-model/examples/cost.rs measured."""
    note = f"{found['jobs']:,} jobs of one 2048-bit product over the model; CPU of the driver's thread alone"
    used = found["microseconds"]
    return [
        case("driver's CPU a job", 2048, used, "us", note, peer="5 us", peer_value=5.0, ratio=5 / used, target=1.0),
        case("driver's memory, growth after a tenth of the jobs", 2048, found["resident_growth"] / 2**20, "MiB", note),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the simulated card")
    parser.add_argument("--json", required=True, type=Path)
    parser.add_argument("--driver", type=Path, help="what the driver's cost was found to be")
    parser.add_argument("--engines", type=int, default=1)
    parser.add_argument("--describe", default="unknown")
    parser.add_argument("--quick", action="store_true", help="1024 bits alone")
    arguments = parser.parse_args()
    program = build(arguments.engines)
    records = driver(json.loads(arguments.driver.read_text())) if arguments.driver else []
    for bits in (1024,) if arguments.quick else (1024, 2048, 4096):
        started = time.monotonic()
        card = Card(program)
        card.enable()
        multipliers = card.read("MULTIPLIERS")
        if multipliers != Engine(ULTRASCALE, 16).multipliers:
            raise ValueError(f"an engine with {multipliers} multipliers")
        found = batch(card, bits)
        speed = found["ELAPSED"] / (time.monotonic() - started)
        print(f"== {bits} bits: {found['ELAPSED']:,} cycles simulated, {speed:,.0f} a second", file=sys.stderr)
        records += cases(bits, arguments.engines, multipliers, found)
    stamp = {"commit": arguments.describe, "date": time.strftime("%Y-%m-%d", time.gmtime()), "processor": "simulation"}
    arguments.json.write_text(json.dumps([record | stamp for record in records], indent=1) + "\n")


if __name__ == "__main__":
    main()
