"""Puts the benches' shared helpers in reach."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "common"))
