"""A store as a folder of files: what is one, how large it is, and what is never deleted."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend import store_files
from backend.store_files import NotStoreFiles

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "v0.1.0"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / "region.parcels", tmp_path / "region.parcels"))


def test_a_store_is_deleted_whole(store: Path) -> None:
    store_files.remove(store)
    assert not store.exists()


def test_a_store_that_is_not_finished_is_one(store: Path) -> None:
    (store / "done.npy").write_bytes(b"1")
    store_files.require_store(store)


def test_the_size_is_that_of_all_files(store: Path) -> None:
    before = store_files.size_bytes(store)
    assert before == sum(len(path.read_bytes()) for path in store.iterdir())
    (store / "removed.npy").write_bytes(bytes(1000))
    assert store_files.size_bytes(store) == before + 1000


def _a_foreign_file(store: Path) -> None:
    (store / "notes.txt").write_text("mine")


def _a_foreign_folder(store: Path) -> None:
    (store / "more.npy").mkdir()


def _a_link_to_a_file(store: Path) -> None:
    (store / "clear.npy").unlink()
    (store / "clear.npy").symlink_to(FIXTURES / "region.parcels" / "clear.npy")


def _no_manifest(store: Path) -> None:
    (store / "manifest.json").unlink()


def _a_damaged_manifest(store: Path) -> None:
    (store / "manifest.json").write_bytes(b'{"schema": 2, "compl')


def _another_manifest(store: Path) -> None:
    (store / "manifest.json").write_text('{"schema": 2, "name": "a web app"}')


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_a_foreign_file, "also holds notes.txt"),
        (_a_foreign_folder, "also holds more.npy"),
        (_a_link_to_a_file, "also holds clear.npy"),
        (_no_manifest, "no readable manifest.json"),
        (_a_damaged_manifest, "no readable manifest.json"),
        (_another_manifest, "does not describe a parcel series store"),
    ],
)
def test_another_folder_is_never_deleted(store: Path, change, reason: str) -> None:
    change(store)
    before = sorted(path.name for path in store.iterdir())
    with pytest.raises(NotStoreFiles, match=reason):
        store_files.remove(store)
    assert sorted(path.name for path in store.iterdir()) == before


def test_neither_a_link_to_a_store_nor_a_missing_folder_is_a_store(store: Path) -> None:
    link = store.with_name("link.parcels")
    link.symlink_to(store)
    for path in (link, store / "manifest.json", store.with_name("absent")):
        with pytest.raises(NotStoreFiles, match="is not a folder"):
            store_files.remove(path)
    assert store.exists() and link.exists()
