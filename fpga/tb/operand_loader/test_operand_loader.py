"""Operands on their way in: digits, padding, each check at its boundary, errors of the memory, back-pressure on both sides."""

import random

import cocotb
from bench import RTL, run
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

WB = 26
DIGITS, ENTRY, EXPONENT, MODULUS, RSQUARED = range(5)
BELOW, BITS, INDICES, IS_MODULUS = range(4)
LIMBS, COLUMNS = 5, 13  # 13 columns of 26 bits for 321 bits
WORD = (1 << 64) - 1


def test_operand_loader():
    run(__file__, "operand_loader", [RTL / "engine_pkg.sv", RTL / "operand_loader.sv"], {"WB": WB, "ColWidth": 8}, lint=False)


class Loader:
    def __init__(self, dut, stall: float):
        self.dut, self.random, self.stall = dut, random.Random(5), stall

    async def start(self):
        dut = self.dut
        cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
        for name in ("rst_ni", "clear_i", "valid_i", "rd_valid_i", "rd_error_i", "rd_data_i", "rd_req_ready_i", "digit_ready_i", "modulus_i",
                     "addr_i", "space_i", "words_i", "dest_i", "check_i"):
            getattr(dut, name).value = 0
        dut.columns_i.value, dut.exponent_bits_i.value, dut.vector_items_i.value = COLUMNS, 70, 1000
        await RisingEdge(dut.clk_i)
        await RisingEdge(dut.clk_i)
        dut.rst_ni.value = 1

    async def load(self, words: list[int], dest: int, check: int, modulus: int, error_at: int | None = None):
        """Gives digits, words, and whether the check or the memory failed."""
        dut = self.dut
        goes = lambda: int(self.random.random() >= self.stall)  # noqa: E731
        await RisingEdge(dut.clk_i)
        dut.valid_i.value, dut.words_i.value, dut.dest_i.value, dut.check_i.value = 1, len(words), dest, check
        dut.addr_i.value = 0x123456789ABCDEF8
        given, digits, passed, address = 0, [], {}, 0
        accepted = asked = taken = False
        for _ in range(2000):
            # What the settled signals of a cycle say happens at its end; then the next cycle's are driven.
            await ReadOnly()
            accepted |= bool(int(dut.ready_o.value))
            address = int(dut.modulus_addr_o.value)
            taken = bool(int(dut.rd_valid_i.value) and int(dut.rd_ready_o.value))
            if int(dut.rd_req_valid_o.value) and int(dut.rd_req_ready_i.value):
                assert int(dut.rd_req_addr_o.value) == 0x123456789ABCDEF8 and int(dut.rd_req_words_o.value) == len(words)
                asked = True
            if int(dut.digit_valid_o.value) and int(dut.digit_ready_i.value):
                assert int(dut.digit_index_o.value) == len(digits)
                digits.append(int(dut.digit_o.value))
            if int(dut.word_valid_o.value):
                passed[int(dut.word_index_o.value)] = int(dut.word_o.value)
            done = int(dut.done_o.value)
            outcome = int(dut.bad_o.value), int(dut.failed_o.value)
            await RisingEdge(dut.clk_i)
            given += taken
            dut.valid_i.value = int(not accepted)
            dut.modulus_i.value = modulus >> 64 * address & WORD
            dut.rd_req_ready_i.value, dut.digit_ready_i.value = goes(), goes()
            offered = asked and given < len(words) and goes()
            dut.rd_valid_i.value = int(offered)
            dut.rd_data_i.value = words[given] if offered else self.random.getrandbits(64)
            dut.rd_error_i.value = int(offered and given == error_at)
            if done:
                assert given == len(words)
                return digits, [passed[k] for k in sorted(passed)], *outcome
        raise AssertionError("no end")


def words_of(number: int, count: int = LIMBS) -> list[int]:
    return [number >> 64 * k & WORD for k in range(count)]


@cocotb.test()
async def digits_and_checks(dut):
    for stall in (0.0, 0.4):
        loader = Loader(dut, stall)
        await loader.start()
        n = (0xF123 << 304) | (1 << 200) | 0xABCDEF01
        for number in (0, 1, n - 1, n, n + 1, (1 << 320) - 1, n - (1 << 64), n ^ 1, (1 << 319)):
            digits, _, bad, failed = await loader.load(words_of(number), ENTRY, BELOW, n)
            assert sum(digit << WB * k for k, digit in enumerate(digits)) == number and len(digits) == COLUMNS
            assert (bad, failed) == (int(number >= n), 0), hex(number)
        for number, bad in ((0, 1), (1, 1), (3, 0), (1 << 300, 1), ((1 << 300) + 1, 0), (2, 1), ((1 << 320) - 1, 0)):
            _, passed, found, _ = await loader.load(words_of(number), MODULUS, IS_MODULUS, 0)
            assert found == bad and passed == words_of(number), hex(number)
        for number, bad in ((0, 0), ((1 << 70) - 1, 0), (1 << 70, 1), (1 << 127, 1), (1 << 128, 1), (1 << 64, 0), (1 << 319, 1)):
            digits, passed, found, _ = await loader.load(words_of(number), EXPONENT, BITS, 0)
            assert found == bad and passed == words_of(number) and not digits, hex(number)
        for low, high, bad in ((0, 999, 0), (1000, 0, 1), (0, 1000, 1), (0xFFFFFFFF, 5, 0), (5, 0xFFFFFFFF, 0), (0xFFFFFFFE, 1, 1)):
            assert (await loader.load([high << 32 | low, 7], EXPONENT, INDICES, 0))[2] == bad, (low, high)
        for at in range(LIMBS):
            assert (await loader.load(words_of(1), ENTRY, BELOW, n, error_at=at))[3] == 1
        assert (await loader.load(words_of(1), ENTRY, BELOW, n))[2:] == (0, 0), "an error is the request's own"
