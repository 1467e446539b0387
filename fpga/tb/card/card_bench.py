"""What the benches of the card share: a card with a stub for the engine, and jobs that the stub understands."""

import registers
from bench import SHELL, STUB_ENGINE, run
from host import LOCKED, OPERANDS, Host
from jobs import LOAD_CONTEXT, Completion, Descriptor

MASK = (1 << 64) - 1
ENGINES, CONTEXTS, TABLE_LOG2, VECTOR_LOG2, MAX_ITEMS, PATIENCE_LOG2 = 2, 4, 13, 12, 64, 13


def run_card(test_file: str) -> None:
    """All benches of the card have the same build."""
    parameters = {"Engines": ENGINES, "Contexts": CONTEXTS, "TableLog2": TABLE_LOG2, "VectorLog2": VECTOR_LOG2, "MaxItems": MAX_ITEMS,
                  "PatienceLog2": PATIENCE_LOG2}
    run(test_file, "card", [*SHELL, STUB_ENGINE], parameters, lint=False)



def inverted(words: list[int], count: int) -> list[int]:
    return [~words[k % len(words)] & MASK for k in range(count)]


def placed(address: int, words: list[int]) -> dict[int, int]:
    return {address + 8 * k: word for k, word in enumerate(words)}


def results(host: Host) -> dict[int, int]:
    """All that was written to the host's memory but completions."""
    return {at: word for at, word in host.memory.written.items() if not host.completion <= at < host.completion + (32 << host.log2)}


async def load(host: Host, context: int, limbs: int, exponent_bits: int = 0, tag: int = 1000) -> Completion:
    host.memory.load(OPERANDS, [3] * (3 * limbs))
    return await host.do(Descriptor(LOAD_CONTEXT, tag + context, context, 1, limbs, 0, exponent_bits, OPERANDS, OPERANDS + 16 * limbs))


async def locked_by(host: Host, fault: str) -> None:
    await host.until_state(LOCKED)
    assert await host.registers.read("ERROR_CODE") == registers.enum("card_fault_e")[fault]
    assert await host.registers.read("CONTROL") == 0
