"""Fingerprints of the suite's steps: fingerprint.py [--long] [--unchanged-since FILE] STEP... < FILES

FILES is what `git ls-files -z` lists (tracked files and those that git does not ignore). For each step one line: its name, a blank and
the SHA-256 over its tools and over path, kind and content of each of its inputs (steps.toml). A step that has one for each crate prints
"unit/CRATE". The same step in the long suite has another fingerprint. With --unchanged-since there is no
line where an input was written after FILE was, even if its content is what it was before.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).parent

# Variables with which somebody tells a compiler, a test runner or a test of ours to do something else, by how their names begin.
VARIABLES = (
    "CARGO", "RUST", "CC", "CXX", "CFLAGS", "LDFLAGS", "PROPTEST_", "NEXTEST", "PYTEST_", "COFFER_", "CARD_RTL_", "LONG", "BENCH_LIMIT",
)


class Workspace:
    """Our crates: folder of each, and which of ours it builds on, tests included."""

    def __init__(self, metadata: dict):
        root = Path(metadata["workspace_root"])
        self.folder: dict[str, str] = {}
        self.needs: dict[str, set[str]] = {}
        by_folder = {}
        for package in metadata["packages"]:
            folder = Path(package["manifest_path"]).parent
            by_folder[str(folder)] = package["name"]
            self.folder[package["name"]] = folder.relative_to(root).as_posix()
        for package in metadata["packages"]:
            paths = {d["path"] for d in package["dependencies"] if d.get("path")}
            self.needs[package["name"]] = {by_folder[path] for path in paths if path in by_folder}

    @classmethod
    def here(cls) -> "Workspace":
        words = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
        return cls(json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout))

    def closure(self, crates: Iterable[str]) -> set[str]:
        """The crates and all of ours below them."""
        found, waiting = set(), list(crates)
        while waiting:
            crate = waiting.pop()
            if crate not in self.needs:
                raise SystemExit(f"fingerprint: no crate {crate} in the workspace (scripts/suite/steps.toml)")
            if crate not in found:
                found.add(crate)
                waiting.extend(self.needs[crate])
        return found


def inputs(table: dict, workspace: Workspace, files: list[str]) -> dict[str, list[str]]:
    """The files of each step, by its name ("unit/CRATE" where each crate counts alone)."""
    common = table["common"]["paths"]
    found = {}
    for name, step in table["step"].items():
        paths = common + step.get("paths", [])
        if "each_crate_except" in step:
            for crate in workspace.folder.keys() - set(step["each_crate_except"]):
                found[f"{name}/{crate}"] = select(files, paths + folders(workspace, [crate]))
            continue
        chosen = select(files, paths + folders(workspace, step.get("crates", [])))
        if step.get("manifests"):
            chosen = sorted({*chosen, *(file for file in files if Path(file).name in ("Cargo.toml", "Cargo.lock"))})
        found[name] = chosen
    return found


def folders(workspace: Workspace, crates: Iterable[str]) -> list[str]:
    return [workspace.folder[crate] for crate in workspace.closure(crates)]


def select(files: list[str], paths: list[str]) -> list[str]:
    """The files that are one of the paths or below one."""
    if "." in paths:
        return files
    exact, below = set(paths), tuple(path + "/" for path in paths)
    return [file for file in files if file in exact or file.startswith(below)]


def digest(path: str) -> bytes:
    """Kind and content of a file; a link counts by where it points."""
    if os.path.islink(path):
        return b"link" + hashlib.sha256(os.readlink(path).encode()).digest()
    if not os.path.exists(path):
        return b"gone"
    if os.path.isdir(path):
        # A repository of its own inside of this one, which git names and does not look into: no part of what is tested.
        return b"folder"
    kind = b"program" if os.access(path, os.X_OK) else b"file"
    return kind + hashlib.sha256(Path(path).read_bytes()).digest()


def written_after(since: int, path: str) -> bool:
    return os.path.lexists(path) and os.lstat(path).st_ctime_ns > since


def fingerprint(name: str, tools: list[str], files: list[str], of: Callable[[str], bytes]) -> str:
    all_of_it = hashlib.sha256()
    for part in [name.encode(), *(tool.encode() for tool in tools)]:
        all_of_it.update(len(part).to_bytes(8) + part)
    for file in files:
        for part in (file.encode(), of(file)):
            all_of_it.update(len(part).to_bytes(8) + part)
    return all_of_it.hexdigest()


def tools_of(step: dict) -> list[str]:
    """What is neither in the repository nor made from it: the compiler and how this user has set it up, the tool root's packages, the
    processor (which units of the arithmetic are tested hangs on it), the kernel that runs (sandboxes are made of it)."""
    rust = subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout
    packages = Path(os.environ.get("COFFER_PACKAGES", "/.coffer-packages")).read_text()
    processor = sorted({line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith(("model name", "flags"))})
    hardware = [os.environ["VERILATOR"]] if "hdl" in step.get("tools", []) else []
    return [rust, *of_this_user(os.environ), packages, *processor, platform.release(), *hardware]


def of_this_user(environment: Mapping[str, str]) -> list[str]:
    """The variables that change what is tested, and cargo's settings outside the repository."""
    variables = [f"{name}={value}" for name, value in sorted(environment.items()) if name.startswith(VARIABLES)]
    home = environment.get("CARGO_HOME", "")
    return variables + [digest(os.path.join(home, name)).hex() for name in ("config.toml", "config") if home]


def main() -> None:
    names = sys.argv[1:]
    since = None
    if "--unchanged-since" in names:
        at = names.index("--unchanged-since")
        since = os.stat(names[at + 1]).st_mtime_ns
        del names[at : at + 2]
    long = "--long" in names
    table = tomllib.loads((HERE / "steps.toml").read_text())
    wanted = [name for name in names if name != "--long"]
    for name in wanted:
        if name not in table["step"]:
            raise SystemExit(f"fingerprint: no step {name} in scripts/suite/steps.toml")
    files = sorted({file for file in sys.stdin.read().split("\0") if file})
    of_file: dict[str, bytes] = {}
    for name, chosen in sorted(inputs(table, Workspace.here(), files).items()):
        step = name.split("/")[0]
        if step in wanted and not (since and any(written_after(since, file) for file in chosen)):
            for file in chosen:
                of_file.setdefault(file, digest(file))
            title = f"{name} long" if long else name
            print(name, fingerprint(title, tools_of(table["step"][step]), chosen, of_file.__getitem__))


if __name__ == "__main__":
    main()
