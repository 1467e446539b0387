"""python -m coffer.phe: the command line of python-phe (pheutil)."""

import sys

from coffer.phe.command_line import cli

sys.exit(cli())
