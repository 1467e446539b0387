"""Builds a block with Verilator and runs the cocotb tests of the calling file on it."""

import fcntl
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

from cases import LONG
from cocotb_tools.runner import get_runner
from results import of_cocotb, record

ROOT = Path(__file__).resolve().parents[3]
RTL = ROOT / "fpga" / "rtl"
COMMON = ROOT / "fpga" / "tb" / "common"
STUB_ENGINE = COMMON / "stub_engine.sv"
PACKAGES = ["card_pkg.sv", "shell_pkg.sv"]
# In the order in which files see each other's packages; the engine is added by who needs it.
SHELL = [RTL / name for name in PACKAGES + [
    "generated/card_registers_pkg.sv", "generated/card_registers.sv", "register_slice.sv", "word_fifo.sv", "round_robin.sv",
    "read_channel.sv", "write_channel.sv", "read_port.sv", "write_port.sv", "memory_hub.sv", "memory_sweeper.sv",
    "descriptor_decoder.sv", "context_table.sv", "engine_slots.sv", "dispatcher.sv", "descriptor_fetch.sv",
    "completion_writer.sv", "ring_unit.sv", "interrupt_unit.sv", "wide_counter.sv", "card_counters.sv", "card_control.sv",
    "host_interface.sv", "card.sv",
]]

OUT = ROOT / "target" / "fpga"
# Taken out of the environment, where cocotb would see a wish for coverage of the Python code.
COVERAGE = os.environ.pop("COVERAGE", "")


def run(test_file: str, top: str, sources=SHELL, parameters=None, label: str = "", lint: bool = True, tests: str | None = None) -> None:
    """Fails if a cocotb test of test_file fails. COVERAGE=1 in the environment collects line and toggle coverage."""
    test = Path(test_file).resolve()
    build = OUT / (f"{top}-{label}" if label else top)
    arguments = ["-O3", "--assert", "--x-initial", "unique", "-Wno-fatal" if not lint else "-Wall"]
    if COVERAGE:
        arguments += ["--coverage-line", "--coverage-toggle"]
    runner = get_runner("verilator")
    # Benches with the same top and parameters share a build; the first one that comes makes it.
    started = time.monotonic()
    with locked(build.with_suffix(".lock")):
        forget_other_tools(build)
        os.environ["OBJCACHE"] = str(COMMON / "compile-once")
        runner.build(
            sources=[*([RTL / "generated" / "waivers.vlt"] if lint else []), *sources],
            hdl_toplevel=top,
            parameters=parameters or {},
            build_dir=build,
            build_args=arguments,
        )
    took = time.monotonic() - started
    # Each bench runs in a folder of its own: coverage and results are the simulation's.
    place = build / test.stem
    place.mkdir(exist_ok=True)
    report = place / "results.xml"
    report.unlink(missing_ok=True)
    bench = test.relative_to(ROOT / "fpga")
    record((True, took, f"build/{build.name}/{test.stem}"))
    try:
        # Exits where a test failed.
        runner.test(
            hdl_toplevel=top,
            test_module=test.stem,
            build_dir=build,
            test_dir=place,
            results_xml=str(report),
            test_filter=tests,
            # The ordinary suite is the same in each run, and so is what it covers; the long one is not.
            extra_env={"PYTHONPATH": os.pathsep.join([str(test.parent), str(COMMON), os.environ.get("PYTHONPATH", "")]),
                       **({} if LONG else {"COCOTB_RANDOM_SEED": "1"})},
        )
    finally:
        ended = of_cocotb(report, str(bench), f"[{label}]" if label else "") if report.exists() else []
        record(*ended)
    failed = [name for passed, _, name in ended if not passed]
    assert ended and not failed, f"failed, see above: {failed}"


@contextmanager
def locked(file: Path):
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def forget_other_tools(build: Path) -> None:
    """A folder that another installation of the tools built in names files that may be gone."""
    stamp, tools = build / "tools", os.environ.get("VERILATOR_ROOT", "")
    if build.exists() and (not stamp.exists() or stamp.read_text(encoding="utf-8") != tools):
        shutil.rmtree(build)
    build.mkdir(parents=True, exist_ok=True)
    stamp.write_text(tools, encoding="utf-8")
