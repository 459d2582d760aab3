"""The library of saved models: nothing is overwritten, no half file is left, and every refusal says why."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil

import pytest
from sample_layers import model_file

from crop_classifier_plugin import model_library as library
from crop_classifier_plugin.settings import Setting

pytestmark = pytest.mark.usefixtures("qgis_app")


@pytest.fixture(autouse=True)
def folder(tmp_path):
    Setting.MODEL_FOLDER.set(str(tmp_path / "my models"))
    yield tmp_path / "my models"
    Setting.MODEL_FOLDER.forget()


@pytest.fixture
def source(tmp_path):
    return model_file(tmp_path / "Gers 2023.cropmodel")


def names():
    return [entry.name for entry in library.entries()]


def test_a_library_that_is_not_there_yet_is_empty(folder):
    assert library.entries() == [] and not folder.exists()


def test_a_model_is_added_under_a_free_name(source, folder):
    first, second = library.add(source), library.add(source)
    assert (first.name, second.name) == ("Gers 2023.cropmodel", "Gers 2023 2.cropmodel")
    assert first.read_bytes() == second.read_bytes() == source.read_bytes()
    assert names() == ["Gers 2023", "Gers 2023 2"] and first.parent == folder
    assert library.entries()[0].model.season == 2017


def test_what_is_no_model_is_not_added_and_is_listed_with_the_reason(tmp_path, folder):
    broken = tmp_path / "broken.cropmodel"
    broken.write_bytes(b"no zip")
    with pytest.raises(library.LibraryProblem, match="not a usable .cropmodel"):
        library.add(broken)
    assert not folder.exists()
    folder.mkdir()
    shutil.copy(broken, folder)
    (entry,) = library.entries()
    assert entry.model is None and "not a usable .cropmodel" in entry.problem


def test_a_copy_that_fails_leaves_nothing(source, tmp_path):
    (tmp_path / "target.cropmodel").mkdir()
    with pytest.raises(library.LibraryProblem, match="was not copied"):
        library.copy(source, tmp_path / "target.cropmodel")
    assert not list(tmp_path.glob("*.part"))


def test_a_name_that_is_taken_or_impossible_is_refused(source):
    one, other = library.add(source), library.add(source)
    with pytest.raises(library.LibraryProblem, match="already"):
        library.rename(other, "Gers 2023")
    for name in ("", "  ", "a/b", ".hidden", "a" * 101):
        with pytest.raises(library.LibraryProblem, match="cannot be the name"):
            library.rename(other, name)
    assert library.rename(one, "Gers 2023") == one
    renamed = library.rename(other, " Été 2023 ")
    assert renamed.stem == "Été 2023" and names() == ["Gers 2023", "Été 2023"]


def test_a_deleted_model_is_gone_and_deleting_it_again_says_so(source):
    path = library.add(source)
    library.remove(path)
    assert library.entries() == []
    with pytest.raises(library.LibraryProblem, match="was not deleted"):
        library.remove(path)


def test_the_name_of_a_layer_becomes_that_of_a_file():
    assert library.free_path("Parcels: 2017/18 ").name == "Parcels_ 2017_18.cropmodel"
    assert library.free_path("...").name == "Model.cropmodel"
