"""The versions of the engine's packages: each is listed, fits its requirement and is no single build."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.contract.files import ROOT, read

UV = "crop_classifier_plugin/engine/uv.txt"


def lines(name: str) -> list[str]:
    return [text for line in read(name).splitlines() if (text := line.partition("#")[0].strip())]


def constraints() -> dict[str, Version]:
    return {name: Version(version) for name, version in (line.split("==") for line in lines("backend/constraints.txt"))}


def test_every_package_is_held_to_a_version_that_fits():
    held = constraints()
    for name in ("backend/requirements.txt", "backend/requirements-test.txt"):
        for requirement in map(Requirement, lines(name)):
            assert requirement.specifier.contains(held[canonicalize_name(requirement.name)]), requirement.name


def test_no_version_is_that_of_one_build_or_source():
    assert [version for version in constraints().values() if version.local] == []
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in lines("backend/constraints.txt"))


def digests(name: str) -> dict[str, tuple[str, list[str]]]:
    """Version and digests by package."""
    found: dict[str, tuple[str, list[str]]] = {}
    package = ""
    for line in (text.rstrip(" \\") for text in lines(name)):
        if line.startswith("--hash="):
            found[package][1].append(line.removeprefix("--hash="))
        else:
            package, version = line.partition(";")[0].strip().split("==")
            found[package] = version, []
    return found


def test_every_package_but_pytorch_has_digests_of_its_version():
    held, own, tests = constraints(), digests("backend/digests.txt"), digests("backend/digests-test.txt")
    assert not set(own) & set(tests)
    listed = {**own, **tests}
    assert set(held) - set(listed) == {"torch"}
    assert set(listed) - set(held) <= {"colorama"}  # of Windows
    assert [name for name in held if name in listed and Version(listed[name][0]) != held[name]] == []
    for name in lines("backend/requirements.txt"):
        assert (package := canonicalize_name(Requirement(name).name)) in own or package == "torch"
    for version, hashes in listed.values():
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), version


def test_compiled_packages_have_digests_for_all_platforms_and_pythons():
    """At least a wheel for each of Linux, Windows and macOS, and of Python 3.11 to 3.13, and the source."""
    own = digests("backend/digests.txt")
    for name in ("numpy", "pandas", "rasterio", "pyogrio", "shapely", "scikit-learn", "scipy", "matplotlib"):
        assert len(own[name][1]) >= 3 * 3 + 1, name


def test_uv_is_one_version_with_digests():
    first, *digests = " ".join(lines(UV)).replace("\\", "").split()
    assert re.fullmatch(r"uv==\d+\.\d+\.\d+", first)
    assert len(digests) >= 7 and all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in digests)


def test_both_come_with_the_plugin():
    config = (ROOT / "pb_tool.cfg").read_text(encoding="utf-8")
    assert "crop_classifier_plugin" in config.split("extra_dirs")[1] and "backend" in config.split("extra_dirs")[1]
