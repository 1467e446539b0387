"""The completion writer alone: the golden bytes, the order of its writes, and the ring's limits."""

import json
import random

import cocotb
from bench import PACKAGES, ROOT, RTL, run
from cocotb.triggers import RisingEdge
from jobs import DMA_FAULT, OK
from start import reset, start

BASE = 0x12_3456_7000
NO_FAULT, FAULT_DMA, FAULT_INCONSISTENT = 0, 1, 4


def test_completion_writer():
    run(__file__, "completion_writer", [RTL / name for name in (*PACKAGES, "completion_writer.sv")], lint=False)


class Ring:
    """Takes what the writer writes, as the memory hub would, and answers after a while."""

    def __init__(self, dut, log2: int):
        self.dut, self.log2, self.edge = dut, log2, RisingEdge(dut.clk_i)
        self.writes: list[tuple[int, list[int]]] = []
        self.acknowledged = 0
        self.fail_at: int | None = None     # number of the write that fails
        self.server = cocotb.start_soon(self._serve())

    @classmethod
    async def start(cls, dut, log2: int = 2) -> "Ring":
        await start(dut, base_i=BASE, log2_i=log2, index_mask_i=(1 << log2) - 1, run_i=1)
        return cls(dut, log2)

    async def again(self, log2: int = 2) -> None:
        self.server.cancel()
        await reset(self.dut, base_i=BASE, log2_i=log2, index_mask_i=(1 << log2) - 1, run_i=1)
        self.__init__(self.dut, log2)

    async def _serve(self) -> None:
        dut = self.dut
        while True:
            dut.wr_req_ready_i.value = random.random() < 0.5
            await self.edge
            if not (dut.wr_req_valid_o.value and dut.wr_req_ready_i.value):
                continue
            dut.wr_req_ready_i.value = 0
            address, count, words = int(dut.wr_req_addr_o.value), int(dut.wr_req_words_o.value), []
            while len(words) < count:
                dut.wr_ready_i.value = random.random() < 0.5
                await self.edge
                if dut.wr_valid_o.value and dut.wr_ready_i.value:
                    words.append(int(dut.wr_data_o.value))
            dut.wr_ready_i.value = 0
            self.writes.append((address, words))
            for _ in range(random.randrange(1, 12)):
                await self.edge
                assert not dut.wr_req_valid_o.value, "a write before the one before it was acknowledged"
            dut.wr_done_i.value, dut.wr_error_i.value = 1, len(self.writes) - 1 == self.fail_at
            await self.edge
            dut.wr_done_i.value = dut.wr_error_i.value = 0
            self.acknowledged += 1

    async def give(self, tag: int, status: int, items: int, written: int, fault: int = NO_FAULT) -> None:
        dut = self.dut
        dut.completion_i.value = tag << 96 | status << 88 | items << 72 | written << 8 | fault
        dut.completion_valid_i.value = 1
        while True:
            await self.edge
            if dut.completion_ready_o.value:
                break
        dut.completion_valid_i.value = 0

    async def until(self, condition, cycles: int = 500) -> None:
        for _ in range(cycles):
            if condition():
                return
            await self.edge
        raise AssertionError(f"not within {cycles} cycles")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def golden_bytes(dut):
    ring = await Ring.start(dut)
    for entry in json.loads((ROOT / "fpga/vectors/descriptors.json").read_text(encoding="utf-8"))["completions"]:
        fields = entry["fields"]
        dut.written_q.value = fields["sequence"]
        dut.head_i.value = fields["sequence"] & 0xFFFF
        ring.writes.clear()
        for _ in range(2):
            await ring.edge
        await ring.give(fields["tag"], fields["status"], fields["items_done"], fields["bytes_written"])
        await ring.until(lambda: len(ring.writes) == 2)
        at = BASE + 32 * (fields["sequence"] % 4)
        assert [(a, len(w)) for a, w in ring.writes] == [(at + 8, 3), (at, 1)]
        words = ring.writes[1][1] + ring.writes[0][1]
        assert b"".join(word.to_bytes(8, "little") for word in words).hex() == entry["bytes"]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def never_more_than_the_host_has_room_for(dut):
    """Random givers and takers: a slot is written only when free, in order, with the phase of its pass."""
    ring = await Ring.start(dut)
    for log2 in (1, 3):
        await ring.again(log2)
        head, given = 0, 0

        async def giver():
            nonlocal given
            for tag in range(40):
                await ring.give(tag, OK, 1, 8)
                given += 1

        task = cocotb.start_soon(giver())
        checked = 0
        while checked < 40:
            await ring.edge
            firsts = [(a, w[0]) for a, w in ring.writes if len(w) == 1]
            assert len(firsts) - head <= 1 << log2, "an untaken completion was overwritten"
            for address, word in firsts[checked:]:
                assert address == BASE + 32 * (checked % (1 << log2))
                assert (word & 0xFFFF, word >> 32, word >> 24 & 1) == (checked, checked, 1 - (checked >> log2) % 2)
                checked += 1
            if head < checked and random.random() < 0.02:
                head += 1
                dut.head_i.value = head
        await task


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def stops_at_a_failed_write(dut):
    ring = await Ring.start(dut)
    for number in range(4):
        await ring.again()
        ring.fail_at = number
        for tag in range(number // 2 + 1):
            await ring.give(tag, OK, 1, 8)
        await ring.until(lambda: dut.fault_o.value)
        assert int(dut.fault_code_o.value) == FAULT_DMA and len(ring.writes) == number + 1
        for _ in range(100):
            await ring.edge
        assert len(ring.writes) == number + 1 and dut.fault_o.value and not dut.completion_ready_o.value


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def faults_of_jobs(dut):
    """A DMA fault is reported before it counts; one that leaves no status, or a full ring, counts at once."""
    ring = await Ring.start(dut)
    for fault, status, full, expected in ((FAULT_DMA, DMA_FAULT, False, 2), (FAULT_DMA, OK, False, 0), (FAULT_INCONSISTENT, OK, False, 0),
                                          (FAULT_INCONSISTENT, DMA_FAULT, False, 0), (FAULT_DMA, DMA_FAULT, True, 0)):
        await ring.again()
        if full:
            dut.head_i.value = 0x10000 - 4
            await ring.edge
        await ring.give(7, status, 0, 0, fault)
        await ring.until(lambda: dut.fault_o.value)
        assert len(ring.writes) == ring.acknowledged == expected and int(dut.fault_code_o.value) == fault
