"""The memory hub between clients that ask at random and memories that answer at random."""

import random

import cocotb
from axi_memory import DECERR, SLVERR, AxiMemory
from bench import PACKAGES, RTL, run
from cases import cases
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

ENGINES = 3
HOST, CARD = 0, 1
MASK = (1 << 64) - 1
SOURCES = ["word_fifo", "register_slice", "round_robin", "read_channel", "write_channel", "read_port", "write_port", "memory_hub"]


def test_memory_hub():
    sources = [RTL / name for name in PACKAGES] + [RTL / f"{name}.sv" for name in SOURCES]
    run(__file__, "memory_hub", sources, {"Engines": ENGINES}, lint=False)


class Hub:
    """All clients of the hub. Engines are numbered; "ring" and "sweep" are the other two."""

    WIDTHS = {"space": 1, "addr": 64, "words": 9, "data": 64}

    def __init__(self, dut):
        self.dut, self.edge = dut, RisingEdge(dut.clk_i)
        self.shadow: dict[str, int] = {}
        suffixes = ("_o", "_i")
        self.memories = [AxiMemory(dut, "host", 1 << 64, suffixes), AxiMemory(dut, "mem", 1 << 40, suffixes)]
        self.stop = False
        self.failures = 0
        self.intended: list[set[tuple[int, int]]] = [set(), set()]   # of each memory: address and word

    @classmethod
    async def start(cls, dut) -> "Hub":
        Clock(dut.clk_i, 2, unit="ns").start()
        dut.rst_ni.value = 0
        hub = cls(dut)
        for client in (*range(ENGINES), "ring", "sweep"):
            for kind in ("rd", "wr"):
                if client == "sweep" and kind == "rd":
                    continue
                hub.put(client, f"{kind}_req_valid", 0)
                hub.put(client, f"{kind}_{'valid' if kind == 'wr' else 'ready'}", 0)
        dut.flush_i.value = 0
        await ClockCycles(dut.clk_i, 3)
        dut.rst_ni.value = 1
        await hub.flush()
        return hub

    def _name(self, client, signal: str) -> str:
        if client == "ring":
            return f"ring_{signal}"
        return f"sweep_{signal.removeprefix('wr_')}" if client == "sweep" else signal

    def put(self, client, signal: str, value: int) -> None:
        name = f"{self._name(client, signal)}_i"
        if isinstance(client, int):
            width = self.WIDTHS.get(signal.split("_")[-1], 1)
            mask = (1 << width) - 1
            value = self.shadow.get(name, 0) & ~(mask << width * client) | value << width * client
        if self.shadow.get(name) != value:
            self.shadow[name] = getattr(self.dut, name).value = value

    def get(self, client, signal: str) -> int:
        value = int(getattr(self.dut, f"{self._name(client, signal)}_o").value)
        if isinstance(client, int):
            width = self.WIDTHS.get(signal.split("_")[-1], 1)
            value = value >> width * client & (1 << width) - 1
        return value

    async def _request(self, client, kind: str, space: int, address: int, words: int) -> bool:
        if isinstance(client, int):
            self.put(client, f"{kind}_req_space", space)
        self.put(client, f"{kind}_req_addr", address)
        self.put(client, f"{kind}_req_words", words)
        self.put(client, f"{kind}_req_valid", 1)
        while True:
            await self.edge
            if self.stop or self.get(client, f"{kind}_req_ready"):
                break
        self.put(client, f"{kind}_req_valid", 0)
        return not self.stop

    async def read(self, client, space: int, address: int, words: int, eager: float = 1.0) -> tuple[list[int], list[int]] | None:
        """What comes, and at which words there were errors; None if a flush ended it."""
        if not await self._request(client, "rd", space, address, words):
            return None
        data, errors, ready = [], [], False
        while len(data) < words:
            ready = random.random() < eager
            self.put(client, "rd_ready", ready)
            await self.edge
            if self.stop:
                self.put(client, "rd_ready", 0)
                return None
            if ready and self.get(client, "rd_valid"):
                if self.get(client, "rd_error"):
                    errors.append(len(data))
                data.append(self.get(client, "rd_data"))
        self.put(client, "rd_ready", 0)
        return data, errors

    async def write(self, client, space: int, address: int, data: list[int], eager: float = 1.0) -> bool | None:
        """Whether there was an error; None if a flush ended it."""
        if not await self._request(client, "wr", space, address, len(data)):
            return None
        for word in data:
            while random.random() >= eager:
                await self.edge
            if client != "sweep":
                self.put(client, "wr_data", word)
            self.put(client, "wr_valid", 1)
            while True:
                await self.edge
                assert self.stop or not self.get(client, "wr_done"), "done before all words were given"
                if self.stop or self.get(client, "wr_ready"):
                    break
            self.put(client, "wr_valid", 0)
            if self.stop:
                return None
        while True:
            await self.edge
            if self.stop:
                return None
            if self.get(client, "wr_done"):
                return bool(self.get(client, "wr_error"))

    async def flush(self) -> None:
        self.stop = True
        await self.edge
        await self.edge
        self.dut.flush_i.value = 1
        for _ in range(4000):
            await self.edge
            if self.dut.flushed_o.value:
                break
        else:
            raise AssertionError("not flushed within 4000 cycles")
        assert all(memory.is_idle() for memory in self.memories)
        self.dut.flush_i.value = 0
        self.stop = False
        await self.edge


def near_boundary(chance: random.Random, base: int, words: int) -> int:
    """A run of words that begins or ends near a multiple of 4096 or 512, or anywhere."""
    edge = chance.choice((4096, 512, 4096)) * chance.randrange(1, 8)
    at = chance.choice((edge, edge - 8 * words, edge - 8 * (words // 2), 8 * chance.randrange(1, 900)))
    return base + max(0, at + 8 * chance.randrange(-2, 3))


async def traffic(hub: Hub, client, kind: str, rounds: int, seed: int, cards: dict, errors: set[int] = frozenset()) -> None:
    """Requests of one client in memory of its own; `cards` collects what each memory should hold of it."""
    chance = random.Random(seed)
    base = 0x10_0000 * (1 + ["ring", "sweep", *range(ENGINES)].index(client)) + (0x8000_0000 if kind == "wr" else 0)
    for _ in range(rounds):
        space = HOST if client == "ring" else CARD if client == "sweep" else chance.choice((HOST, CARD))
        words = chance.choice((1, 2, 3, 63, 64, 65, 128, 511, chance.randrange(1, 512)))
        address = near_boundary(chance, base, words)
        eager = chance.choice((1.0, 0.5, 0.1 if words < 100 else 0.8))
        memory = hub.memories[space]
        bad = [k for k in range(words) if address + 8 * k in errors]
        if kind == "rd":
            data = [chance.getrandbits(64) for _ in range(words)]
            memory.load(address, data)
            got = await hub.read(client, space, address, words, eager)
            if got is None:
                return
            assert got[1] == bad
            assert all(a == b for k, (a, b) in enumerate(zip(got[0], data)) if k not in bad), (client, hex(address), words)
        else:
            data = [0] * words if client == "sweep" else [chance.getrandbits(64) for _ in range(words)]
            cards[space].update({address + 8 * k: word for k, word in enumerate(data) if k not in bad})
            hub.intended[space].update((address + 8 * k, word) for k, word in enumerate(data))
            failed = await hub.write(client, space, address, data, eager)
            if failed is None:
                return
            assert failed == bool(bad)
        hub.failures += bool(bad)


async def all_clients(hub: Hub, rounds: int, seed: int, errors: set[int] = frozenset()) -> None:
    cards: dict[int, dict[int, int]] = {HOST: {}, CARD: {}}
    for memory in hub.memories:
        memory.forget()
    tasks = [
        cocotb.start_soon(traffic(hub, client, kind, rounds, seed * 100 + number, cards, errors))
        for number, (client, kind) in enumerate(
            (client, kind) for client in (*range(ENGINES), "ring", "sweep") for kind in ("rd", "wr")
            if (client, kind) != ("sweep", "rd"))
    ]
    for task in tasks:
        await task
    for space in (HOST, CARD):
        assert hub.memories[space].written == cards[space], space


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def everybody_at_once(dut):
    hub = await Hub.start(dut)
    for seed, speed in enumerate((1.0, 0.6, 0.15)):
        for memory in hub.memories:
            memory.slow_down(speed, seed + 1)
            memory.read_latency, memory.write_latency = (2, 1) if seed else (40, 25)
        await all_clients(hub, cases(4, 6), seed)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def each_channel_throttled_alone(dut):
    """Each channel in turn is slow while the others are fast."""
    hub = await Hub.start(dut)
    for seed, channel in enumerate(("ar", "r", "aw", "w", "b")):
        for memory in hub.memories:
            memory.slow_down(1.0)
            memory.throttle[channel].probability = 0.1
        await all_clients(hub, cases(1, 2), 20 + seed)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def sizes_around_boundaries(dut):
    """One client, every size from 1 to 9 and around 64 and 511, at every offset around a multiple of 4096."""
    hub = await Hub.start(dut)
    for memory in hub.memories:
        memory.slow_down(1.0)
    host = hub.memories[HOST]
    for words in cases((1, 2, 9, 63, 64, 65, 511), (1, 2, 3, 8, 9, 63, 64, 65, 510, 511)):
        for offset in (-8 * words, -8 * (words - 1), -8, 0, 8, -512, -504):
            address = 0x4_0000_0000 - 0x1000 + offset
            data = [random.getrandbits(64) for _ in range(words)]
            host.forget()
            assert await hub.write(0, HOST, address, data) is False
            assert host.written == {address + 8 * k: word for k, word in enumerate(data)}
            assert await hub.read(0, HOST, address, words) == (data, [])
            bursts = [(kind, at, beats) for kind, at, beats in host.bursts if kind == "write"]
            assert sum(beats for _, _, beats in bursts) == words and bursts[0][1] == address


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def errors_reach_their_client(dut):
    """SLVERR and DECERR at words of each client: exactly the requests that touch them fail."""
    hub = await Hub.start(dut)
    chance = random.Random(3)
    errors = {}
    for client in range(ENGINES + 2):
        for base in (0x10_0000 * (1 + client), 0x8000_0000 + 0x10_0000 * (1 + client)):
            for _ in range(40):
                errors[base + 8 * chance.randrange(4200)] = chance.choice((SLVERR, DECERR))
    for memory in hub.memories:
        memory.slow_down(0.7, 9)
        memory.errors = errors
    await all_clients(hub, cases(4, 6), 50, set(errors))
    assert hub.failures > 10


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def flush_at_any_time(dut):
    """A flush in the middle of everything: bursts on the bus end, nothing comes late, the next requests work."""
    hub = await Hub.start(dut)
    chance = random.Random(17)
    for seed in range(cases(20, 40)):
        for memory in hub.memories:
            memory.slow_down(chance.choice((1.0, 0.5, 0.1)), seed + 1)
            memory.read_latency = memory.write_latency = chance.choice((1, 30))
        cards = {HOST: {}, CARD: {}}
        tasks = [
            cocotb.start_soon(traffic(hub, client, kind, 50, seed * 100 + number, cards))
            for number, (client, kind) in enumerate(
                ((0, "rd"), (0, "wr"), (1, "rd"), (1, "wr"), ("ring", "rd"), ("ring", "wr"), ("sweep", "wr")))
        ]
        await ClockCycles(dut.clk_i, chance.randrange(50, 600))
        await hub.flush()
        for task in tasks:
            await task
        for space, memory in enumerate(hub.memories):
            # What was written until then is a part of what was to be written, and never the zeros that end a burst.
            assert memory.written.items() <= hub.intended[space]
            memory.forget()
        await ClockCycles(dut.clk_i, 50)
        assert not any(memory.written or memory.bursts for memory in hub.memories)
        for memory in hub.memories:
            memory.slow_down(1.0)
        await all_clients(hub, 1, 1000 + seed)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def buffers_are_zeroized(dut):
    hub = await Hub.start(dut)
    hub.memories[HOST].load(0, [MASK] * 511)

    def buffered() -> int:
        channel = dut.gen_engine[0].u_read.u_buffer
        return sum(int(channel.memory[k].value) != 0 for k in range(128))

    assert buffered() == 0
    cocotb.start_soon(hub.read(0, HOST, 0, 511, eager=0.0))
    await ClockCycles(dut.clk_i, 600)
    assert buffered() >= 127
    await hub.flush()
    assert buffered() == 0


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def a_stuck_client_stops_nobody(dut):
    """Engine 0 takes no word of its read and gives none of its write; the others go on at full speed."""
    hub = await Hub.start(dut)
    cocotb.start_soon(hub.read(0, HOST, 0x10_0000, 511, eager=0.0))
    cocotb.start_soon(hub.write(0, HOST, 0x20_0000, [1] * 511, eager=0.0))
    await ClockCycles(dut.clk_i, 500)
    for client in (1, 2, "ring"):
        begun = cocotb.utils.get_sim_time("ns")
        assert await hub.write(client, HOST, 0x1000, [5] * 511) is False
        assert await hub.read(client, HOST, 0x1000, 511) == ([5] * 511, [])
        assert cocotb.utils.get_sim_time("ns") - begun < 2 * 1500
