"""The packages as a user gets them: installed in a bare environment, and run there."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

WHEELS = Path(os.environ.get("COFFER_WHEELS", "/nowhere"))
PROGRAM = """
import sys, coffer, numpy as np
from coffer.phe import generate_paillier_keypair, batch
public, private = generate_paillier_keypair(n_length=2048)
assert private.decrypt(batch.dot(batch.encrypt(public, np.array([1.5, -2.0])), np.array([4, 3]))) == 0
assert "/site-packages/coffer/" in coffer.__file__ and not {"torch", "grpc", "pandas"} & sys.modules.keys()
"""

pytestmark = pytest.mark.skipif(not WHEELS.is_dir(), reason="run by sdk/python/run-tests, which builds them")


def one(pattern: str) -> Path:
    (found,) = WHEELS.glob(pattern)
    return found


def runs_in_a_bare_environment(package: Path, folder: Path, *options: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [os.environ["COFFER_SYSTEM_PYTHON"], "-m", "pip", "--python", folder / "bin" / "python", "install", "-q"]
    subprocess.run([*pip, "--disable-pip-version-check", *options, package], check=True)
    # Nothing of the environment that tests it is in reach.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run([folder / "bin" / "python", "-P", "-c", PROGRAM], check=True, env=bare)


def test_the_wheel_is_for_many_linuxes_and_pythons_and_runs_alone(tmp_path: Path) -> None:
    wheel = one("*.whl")
    assert re.fullmatch(r"coffer-[0-9.]+-cp310-abi3-manylinux_2_34_x86_64\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as inside:
        assert {name.partition("/")[0].partition("-")[0] for name in inside.namelist()} == {"coffer"}
        (metadata,) = (name for name in inside.namelist() if name.endswith("/METADATA"))
        told = email.message_from_bytes(inside.read(metadata))
    assert [need for need in told.get_all("Requires-Dist") or [] if "extra ==" not in need] == ["numpy>=1.23"]
    runs_in_a_bare_environment(wheel, tmp_path / "bare", "--only-binary", ":all:")


def test_the_sdist_holds_all_that_the_wheel_is_built_of() -> None:
    """build-packages builds the wheel of it; here that it points to nothing outside."""
    with tarfile.open(one("*.tar.gz")) as inside:
        names = inside.getnames()
        root = names[0].partition("/")[0]
        # The first only tells where what others name would be.
        manifests = [name for name in names if name.endswith("/Cargo.toml") and name != f"{root}/Cargo.toml"]
        assert {f"{root}/Cargo.lock", f"{root}/pyproject.toml", f"{root}/coffer/py.typed"} <= set(names)
        for name in manifests:
            text = (inside.extractfile(name) or pytest.fail(name)).read().decode()
            for path in re.findall(r'path = "([^"]+)"', text):
                place = os.path.normpath(os.path.join(os.path.dirname(name), path))
                assert place.startswith(root) and any(n == place or n.startswith(place + "/") for n in names), (
                    name,
                    path,
                )


@pytest.mark.skipif(os.environ.get("COFFER_LONG") != "yes", reason="compiles everything anew: scripts/test --long")
def test_the_sdist_installs_in_a_bare_environment(tmp_path: Path) -> None:
    runs_in_a_bare_environment(one("*.tar.gz"), tmp_path / "bare")
