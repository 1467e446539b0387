"""Draws the diagrams of README.md and works its example, from the model: python3 fpga/docs/render.py

Writes blocks.svg, timing.svg and example.md here; a test of the model fails where what is committed differs.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from fpga.model.montgomery import ULTRASCALE, Modulus, Row  # noqa: E402

# Colours that can be read on white and on black.
STYLE = ("<style>text{font:13px sans-serif;fill:#6a7f99}.t{font-weight:bold}.s{font-size:11px}rect{fill:none;stroke:#6a7f99}"
         "path{fill:none;stroke:#6a7f99}.b0{fill:#4c8dd666}.b1{fill:#d6884c66}.b2{fill:#55a86866}.b3{fill:#a368c266}</style>")
SLOTS, ROW_DISTANCE = 4, 9
STAGES = [
    "N, V, q come in", "in the multipliers' registers", "q N", "U = V + q N", "the next word's U is there", "U shifted; a B",
    "V = shifted U + a B",
]


def text(x: float, y: float, label: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{label}</text>'


def box(x: float, y: float, width: float, height: float, kind: str = "") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3" class="{kind}"/>'


def arrow(points: list[tuple[float, float]], both: bool = False) -> str:
    path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
    start = ' marker-start="url(#a)"' if both else ""
    return f'<path d="{path}" marker-end="url(#a)"{start}/>'


def svg(width: int, height: int, parts: list[str]) -> str:
    marker = ('<marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
              '<path d="M0 0 L8 4 L0 8" /></marker>')
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n{STYLE}<defs>{marker}</defs>\n{body}\n</svg>\n'


def blocks() -> str:
    named = {  # x, y, width, name, what it does
        "registers": (150, 20, 150, "card_registers", "generated"),
        "control": (360, 20, 170, "card_control", "state, wiping"),
        "interrupt": (590, 20, 150, "interrupt_unit", "moderation"),
        "rings": (150, 120, 150, "ring_unit", "descriptors, completions"),
        "dispatcher": (360, 120, 170, "dispatcher", "checks, contexts"),
        "sweeper": (590, 120, 150, "memory_sweeper", "zeroes"),
        "engine0": (240, 220, 120, "engine 0", "slots, multipliers"),
        "engine1": (390, 220, 120, "engine 1", "slots, multipliers"),
        "enginen": (540, 220, 120, "engine n", "slots, multipliers"),
        "hub": (150, 330, 590, "memory_hub", "a read and a write channel for each client, bursts in turn"),
    }
    parts = []
    for x, y, width, name, what in named.values():
        parts += [box(x, y, width, 50), text(x + 8, y + 20, name, "t"), text(x + 8, y + 38, what, "s")]
    parts += [
        text(10, 40, "AXI4-Lite", "t"), text(10, 56, "BAR0", "s"), arrow([(85, 45), (150, 45)], True),
        arrow([(300, 45), (360, 45)], True), arrow([(530, 45), (590, 45)]), arrow([(740, 45), (800, 45)]), text(806, 49, "MSI-X", "t"),
        arrow([(225, 70), (225, 120)]), arrow([(445, 70), (445, 120)]), arrow([(500, 70), (500, 95), (665, 95), (665, 120)]),
        arrow([(300, 145), (360, 145)], True),
        *(arrow([(445, 170), (445, 195), (x, 195), (x, 220)], True) for x in (300, 600)), arrow([(450, 170), (450, 220)], True),
        *(arrow([(x, 270), (x, 330)], True) for x in (300, 450, 600)),
        arrow([(190, 170), (190, 330)], True), arrow([(700, 170), (700, 330)]),
        arrow([(225, 380), (225, 420)], True), text(130, 436, "AXI4: host memory (rings, operands, results)"),
        arrow([(665, 380), (665, 420)], True), text(510, 436, "AXI4: card memory (tables, vectors)"),
    ]
    return svg(870, 450, parts)


def timing() -> str:
    """Four slots at 2048 bits: whose word enters the multipliers in each cycle, and one word's way through them."""
    words = -(-ULTRASCALE.columns(32) // 16)
    turn = max(SLOTS * words, ROW_DISTANCE)
    left, step, high, cycles = 90, 16, 24, 44
    parts = [text(left, 16, f"2048 bits, 16 columns: {words} words a row; the number in a box is the word", "s")]
    for slot in range(SLOTS):
        y = 40 + slot * (high + 6)
        parts.append(text(10, y + 17, f"slot {slot}", "t"))
        for row in range(cycles // turn + 1):
            for word in range(words):
                cycle = row * turn + slot * words + word
                if cycle < cycles:
                    x = left + step * cycle
                    parts += [box(x, y, step, high, f"b{slot}"), text(x + 5, y + 16, str(word), "s")]
            x = left + step * (row * turn + slot * words)
            if row * turn + slot * words + words <= cycles:
                parts.append(text(x + 2, y - 2, f"row {row}", "s") if slot == 0 and row else "")
    base = 40 + SLOTS * (high + 6) + 16
    parts.append(text(10, base + 14, "cycle", "s"))
    parts += [text(left + step * cycle, base + 14, str(cycle), "s") for cycle in range(0, cycles + 1, 5)]
    parts.append(text(10, base + 44, "one word", "t"))
    for stage, label in enumerate(STAGES):
        y = base + 52 + 20 * stage
        parts += [box(left + step * stage, y, step, 16, "b0"), text(left + step * (stage + 1) + 6, y + 13, f"t + {stage}: {label}", "s")]
    needed = base + 52 + 20 * len(STAGES)
    parts.append(text(10, needed + 20, f"The next row of a slot needs this row's lowest column for its q: {ROW_DISTANCE} cycles at least, "
                      "which the other slots' rows fill.", "s"))
    return svg(left + step * cycles + 20, needed + 34, [part for part in parts if part])


def example() -> str:
    """A product of one limb: five rows of three columns."""
    modulus = Modulus(0xC90FDAA22168C235, 1, ULTRASCALE)
    a, b = 0xB7E151628AED2A6A, 0x9E3779B97F4A7C15
    trace: list[Row] = []
    result = modulus.product(a, b, trace)
    assert result == modulus.fast_product(a, b) and result * modulus.r % modulus.n == a * b % modulus.n
    rows = "\n".join(
        f"| {i} | `{row.digit:05x}` | `{row.q:05x}` | " + " | ".join(f"`{column:011x}`" for column in reversed(row.columns)) + " |"
        for i, row in enumerate(trace))
    columns = " | ".join(f"V_{j}" for j in reversed(range(modulus.columns)))
    lines = [
        f"N = `{modulus.n:x}`, A = `{a:x}`, B = `{b:x}`; WA = {ULTRASCALE.wa}, WB = {ULTRASCALE.wb}, one limb:",
        f"{modulus.rows} rows, {modulus.columns} columns, R = 2^{modulus.r.bit_length() - 1}, -1/N mod 2^{ULTRASCALE.wa} = "
        f"`{modulus.negative_inverse:05x}`.",
        "",
        f"| row | a | q | {columns} |",
        "|---" * (3 + modulus.columns) + "|",
        rows,
        "",
        f"The columns of the last row, added with their weights, are `{result:x}` = A B / R mod N"
        + (" + N" if result >= modulus.n else "") + ".",
    ]
    return "\n".join(lines) + "\n"


def rendered() -> dict[str, str]:
    return {"blocks.svg": blocks(), "timing.svg": timing(), "example.md": example()}


if __name__ == "__main__":
    for name, content in rendered().items():
        (HERE / name).write_text(content)
