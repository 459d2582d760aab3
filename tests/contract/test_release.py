"""What is published agrees with itself: versions, the list of changes, error codes, the zip."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import configparser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backend import __version__, errors
from tests.contract.files import ROOT, read

TOP = "crop_classifier"


def metadata() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(read("metadata.txt"))
    return parser["general"]


def releases(changes: str) -> list[str]:
    """The versions that a list of changes describes, newest first; only the top may hold what is not released."""
    headings = re.findall(r"^## (\S+)", changes, re.MULTILINE)
    return headings[1:] if headings[:1] == ["Unreleased"] else headings


def subclasses(cls: type) -> set[type]:
    return {cls}.union(*(subclasses(child) for child in cls.__subclasses__()))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """A freshly packed zip."""
    target = tmp_path_factory.mktemp("zip") / "plugin.zip"
    subprocess.run([sys.executable, "scripts/package.py", str(target)], cwd=ROOT, check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def names(archive) -> list[str]:
    """The entries of the zip."""
    with zipfile.ZipFile(archive) as packed:
        assert packed.testzip() is None
        return packed.namelist()


def test_the_version_is_the_same_everywhere():
    assert metadata()["version"] == __version__
    assert releases(read("CHANGELOG.md"))[0] == __version__
    assert re.findall(r"^version: (\S+)", read("CITATION.cff"), re.MULTILINE) == [__version__]


def test_the_changes_since_the_last_release_may_stand_above_it():
    assert releases("# Changes\n\n## Unreleased\n\n## 0.2.0\n\n## 0.1.0\n") == ["0.2.0", "0.1.0"]
    assert releases("## 0.2.0\n\n## Unreleased\n\n## 0.1.0\n") == ["0.2.0", "Unreleased", "0.1.0"]


def test_metadata_list_the_changes_of_the_version():
    assert metadata()["changelog"].startswith(f"{__version__} ")


def test_metadata_has_what_the_plugin_site_asks_for():
    asked = {
        "name",
        "description",
        "about",
        "author",
        "email",
        "tracker",
        "repository",
        "homepage",
        "tags",
        "changelog",
    }
    assert [key for key in sorted(asked) if not metadata().get(key)] == []
    assert metadata()["qgisMinimumVersion"] == "3.22" and metadata()["qgisMaximumVersion"] == "4.99"
    assert metadata()["hasProcessingProvider"] == "yes" and "plugin" not in metadata()["name"].lower()
    assert (ROOT / metadata()["icon"]).suffix == ".png" and (ROOT / metadata()["icon"]).is_file()


def test_error_codes_are_unique_and_well_formed():
    classes = [cls for cls in subclasses(errors.EngineError) if cls.__module__.startswith("backend")]
    codes = [cls.__dict__.get("code", f"{cls.__name__} has none") for cls in classes]
    assert len(codes) > 20 and len(set(codes)) == len(codes)
    assert [code for code in codes if not re.fullmatch(r"[a-z]+\.[a-z_]+", code)] == []


def test_the_zip_has_one_folder_with_what_qgis_looks_for(names):
    assert {name.split("/")[0] for name in names} == {TOP}
    needed = {
        "__init__.py",
        "metadata.txt",
        "LICENSE",
        metadata()["icon"],
        "backend/protocol.py",
        "backend/messages.py",
        "backend/__main__.py",
    }
    needed |= {
        "backend/requirements.txt",
        "crop_classifier_plugin/plugin.py",
        "crop_classifier_plugin/engine/install.py",
    }
    assert sorted(f"{TOP}/{name}" for name in needed if f"{TOP}/{name}" not in names) == []


def test_the_zip_has_nothing_else(names):
    shipped = {"__init__.py", "metadata.txt", "LICENSE", "crop_classifier_plugin", "backend", "resources", "i18n"}
    assert {name.split("/")[1] for name in names} <= shipped
    endings = (".py", ".txt", ".json", ".csv", ".md", ".svg", ".png", ".qml", ".qm", ".j2", ".css", ".ui", "/LICENSE")
    assert [name for name in names if not name.endswith(endings) or "__pycache__" in name or "/." in name] == []


def test_the_zip_holds_every_tracked_file_of_its_folders(names):
    listed = subprocess.run(["git", "ls-files", "backend", "resources"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert [name for name in listed.stdout.split() if f"{TOP}/{name}" not in names] == []


def test_an_engine_from_the_zip_finds_its_resources_beside_it(archive, tmp_path):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from backend import locations; "
        "print(locations.__file__, *(locations.resource(name) for name in ('nomenclatures', 'report')), sep='\\n')"
    )
    command = [sys.executable, "-I", "-c", script, tmp_path / TOP]
    module, *folders = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert module == str(tmp_path / TOP / "backend" / "locations.py")
    assert folders == [str(tmp_path / TOP / "resources" / name) for name in ("nomenclatures", "report")]
    assert all(any(Path(folder).iterdir()) for folder in folders)


def test_two_packs_are_the_same_bytes(tmp_path):
    for name in ("a.zip", "b.zip"):
        subprocess.run(
            [sys.executable, "scripts/package.py", tmp_path / name], cwd=ROOT, check=True, capture_output=True
        )
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
