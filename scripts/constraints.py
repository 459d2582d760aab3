"""Writes backend/constraints.txt, the versions that were tested, and the digests of their files, backend/digests*.txt.

The packages of the engine and its tests and all that they need on this platform. A version's local part, such as
torch's `+cpu`, is left out, so that every build of it fits. The digests are those of the package index for every
platform and Python; PyTorch and what only it brings have none, since its builds come from other places.
Run it as `.venv/bin/python -m scripts.constraints`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from crop_classifier_plugin.engine.install import DIGESTS
from crop_classifier_plugin.engine.interpreter import find_uv
from crop_classifier_plugin.engine.shell import Shell, environment

BACKEND = Path(__file__).resolve().parents[1] / "backend"
LISTS = ("requirements.txt", "requirements-test.txt")
HEAD = (
    "# The versions that the tests were run with. The installer takes no others; packages that only other platforms\n"
    "# need are not listed. Written by `make constraints`.\n"
)
DIGESTS_HEAD = (
    "# The digests of the files of these versions, for every platform: the installer takes no others. PyTorch is not\n"
    "# listed, since its builds come from several places. Written by `make constraints`.\n"
)
OLDEST_PYTHON = "3.11"
OF_TORCH = re.compile(r"(?:torch|triton|nvidia-.*|cuda-.*)==")


def listed() -> list[Requirement]:
    """The requirements of the engine and its tests."""
    lines = [line for name in LISTS for line in (BACKEND / name).read_text(encoding="utf-8").splitlines()]
    return [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]


def installed(requirements: list[Requirement]) -> dict[str, Version]:
    """Name and version of each, and of all that they need here. Raises PackageNotFoundError."""
    found: dict[str, Version] = {}
    open_ones = [(requirement.name, extra) for requirement in requirements for extra in ("", *requirement.extras)]
    done = set()
    while open_ones:
        name, extra = open_ones.pop()
        if (canonicalize_name(name), extra) in done:
            continue
        done.add((canonicalize_name(name), extra))
        package = distribution(name)
        found[canonicalize_name(name)] = Version(package.version)
        for needed in map(Requirement, package.requires or ()):
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                open_ones += [(needed.name, other) for other in ("", *needed.extras)]
    return found


def main() -> None:
    try:
        versions = installed(listed())
    except PackageNotFoundError as error:
        raise SystemExit(f"{error} is not installed: run `make engine` first") from error
    lines = [f"{name}=={version.public}\n" for name, version in sorted(versions.items())]
    (BACKEND / "constraints.txt").write_text(HEAD + "".join(lines), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w", encoding="utf-8") as log:
        uv = find_uv(sys.executable, Path(folder), [], Shell(log, print, lambda: False))
        if uv is None:
            raise SystemExit("uv could not be fetched, so the digests were not written")
        write_digests(uv)


def write_digests(uv: str) -> None:
    """A file for the engine's packages, and one for those that only its tests need. Raises CalledProcessError."""
    own = digests(uv, LISTS[:1])
    tests = {name: block for name, block in digests(uv, LISTS).items() if name not in own}
    for ending, blocks in (("", own), ("-test", tests)):
        text = DIGESTS_HEAD + "".join(blocks.values())
        (BACKEND / DIGESTS.format(ending)).write_text(text, encoding="utf-8")


def digests(uv: str, names: tuple[str, ...]) -> dict[str, str]:
    """By name the lines of every package that these lists need on any platform, as uv asks the index for them."""
    command = [uv, "pip", "compile", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
    command += ["--quiet", "--no-annotate", "--no-header", "--constraint", str(BACKEND / "constraints.txt")]
    given = {key: value for key, value in environment().items() if key != "UV_FIND_LINKS"}  # files of this computer
    paths = [str(BACKEND / name) for name in names]
    found = subprocess.run([*command, *paths], env=given, check=True, stdout=subprocess.PIPE, text=True).stdout
    blocks = re.findall(r"^\S+==.*\n(?: .*\n)*", found, re.MULTILINE)
    return {block.partition("==")[0]: block for block in blocks if not OF_TORCH.match(block)}


if __name__ == "__main__":
    main()
