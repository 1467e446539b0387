"""Reads what the tools wrote and writes REPORT.md. report.py best DIR: the seed of the fastest place and route.

Every figure comes from a file: yosys and nextpnr in DIR, devices.json here, and the simulated card's counters (`scripts/bench card
--json`) in DIR/card.json where they were measured. What multiplies them is called a projection.
"""

import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from fpga.model.montgomery import ECP5, ULTRASCALE  # noqa: E402
from fpga.model.projection import Engine, modexp_products, multiplier_limit  # noqa: E402

COLUMNS = 16
BITS = (2048, 4096)


@dataclass
class Cells:
    """Cells of an UltraScale+ netlist, as the device's table counts them."""

    counts: dict[str, int]

    @classmethod
    def read(cls, path: Path) -> "Cells":
        stat = json.loads(path.read_text())
        return cls(stat["design"]["num_cells_by_type"])

    def of(self, *prefixes: str) -> int:
        return sum(n for name, n in self.counts.items() if name.startswith(prefixes))

    @property
    def resources(self) -> dict[str, float]:
        # A RAM32M16 takes 8 LUTs, a RAM64M8 8, a shift register 1.
        memory = 8 * self.of("RAM32M16", "RAM64M8") + 4 * self.of("RAM32M", "RAM64M") - 4 * self.of("RAM32M16", "RAM64M8")
        return {
            "lut": self.of("LUT") + self.of("SRL") + memory,
            "ff": self.of("FDRE", "FDSE", "FDCE", "FDPE"),
            "dsp": self.of("DSP48E2"),
            "bram36": self.of("RAMB36E2") + self.of("RAMB18E2") / 2,
            "uram": self.of("URAM288"),
        }


def place_and_route(out: Path) -> dict[int, dict]:
    return {int(path.stem.split("-")[1]): json.loads(path.read_text()) for path in sorted(out.glob("ecp5-[0-9]*.json"))}


def clock(run: dict) -> dict:
    """The slowest clock; there is one."""
    return min(run["fmax"].values(), key=lambda c: c["achieved"])


def best(runs: dict[int, dict]) -> int:
    return max(runs, key=lambda seed: clock(runs[seed])["achieved"])


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def path_text(path: dict) -> str:
    """Where the worst path starts and ends, its cells and its delay."""
    steps = path["path"]
    delay = sum(step["delay"] for step in steps)
    logic = sum(step["delay"] for step in steps if step["type"] != "routing")
    # Names that the mapper made end in the cells that it made; what stands before is the design's.
    first, last = (re.split(r"_(?:LUT4|PFUMX|L6MUX21|CCU2C|TRELLIS_FF)_", step["to"]["cell"])[0] for step in (steps[0], steps[-1]))
    cells = sum(step["type"] == "logic" for step in steps)
    return f"`{first}` to `{last}`, {cells} cells, {delay:.1f} ns of which {logic:.1f} ns in cells"


def ecp5_section(out: Path) -> str:
    runs = place_and_route(out)
    seed = best(runs)
    run, worst = runs[seed], clock(runs[seed])
    passed = worst["achieved"] >= worst["constraint"]
    used = [
        [name, cell["used"], cell["available"], f"{100 * cell['used'] / cell['available']:.0f} %"]
        for name, cell in sorted(run["utilization"].items()) if cell["used"] and cell["available"]
    ]
    claim = math.floor(worst["constraint"] if passed else worst["achieved"])
    critical = [path for path in run["critical_paths"] if path["from"].startswith("posedge") and path["to"].startswith("posedge")]
    engine = Engine(ECP5, COLUMNS)
    verdict = f"no path fails at the {worst['constraint']:.0f} MHz asked for" if passed else (
        f"the {worst['constraint']:.0f} MHz asked for were not reached; at {claim} MHz no path fails")
    rows = [
        [bits, f"{modexp_products(bits // 64):,}", f"{engine.modexp_cycles(bits // 64, bits // 64):,}",
         f"{claim * 1e6 / engine.modexp_cycles(bits // 64, bits // 64):.2f}"]
        for bits in BITS
    ]
    return f"""## One engine on an ECP5, placed and routed
LFE5U-85F, speed grade 8, package CABGA381; digits of {ECP5.wa} x {ECP5.wb} bits, {COLUMNS} columns, {engine.multipliers} digit multipliers.

**Clock: {worst['achieved']:.1f} MHz** (seed {seed}; {verdict}). All seeds: {
    ", ".join(f"{s}: {clock(r)['achieved']:.1f}" for s, r in runs.items())} MHz.
Slowest path between registers: {path_text(critical[0]) if critical else "none reported"}.
A multiplier block's inner path, from its input to its output register, is not among the paths that nextpnr times.

{table(["cells", "used", "there are", "share"], used)}
Projection of whole exponentiations (exponent as long as the modulus) at {claim} MHz, the multipliers always busy:
{table(["bits", "products", "cycles", "a second"], rows)}
"""


def xcup_section(out: Path) -> str:
    devices = json.loads((HERE / "devices.json").read_text())
    device = devices["vu13p"]
    names = {"lut": "LUT", "ff": "FF", "dsp": "DSP48E2", "bram36": "RAMB36E2", "uram": "URAM288"}
    engine = Cells.read(out / "xcup-engine.json").resources
    rows = [["engine", *(f"{engine[key]:,g}" for key in names)]]
    shell = extra = dict.fromkeys(names, 0)
    note = "The shell was not synthesized."
    if (out / "xcup-card-2.json").exists():
        one, two = (Cells.read(out / f"xcup-card-{n}.json").resources for n in (1, 2))
        extra = {key: two[key] - one[key] for key in names}
        shell = {key: one[key] - extra[key] for key in names}
        rows.append(["shell (rings, dispatcher, registers, AXI)", *(f"{shell[key]:,g}" for key in names)])
        rows.append(["shell, more for each engine", *(f"{extra[key]:,g}" for key in names)])
        note = "The shell is a card of one and of two engines with the engines left out; their difference is what it needs for each."
    rows.append([device["name"], *(f"{device[key]:,}" for key in names)])
    share = devices["fill"]["share"]
    each = {key: engine[key] + extra[key] for key in names}
    fits = {
        key: math.floor((share * device[key] - shell[key]) / each[key]) for key in names if each[key]
    }
    engines = min(fits.values())
    least = min(fits, key=fits.get)
    parts = [["engines by this alone", *(fits.get(key, "-") for key in names)]]
    return f"""## UltraScale+: cell counts
`yosys synth_xilinx -family xcup`: digits of {ULTRASCALE.wa} x {ULTRASCALE.wb} bits, {COLUMNS} columns. Counts before placement; no open
tool places or routes this family, so there is no clock of ours. {note}

{table(["", *names.values()], rows)}
The device's figures: {device['source']}.

### Projection: a card with a {device['name']}
With {share:.0%} of each resource used ({devices['fill']['source']}) and the shell's part taken off:
{table(["", *names.values()], parts)}
**{engines} engines**, bounded by {names[least]}.
{projections(out, engines, devices["clocks"])}"""


def projections(out: Path, engines: int, clocks: list[dict]) -> str:
    """Cycles from the simulated card where they were measured, from the model otherwise."""
    model = Engine(ULTRASCALE, COLUMNS)
    measured = {}
    if (out / "card.json").exists():
        for case in json.loads((out / "card.json").read_text()):
            if case["case"] == "cycles a product, batch of 64":
                measured[case["bits"]] = case["value"]
    text = ""
    for entry in clocks:
        rows = []
        for bits in BITS:
            cycles = measured.get(bits, model.product_cycles(bits // 64))
            source = "simulated" if bits in measured else "model"
            products = modexp_products(bits // 64)
            rate = entry["mhz"] * 1e6 * engines / (cycles * products)
            rows.append([bits, f"{cycles:,.1f}", source, f"{products:,}", f"{rate:,.0f}"])
        text += f"""
Projection at {entry['mhz']} MHz ({entry['source']}): cycles x clock x engines. Not measured on any card.
{table(["bits", "cycles a product", "from", "products an exponentiation", "exponentiations a second"], rows)}"""
    return text


def multipliers_section() -> str:
    rows = []
    for digits, name in ((ULTRASCALE, "26 x 17"), (ECP5, "18 x 18")):
        engine = Engine(digits, COLUMNS)
        for bits in BITS:
            cycles, limit = engine.multiplier_cycles(bits // 64), multiplier_limit(bits, digits.wa, digits.wb)
            rows.append([name, bits, f"{cycles:,}", f"{limit:,}", f"{cycles / limit:.3f}"])
    return f"""## Multiplier cycles a product, by the model
Multipliers times the cycles that a product keeps them, against the limit 2 ceil(n/WB) ceil(n/WA). What the RTL really takes is measured by
`scripts/bench card`.
{table(["digits", "bits", "multiplier cycles", "limit", "ratio"], rows)}
"""


def versions(out: Path) -> str:
    log = (out / "ecp5-yosys.log").read_text()
    yosys = next(line for line in log.splitlines() if line.startswith(" Yosys ") or line.startswith("Yosys "))
    return yosys.split("(")[0].strip()


def main() -> None:
    command, out = sys.argv[1], Path(sys.argv[2])
    if command == "best":
        print(best(place_and_route(out)))
        return
    text = f"""# Synthesis report

Written by `fpga/synth/run` from what the tools said ({versions(out)}, nextpnr-ecp5); do not edit. Of sources with the digest
`{(out / "sources").read_text().strip()}` (`cat fpga/rtl/*.sv fpga/rtl/generated/*.sv fpga/synth/*.sv | sha256sum`).

{ecp5_section(out)}{xcup_section(out)}
{multipliers_section()}"""
    (HERE / "REPORT.md").write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n")


if __name__ == "__main__":
    main()
