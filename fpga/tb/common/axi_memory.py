"""A memory behind an AXI4 master of the card: sparse, suspicious, and as slow as a test wants.

It checks what the master may not do (change what it offers before it is taken, cross 4 KiB, bursts of more than 64 beats, wrong WLAST, a
response nobody asked for), and answers DECERR outside its regions, as an IOMMU would. Every word written is recorded, so that a test can
compare all that was written with what should have been: the canaries are everywhere.
"""

import random

import cocotb
from cocotb.triggers import RisingEdge
from driven import Driven

OKAY, SLVERR, DECERR = 0, 2, 3
CANARY = 0xAAAAAAAAAAAAAAAA


class Throttle:
    """When a channel is ready or goes on: always, never, or by chance."""

    def __init__(self, probability: float = 1.0, seed: int = 1):
        self.probability, self.random = probability, random.Random(seed)

    def __call__(self) -> bool:
        return self.probability >= 1 or self.random.random() < self.probability


class Port:
    """One channel on which the master offers, and the check that an offer stays until it is taken."""

    def __init__(self, name: str, valid, ready, payload: dict):
        self.name, self.valid, self.ready, self.payload, self.held = name, valid, Driven(ready), payload, None

    def sample(self) -> dict | None:
        """The transfer that this clock edge makes, if it makes one."""
        if not self.valid.value:
            assert self.held is None, f"{self.name}: valid fell before it was taken"
            return None
        values = {name: int(signal.value) for name, signal in self.payload.items()}
        assert self.held in (None, values), f"{self.name}: {self.held} became {values} before it was taken"
        taken = bool(self.ready.value)  # what was driven for the cycle that ends here
        self.held = None if taken else values
        return values if taken else None


class AxiMemory:
    def __init__(self, dut, prefix: str, size: int | None = None, suffixes: tuple[str, str] = ("", "")):
        """suffixes: of the master's outputs and inputs, where the ports of the tested block have any."""
        self.dut, self.clk = dut, dut.clk_i
        self.regions: list[tuple[int, int]] = [] if size is None else [(0, size)]
        self.errors: dict[int, int] = {}     # word address: response
        self.words: dict[int, int] = {}
        self.written: dict[int, int] = {}    # since the last forget()
        self.read_latency = self.write_latency = 2
        self.throttle = {channel: Throttle(seed=number) for number, channel in enumerate(("ar", "r", "aw", "w", "b"))}
        self.bursts: list[tuple[str, int, int]] = []   # kind, address, beats
        self.open_reads = self.open_writes = 0
        self.frozen = False                  # answers nothing, takes nothing
        self.unasked: list[str] = []         # "r", "b": answers that nobody asked for, to be given next
        self.lengths: list[int] = []         # for each of the next reads, how many words too many or too few come

        def out(name: str):
            return getattr(dut, f"{prefix}_{name}{suffixes[0]}")

        def back(name: str):
            return getattr(dut, f"{prefix}_{name}{suffixes[1]}")

        def port(channel: str, payload: list[str]) -> Port:
            signals = {name: out(channel + name) for name in payload}
            return Port(f"{prefix}_{channel}", out(f"{channel}valid"), back(f"{channel}ready"), signals)

        request = ["addr", "len", *(["size", "burst", "id"] if suffixes == ("", "") else [])]
        self.ar, self.aw, self.w = port("ar", request), port("aw", request), port("w", ["data", "strb", "last"])
        self.r = {"ready": out("rready"), **{name: back(f"r{name}") for name in ("valid", "data", "resp", "last")}}
        self.b = {"ready": out("bready"), **{name: back(f"b{name}") for name in ("valid", "resp")}}
        if "id" in request:
            back("rid").value = back("bid").value = 0
        self.r["valid"], self.b["valid"] = Driven(self.r["valid"]), Driven(self.b["valid"])
        cocotb.start_soon(self._run())

    # ---- what tests do with it ----

    def slow_down(self, probability: float, seed: int = 1) -> None:
        for number, channel in enumerate(self.throttle):
            self.throttle[channel] = Throttle(probability, seed * 16 + number)

    def map(self, start: int, end: int) -> None:
        self.regions.append((start, end))

    def load(self, address: int, words: list[int]) -> None:
        assert address % 8 == 0
        for offset, word in enumerate(words):
            self.words[address + 8 * offset] = word

    def read(self, address: int, count: int) -> list[int]:
        return [self.words.get(address + 8 * offset, CANARY) for offset in range(count)]

    def forget(self) -> None:
        """What was written so far is no longer of interest."""
        self.written.clear()
        self.bursts.clear()

    def is_idle(self) -> bool:
        return self.open_reads == 0 and self.open_writes == 0

    def reset_of_the_card(self) -> None:
        """The card alone is reset: what it offers may change. A write that it began is lost, answers that are owed still come."""
        for port in (self.ar, self.aw, self.w):
            port.held = None
        self.open_writes -= len(self.writes)
        self.writes.clear()
        self.early.clear()

    # ---- what the bus does with it ----

    def _response(self, address: int) -> int:
        if not any(start <= address < end for start, end in self.regions):
            return DECERR
        return self.errors.get(address, OKAY)

    def _accept(self, kind: str, request: dict) -> tuple[int, int]:
        address, beats = request["addr"], request["len"] + 1
        assert address % 8 == 0 and beats <= 64, f"{kind} of {beats} at {address:#x}"
        assert address // 4096 == (address + 8 * beats - 1) // 4096, f"{kind} of {beats} at {address:#x} crosses 4 KiB"
        assert request.get("size", 3) == 3 and request.get("burst", 1) == 1 and request.get("id", 0) == 0
        self.bursts.append((kind, address, beats))
        return address, beats

    async def _run(self) -> None:
        reads: list[list[int]] = []    # address, beats left, earliest cycle
        writes = self.writes = []
        responses: list[list[int]] = []  # response, earliest cycle
        r_valid = b_valid = r_unasked = b_unasked = False
        worst = OKAY
        cycle = 0
        edge = RisingEdge(self.clk)
        early = self.early = []        # words that came before their address
        while True:
            await edge
            cycle += 1
            if request := self.ar.sample():
                address, beats = self._accept("read", request)
                reads.append([address, beats + (self.lengths.pop(0) if self.lengths else 0), cycle + self.read_latency])
                self.open_reads += 1
            if request := self.aw.sample():
                writes.append(list(self._accept("write", request)))
                self.open_writes += 1
            if word := self.w.sample():
                early.append(word)
            while early and writes:
                word, (address, left) = early.pop(0), writes[0]
                assert word["strb"] in (0, 0xFF)
                assert bool(word["last"]) == (left == 1), f"WLAST of the burst that is at {address:#x} with {left} words left"
                worst = max(worst, self._response(address))
                if word["strb"] and self._response(address) == OKAY:
                    self.words[address] = self.written[address] = word["data"]
                writes[0] = [address + 8, left - 1]
                if left == 1:
                    writes.pop(0)
                    responses.append([worst, cycle + self.write_latency])
                    worst = OKAY
            if r_valid and self.r["ready"].value:
                r_valid = False
                if not r_unasked:
                    head = reads[0]
                    head[0], head[1] = head[0] + 8, head[1] - 1
                    if head[1] == 0:
                        reads.pop(0)
                        self.open_reads -= 1
                r_unasked = False
            if b_valid and self.b["ready"].value:
                b_valid = False
                if not b_unasked:
                    responses.pop(0)
                    self.open_writes -= 1
                b_unasked = False
            if not r_valid and "r" in self.unasked:
                self.unasked.remove("r")
                r_valid = r_unasked = True
                self.r["data"].value, self.r["resp"].value, self.r["last"].value = CANARY, OKAY, 1
            if not b_valid and "b" in self.unasked:
                self.unasked.remove("b")
                b_valid = b_unasked = True
                self.b["resp"].value = OKAY
            if not r_valid and reads and cycle >= reads[0][2] and self.throttle["r"]() and not self.frozen:
                address, left, _ = reads[0]
                response, r_valid = self._response(address), True
                self.r["data"].value = self.words.get(address, CANARY) if response == OKAY else 0xDEADDEADDEADDEAD
                self.r["resp"].value = response
                self.r["last"].value = left == 1
            if not b_valid and responses and cycle >= responses[0][1] and self.throttle["b"]() and not self.frozen:
                b_valid = True
                self.b["resp"].value = responses[0][0]
            self.r["valid"].set(r_valid)
            self.b["valid"].set(b_valid)
            for channel, port in (("ar", self.ar), ("aw", self.aw), ("w", self.w)):
                port.ready.set(self.throttle[channel]() and not self.frozen)
