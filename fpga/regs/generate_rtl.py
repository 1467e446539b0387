"""Writes the register block's package and module: generate_rtl.py CARD.RDL FOLDER

The generator's structs are unpacked, though all their members are bits, and its processes declare automatic variables.
yosys reads neither, so both are written in the form that it reads; the meaning is the same.
"""

import os
import sys

from peakrdl_regblock import RegblockExporter
from peakrdl_regblock.cpuif.axi4lite import AXI4Lite_Cpuif_flattened
from peakrdl_regblock.udps import ALL_UDPS
from systemrdl import RDLCompiler

MODULE = "card_registers"


def main(source: str, folder: str) -> None:
    compiler = RDLCompiler()
    for udp in ALL_UDPS:
        compiler.register_udp(udp)
    compiler.compile_file(source)
    RegblockExporter().export(
        compiler.elaborate(),
        folder,
        cpuif_cls=AXI4Lite_Cpuif_flattened,
        module_name=MODULE,
        package_name=f"{MODULE}_pkg",
        address_width=12,
        default_reset_activelow=True,
        default_reset_async=True,
        retime_read_response=True,
    )
    for name in (f"{MODULE}_pkg.sv", f"{MODULE}.sv"):
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("struct {", "struct packed {").replace("automatic logic", "logic"))


if __name__ == "__main__":
    main(*sys.argv[1:])
