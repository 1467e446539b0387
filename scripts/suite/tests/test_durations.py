"""The slowest tests, from reports of both kinds."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import durations  # noqa: E402

REPORT = """<?xml version="1.0"?><testsuites><testsuite name="he"><testcase classname="he::paillier" name="adds" time="1.25"/>
<testcase classname="he" name="fails" time="70"><failure/></testcase></testsuite></testsuites>"""


class Durations(unittest.TestCase):
    def test_a_report_gives_a_line_for_each_test(self):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "junit.xml"
            self.assertEqual(durations.of_report("unit", report), [])
            report.write_text(REPORT)
            self.assertEqual(durations.of_report("unit", report), ["1.2\tunit\the::paillier::adds", "70.0\tunit\the::fails"])

    def test_the_slowest_are_shown_longest_first(self):
        lines = [f"{n}.5\tboot\ttest {n}" for n in range(30)]
        shown = durations.slowest(lines)
        self.assertEqual(len(shown), 20)
        self.assertIn("test 29", shown[0])
        self.assertIn("test 10", shown[-1])


if __name__ == "__main__":
    unittest.main()
