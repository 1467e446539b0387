"""How many cases a test goes through: fewer in the ordinary suite, all of them in the long one (LONG=1, fpga/test --long)."""

import os

LONG = os.environ.get("LONG") == "1"


def cases[T](ordinary: T, long: T) -> T:
    """Numbers of rounds, or the operands themselves; what is ordinary is a part of what is long."""
    return long if LONG else ordinary
