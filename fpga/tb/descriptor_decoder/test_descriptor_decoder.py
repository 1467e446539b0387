"""Descriptors: the golden bytes, and every reserved bit."""

import json

import cocotb
from bench import PACKAGES, ROOT, RTL, run
from cocotb.triggers import ClockCycles
from jobs import *
from start import start

WIDTHS = {"operation": 8, "flags": 8, "tag": 16, "context_id": 16, "items": 16, "limbs": 16, "exponent_limbs": 16, "exponent_bits": 16,
          "source": 64, "aux": 64, "destination": 64}


def test_descriptor_decoder():
    run(__file__, "descriptor_decoder", [RTL / name for name in (*PACKAGES, "descriptor_decoder.sv")], lint=False)


async def decode(dut, words: int) -> tuple[dict[str, int], bool]:
    dut.words_i.value, dut.load_i.value = words, 1
    await ClockCycles(dut.clk_i, 1)
    dut.words_i.value, dut.load_i.value = ~words & (1 << 512) - 1, 0
    await ClockCycles(dut.clk_i, 2)
    packed, fields = int(dut.fields_o.value), {}
    for name, width in reversed(WIDTHS.items()):
        fields[name], packed = packed & (1 << width) - 1, packed >> width
    return fields, bool(dut.bad_o.value)


def packed(descriptor: Descriptor) -> int:
    return sum(word << 64 * number for number, word in enumerate(descriptor.words()))


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def golden_bytes(dut):
    await start(dut)
    golden = json.loads((ROOT / "fpga/vectors/descriptors.json").read_text(encoding="utf-8"))["descriptors"]
    assert len(golden) >= 5
    for entry in golden:
        expected = {"context_id" if name == "context" else name: value for name, value in entry["fields"].items()}
        assert await decode(dut, int.from_bytes(bytes.fromhex(entry["bytes"]), "little")) == (expected, False)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def every_bit_of_a_good_descriptor(dut):
    """Of 512 bits those of reserved fields, flags and the low bits of addresses make a descriptor bad, and no others do."""
    await start(dut)
    for operation in (MODEXP, LOAD_VECTOR):
        good = packed(Descriptor(operation, source=64, aux=128, destination=192))
        for bit in range(8, 512):
            index = operation == LOAD_VECTOR and 256 <= bit < 259
            bad = bit < 16 or 112 <= bit < 128 or bit >= 320 or (bit >= 128 and bit % 64 < 3 and not index)
            assert (await decode(dut, good | 1 << bit))[1] == bad, bit


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def operations(dut):
    await start(dut)
    for code in range(256):
        assert (await decode(dut, packed(Descriptor(code))))[1] == (not 1 <= code <= 7), code
