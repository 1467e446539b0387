"""Runs the tests that python-phe installs with itself, with `phe` meaning coffer.phe; prints what failed, in JSON."""

from __future__ import annotations

import importlib.util
import json
import sys
import unittest
from pathlib import Path

# Its command line's tests need click.
FILES = ("math_test", "paillier_test", "util_test")


def main() -> None:
    spec = importlib.util.find_spec("phe")
    assert spec is not None and spec.origin is not None
    tests = Path(spec.origin).parent / "tests"
    for name in ("", ".encoding", ".paillier", ".util"):
        sys.modules[f"phe{name}"] = importlib.import_module(f"coffer.phe{name}")
    suite = unittest.TestSuite()
    for name in FILES:
        module = importlib.util.spec_from_file_location(name, tests / f"{name}.py")
        assert module is not None and module.loader is not None
        loaded = importlib.util.module_from_spec(module)
        module.loader.exec_module(loaded)
        suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(loaded))
    with open("/dev/null", "w") as nowhere:
        result = unittest.TextTestRunner(nowhere, warnings="ignore").run(suite)
    failed = {test.id(): text.strip().splitlines()[-1] for test, text in result.failures + result.errors}
    print(json.dumps({"ran": result.testsRun, "failed": failed}))


main()
