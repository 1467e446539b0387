"""Every file that a step reads counts, byte for byte, and what a crate builds on counts for it."""

import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import fingerprint  # noqa: E402

REPOSITORY = HERE.parent.parent.parent
TABLE = tomllib.loads((HERE.parent / "steps.toml").read_text())


def tracked() -> list[str]:
    """What is in the repository, as it lies on the disk: git is not asked, whose folder a work tree need not have."""
    left_out = {".git", "target", "__pycache__"}
    return sorted(p.relative_to(REPOSITORY).as_posix() for p in REPOSITORY.rglob("*")
                  if p.is_file() and not left_out & set(p.relative_to(REPOSITORY).parts))


class OfThisRepository(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = tracked()
        cls.workspace = fingerprint.Workspace.here()
        cls.inputs = fingerprint.inputs(TABLE, cls.workspace, cls.files)

    def steps_with(self, file: str) -> set[str]:
        return {step for step, files in self.inputs.items() if file in files}

    def test_one_byte_of_any_file_changes_each_step_that_it_is_an_input_of_and_no_other(self):
        same = {file: b"file" + bytes(32) for file in self.files}
        before = {step: fingerprint.fingerprint(step, [], files, same.__getitem__) for step, files in self.inputs.items()}
        for changed in self.files[::7] + ["Cargo.lock", "scripts/test"]:
            other = same | {changed: b"file" + bytes(31) + b"1"}
            after = {step: fingerprint.fingerprint(step, [], files, other.__getitem__) for step, files in self.inputs.items()}
            self.assertEqual({step for step in before if before[step] != after[step]}, self.steps_with(changed), changed)

    def test_every_file_is_an_input_of_the_style_check(self):
        self.assertEqual(self.inputs["style"], self.files)

    def test_code_is_an_input_of_more_than_style(self):
        """A folder that no step but style names is one whose tests would be skipped for ever."""
        only_style = {f.split("/")[0] for f in self.files if self.steps_with(f) == {"style"}}
        self.assertLessEqual(only_style, {".ci", ".gitignore", "ARCHITECTURE.md", "LICENSE", "README.md", "buildroot", "docs", "scripts",
                                          "rustfmt.toml", "clippy.toml"})
        self.assertLessEqual({f for f in self.files if f.startswith("scripts/") and self.steps_with(f) == {"style"}},
                             {"scripts/bench", "scripts/fresh-machine", "scripts/in-root", "scripts/reproduce", "scripts/run"})

    def test_a_crate_counts_for_all_that_is_built_on_it(self):
        source = "appliance/arithmetic/limbs/src/lib.rs"
        crates = ["limbs", "montgomery-lanes", "engine", "he", "computed", "keyd", "coffer-native", "constant-time", "bench"]
        self.assertLessEqual({f"unit/{crate}" for crate in crates} | {"boot", "sdk", "secrets", "fuzz", "style"}, self.steps_with(source))
        self.assertNotIn("unit/imager", self.steps_with(source))
        self.assertNotIn("fpga", self.steps_with(source))

    def test_known_inputs_from_other_folders(self):
        for file, steps in {
            "fpga/vectors/arithmetic.json": {"unit/card", "unit/card-conformance", "fpga", "sdk"},
            "fpga/rtl/engine.sv": {"fpga", "boot", "unit/card-rtl"},
            "image/kernel/build": {"boot", "unit/imager"},
            "sdk/python/coffer/client/arrays.py": {"sdk"},
            "sdk/python/coffer/fate/keys.py": {"sdk", "peers"},
            "tests/peers/training.py": {"peers"},
            "appliance/platform/proto/proto/coffer/v1/coffer.proto": {"sdk", "boot", "unit/computed"},
            "tests/constant-time/judge": {"secrets"},
            "appliance/clients/cli/Cargo.toml": {"licences", "boot"},
            "deny.toml": {"licences"},
        }.items():
            self.assertLessEqual(steps, self.steps_with(file), file)

    def test_cargo_agrees_about_what_is_built_on_what(self):
        """Judged by cargo itself: `cargo tree` knows the workspace's folders below a crate."""
        for crate in ("computed", "supervisor", "harness"):
            words = ["cargo", "tree", "--offline", "--locked", "-p", crate, "-e", "all", "--prefix", "none", "-f", "{p}"]
            tree = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            theirs = {line.split()[0] for line in tree.splitlines() if f"({REPOSITORY}" in line}
            self.assertLessEqual(theirs, self.workspace.closure([crate]), crate)


class OfFiles(unittest.TestCase):
    def test_content_kind_and_absence_count(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            seen = {fingerprint.digest(str(file))}
            file.write_bytes(b"a")
            seen.add(fingerprint.digest(str(file)))
            file.write_bytes(b"b")
            seen.add(fingerprint.digest(str(file)))
            file.chmod(0o755)
            seen.add(fingerprint.digest(str(file)))
            file.unlink()
            file.symlink_to("b")
            seen.add(fingerprint.digest(str(file)))
            file.unlink()
            file.mkdir()
            seen.add(fingerprint.digest(str(file)))
            self.assertEqual(len(seen), 6)

    def test_names_tools_and_places_count(self):
        of = {"a": b"1", "b": b"2", "ab": b"", "c": b"1"}.__getitem__
        seen = [fingerprint.fingerprint(*words, of) for words in (
            ("unit", ["rust"], ["a", "b"]), ("unit long", ["rust"], ["a", "b"]), ("unit", ["rust 2"], ["a", "b"]),
            ("unit", ["rust"], ["a"]), ("unit", ["rust"], ["c", "b"]), ("unit", [], ["a", "b"]))]
        self.assertEqual(len(set(seen)), len(seen))

    def test_what_a_user_has_set_counts_and_what_every_shell_differs_in_does_not(self):
        with tempfile.TemporaryDirectory() as home:
            common = {"CARGO_HOME": home}
            seen = [fingerprint.of_this_user(common)]
            for name in ("PYTEST_ADDOPTS", "PROPTEST_CASES", "RUSTFLAGS", "COFFER_DESK_BOX", "CARD_RTL_ENGINES", "NEXTEST_PROFILE"):
                seen.append(fingerprint.of_this_user(common | {name: "1"}))
            (Path(home) / "config.toml").write_text("[build]")
            seen.append(fingerprint.of_this_user(common))
            self.assertEqual(len({tuple(each) for each in seen}), len(seen))
            self.assertEqual(fingerprint.of_this_user(common | {"TERM": "dumb", "OLDPWD": "/", "SSH_TTY": "1"}), seen[-1])

    def test_a_crate_that_is_not_there_is_named(self):
        workspace = fingerprint.Workspace({"workspace_root": "/x", "packages": []})
        with self.assertRaisesRegex(SystemExit, "no crate nobody"):
            workspace.closure(["nobody"])


if __name__ == "__main__":
    unittest.main()
