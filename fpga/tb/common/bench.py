"""Builds a block with Verilator and runs the cocotb tests of the calling file on it."""

import os
import shutil
from pathlib import Path

from cocotb_tools.runner import get_runner

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

# Taken out of the environment, where cocotb would see a wish for coverage of the Python code.
COVERAGE = os.environ.pop("COVERAGE", "")


def run(test_file: str, top: str, sources=SHELL, parameters=None, label: str = "", lint: bool = True, tests: str | None = None) -> None:
    """Fails if a cocotb test of test_file fails. COVERAGE=1 in the environment collects line and toggle coverage."""
    test = Path(test_file).resolve()
    build = ROOT / "target" / "fpga" / (f"{top}-{label}" if label else top)
    forget_other_tools(build)
    arguments = ["-O3", "--assert", "--x-initial", "unique", "-Wno-fatal" if not lint else "-Wall"]
    if COVERAGE:
        arguments += ["--coverage-line", "--coverage-toggle"]
    runner = get_runner("verilator")
    runner.build(
        sources=[*([RTL / "generated" / "waivers.vlt"] if lint else []), *sources],
        hdl_toplevel=top,
        parameters=parameters or {},
        build_dir=build,
        build_args=arguments,
    )
    runner.test(
        hdl_toplevel=top,
        test_module=test.stem,
        build_dir=build,
        test_dir=build,
        results_xml=str(build / f"{test.stem}.xml"),
        test_filter=tests,
        extra_env={"PYTHONPATH": os.pathsep.join([str(test.parent), str(COMMON), os.environ.get("PYTHONPATH", "")])},
    )
    failures = (build / f"{test.stem}.xml").read_text(encoding="utf-8").count("<failure")
    assert failures == 0, f"{failures} of the tests of {top} failed: see above"


def forget_other_tools(build: Path) -> None:
    """A folder that another installation of the tools built in names files that may be gone."""
    stamp, tools = build / "tools", os.environ.get("VERILATOR_ROOT", "")
    if build.exists() and (not stamp.exists() or stamp.read_text(encoding="utf-8") != tools):
        shutil.rmtree(build)
    build.mkdir(parents=True, exist_ok=True)
    stamp.write_text(tools, encoding="utf-8")
