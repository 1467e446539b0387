"""usage (in the tool root): compare_images.py FIRST SECOND: two images by their manifests, component by component.

A component is a file of the operating system, the kernel, its command line, a program that the firmware starts (without its
signature), the bill of materials. What differs is named, and shown by diffoscope. Files that hold a public key of the vendor's are
compared only where both images are signed by the same.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# The keys in an image are what its vendor has, and no outcome of the build.
KEYS = {"/etc/coffer/pcr-ready.pub"}


def main() -> int:
    first, second = (Path(argument) for argument in sys.argv[1:3])
    one, other = components(first), components(second)
    keys_differ = one.pop("the Secure Boot certificate") != other.pop("the Secure Boot certificate")
    if keys_differ:
        one, other = ({name: value for name, value in of.items() if name not in KEYS} for of in (one, other))
        print("signed with other keys: signatures, PCR 11 and the keys themselves are not compared")
    else:
        one |= files(first)
        other |= files(second)
    different = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    for name in different:
        print(f"DIFFERS  {name}: {one.get(name, 'missing')} and {other.get(name, 'missing')}")
    print(f"{len(one.keys() | other.keys()) - len(different)} components are equal, {len(different)} differ")
    if different:
        show(first, second, [name for name in different if name.startswith("/")])
    return 1 if different else 0


def components(folder: Path) -> dict[str, str]:
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {file["path"]: f"{file['mode']} {file.get('sha256', '')}" for file in manifest["files"]}
    found["the kernel"] = manifest["kernel"]["sha256"]
    found["the kernel's release"] = manifest["kernel"]["release"]
    found["the command line"] = manifest["kernel"]["command_line"]
    found["the security version"] = str(manifest["security_version"])
    bill = json.loads((folder / "sbom.cdx.json").read_text())
    for component in bill["components"]:
        if component["name"] not in KEYS:
            found[f"bill: {component['bom-ref']}"] = json.dumps(component, sort_keys=True)
    found["the Secure Boot certificate"] = manifest["secure_boot_certificate"]
    return found


def files(folder: Path) -> dict[str, str]:
    """The files themselves, with their signatures; PCR 11."""
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {record["file"]: record["sha256"] for record in (manifest["uki"], manifest["boot_loader"], manifest["disk"])}
    return found | {f"PCR 11 after {phases!r}": value for phases, value in manifest["pcr11"].items()}


def show(first: Path, second: Path, paths: list[str]) -> None:
    with tempfile.TemporaryDirectory() as work:
        trees = [unpack(folder, Path(work) / name) for folder, name in ((first, "first"), (second, "second"))]
        for path in paths[:4]:
            sides = [str(tree / path.lstrip("/")) for tree in trees]
            subprocess.run(["diffoscope", "--text", "-", "--max-report-size", "20000", *sides], check=False)


def unpack(folder: Path, to: Path) -> Path:
    to.mkdir()
    archive = to.with_suffix(".cpio")
    words = ["objcopy", "-O", "binary", "--only-section=.initrd", str(folder / "coffer.efi"), f"{archive}.zst"]
    subprocess.run(words, check=True)
    subprocess.run(["zstd", "-q", "-d", f"{archive}.zst", "-o", str(archive)], check=True)
    with archive.open("rb") as stream:
        subprocess.run(["cpio", "-idm", "--quiet"], stdin=stream, cwd=to, check=True)
    return to


if __name__ == "__main__":
    sys.exit(main())
