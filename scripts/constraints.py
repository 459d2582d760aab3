"""Writes backend/constraints.txt, the versions that were tested: `.venv/bin/python scripts/constraints.py`.

The packages of the engine and its tests and all that they need on this platform. A version's local part, such as
torch's `+cpu`, is left out, so that every build of it fits.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

BACKEND = Path(__file__).resolve().parents[1] / "backend"
LISTS = ("requirements.txt", "requirements-test.txt")
HEAD = (
    "# The versions that the tests were run with. The installer takes no others; packages that only other platforms\n"
    "# need are not listed. Written by `make constraints`.\n"
)


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


if __name__ == "__main__":
    main()
