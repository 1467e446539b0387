"""The queue against a list, its level, and its clearing."""

import random
from collections import deque

import cocotb
from bench import RTL, run
from cocotb.triggers import RisingEdge
from start import start

DEPTH_LOG2 = 3


def test_word_fifo():
    run(__file__, "word_fifo", [RTL / "word_fifo.sv"], {"Width": 16, "DepthLog2": DEPTH_LOG2}, lint=False)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def against_a_list(dut):
    edge = RisingEdge(dut.clk_i)
    await start(dut)
    for give, take in ((0.5, 0.5), (1, 0.3), (0.3, 1), (1, 1)):
        inside, taken, writing, word = deque(), 0, False, 0
        for _ in range(3000):
            writing = random.random() < give and len(inside) < 1 << DEPTH_LOG2
            word = random.getrandbits(16) | 1
            ready = random.random() < take
            dut.wr_valid_i.value, dut.wr_data_i.value, dut.rd_ready_i.value = writing, word, ready
            await edge
            assert int(dut.level_o.value) == len(inside)
            if dut.rd_valid_o.value and ready:
                assert int(dut.rd_data_o.value) == inside.popleft()
                taken += 1
            if writing:
                inside.append(word)
        assert taken > 500
        if give == take == 1:
            assert taken > 2900, "less than a word a cycle"
        # Clearing: empty at once, all zero in the end, and only then is that said.
        dut.wr_valid_i.value = dut.rd_ready_i.value = 0
        dut.clear_i.value = 1
        for _ in range(100):
            await edge
            if dut.cleared_o.value:
                break
        else:
            raise AssertionError("not cleared within 100 cycles")
        assert all(int(dut.memory[k].value) == 0 for k in range(1 << DEPTH_LOG2)) and int(dut.head_q.value) == 0
        dut.clear_i.value = 0
        await edge
        await edge
        await edge
        assert int(dut.level_o.value) == 0 and not dut.rd_valid_o.value and not dut.cleared_o.value
