"""Results on their way out: words below N from digits below 2N, at every width, and the write requests."""

import random

import cocotb
from bench import RTL, run
from cases import cases
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

WB, SLOTS = 26, 4
WORD = (1 << 64) - 1


def test_result_buffer():
    run(__file__, "result_buffer", [RTL / "secret_ram.sv", RTL / "result_buffer.sv"], {"WB": WB, "Slots": SLOTS})


@cocotb.test()
async def reduces_and_writes(dut):
    rng = random.Random(1)
    cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
    for name in ("rst_ni", "clear_i", "sweep_i", "sweep_addr_i", "digit_valid_i", "slot_i", "first_i", "last_i", "digit_i", "modulus_i", "write_i",
                 "write_space_i", "write_addr_i", "wr_req_ready_i", "wr_ready_i", "wr_done_i", "wr_error_i", "limbs_i"):
        getattr(dut, name).value = 0
    await RisingEdge(dut.clk_i)
    await RisingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    # Widths at which the bit above the modulus falls into a word of its own, into the last digit, and in between.
    for limbs in cases((1, 2, 5, 13, 32), (1, 2, 3, 4, 5, 6, 13, 26, 32)):
        for extra in cases((0, 3), (0, 1, 3)):
            columns = -(-(64 * limbs + 1) // WB) + extra
            for n in ((1 << 64 * limbs) - 1, (1 << 64 * limbs - 1) + 1, rng.getrandbits(64 * limbs) | 1):
                for y in (0, n - 1, n, n + 1, 2 * n - 1, rng.randrange(2 * n)):
                    await one(dut, rng, limbs, columns, n, y)


async def one(dut, rng: random.Random, limbs: int, columns: int, n: int, y: int) -> None:
    slot = rng.randrange(SLOTS)
    dut.limbs_i.value = limbs
    address = 0
    for column in range(columns + 4):
        await RisingEdge(dut.clk_i)
        dut.modulus_i.value = n >> 64 * address & WORD if address < limbs else rng.getrandbits(64)
        valid = column < columns
        dut.digit_valid_i.value, dut.slot_i.value = int(valid), slot
        dut.first_i.value, dut.last_i.value = int(column == 0), int(column == columns - 1)
        dut.digit_i.value = y >> WB * column & (1 << WB) - 1 if valid else rng.getrandbits(WB)
        await ReadOnly()
        address = int(dut.modulus_addr_o.value)
    await RisingEdge(dut.clk_i)
    place = rng.getrandbits(61) << 3
    dut.write_i.value, dut.write_addr_i.value, dut.write_space_i.value = 1 << slot, place << 64 * slot, 1 << slot
    await RisingEdge(dut.clk_i)
    dut.write_i.value = 0
    words, error, done = [], rng.random() < 0.2, False
    for _ in range(40 + 6 * limbs):
        dut.wr_req_ready_i.value, dut.wr_ready_i.value = int(rng.random() < 0.7), int(rng.random() < 0.7)
        dut.wr_done_i.value = int(len(words) == limbs and not done)
        dut.wr_error_i.value = int(error and len(words) == limbs)
        await ReadOnly()
        if int(dut.wr_req_valid_o.value):
            assert int(dut.wr_req_addr_o.value) == place and int(dut.wr_req_words_o.value) == limbs and int(dut.wr_req_space_o.value) == 1
        if int(dut.wr_valid_o.value) and int(dut.wr_ready_i.value):
            words.append(int(dut.wr_data_o.value))
        if int(dut.written_o.value):
            assert int(dut.written_o.value) == 1 << slot and int(dut.failed_o.value) == error
            done = True
        await RisingEdge(dut.clk_i)
        if done:
            break
    dut.wr_done_i.value = 0
    assert done and sum(word << 64 * k for k, word in enumerate(words)) == (y - n if y >= n else y), (limbs, columns, hex(n), hex(y))
    await RisingEdge(dut.clk_i)
