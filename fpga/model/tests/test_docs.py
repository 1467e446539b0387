"""The documentation's diagrams and example are what the model draws."""

import importlib.util
import unittest
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


class Documentation(unittest.TestCase):
    def test_is_what_the_script_draws(self):
        spec = importlib.util.spec_from_file_location("render", DOCS / "render.py")
        render = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(render)
        for name, content in render.rendered().items():
            self.assertEqual((DOCS / name).read_text(), content, f"{name}: run fpga/docs/render.py")


if __name__ == "__main__":
    unittest.main()
