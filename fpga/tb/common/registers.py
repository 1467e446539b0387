"""Offsets and reset values of the registers, read from fpga/regs/card.rdl so that no number is written twice."""

from functools import cache
from pathlib import Path

from systemrdl import RDLCompiler

SOURCE = Path(__file__).resolve().parents[2] / "regs" / "card.rdl"


@cache
def _top():
    compiler = RDLCompiler()
    compiler.compile_file(str(SOURCE))
    return compiler.elaborate().top


@cache
def offset(name: str) -> int:
    return _top().get_child_by_name(name).absolute_address


@cache
def _fields(name: str) -> dict[str, tuple[int, int]]:
    return {f.inst_name: (f.low, f.width) for f in _top().get_child_by_name(name).fields()}


def split(name: str, value: int) -> dict[str, int]:
    return {field: value >> low & (1 << width) - 1 for field, (low, width) in _fields(name).items()}


def join(name: str, **values: int) -> int:
    return sum(value << _fields(name)[field][0] for field, value in values.items())


def reset_value(name: str) -> int:
    return sum((f.get_property("reset") or 0) << f.low for f in _top().get_child_by_name(name).fields())


def names() -> list[str]:
    return [r.inst_name for r in _top().registers()]


@cache
def enum(name: str) -> dict[str, int]:
    kinds = {f.get_property("encode") for r in _top().registers() for f in r.fields()} - {None}
    return {member.name: member.value for kind in kinds if kind.type_name == name for member in kind}
