"""An engine that plays its part without learning anything."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, save for those that QGIS's own Python raises on a Python newer than itself."""
    config.addinivalue_line("filterwarnings", r"ignore::DeprecationWarning:(qgis|processing)\..*")


class FakeEngine:
    """A folder with a `backend` that speaks the protocol; `answers` are the values of the results by command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "backend").mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("fake_engine.py"), root / "backend" / "__main__.py")
        (root / "backend" / "__init__.py").touch()
        for name in ("protocol.py", "json_document.py"):
            shutil.copy(ROOT / "backend" / name, root / "backend" / name)

    def answer(self, command: str, values: object, layer: Path | None = None) -> None:
        """The engine's result for a command; `layer` becomes its output."""
        document = {"values": values, "layer": str(layer) if layer else None}
        (self.root / f"{command}.json").write_text(json.dumps(document), encoding="utf-8")

    def jobs(self) -> list[dict]:
        """The jobs it was given so far."""
        path = self.root / "jobs.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


@pytest.fixture()
def fake_engine(tmp_path, monkeypatch) -> FakeEngine:
    from crop_classifier_plugin.engine import locate

    engine = FakeEngine(tmp_path / "Téléchargements of a user" / "crop 'n' classifier")
    monkeypatch.setattr(locate, "engine_root", lambda: engine.root)
    monkeypatch.setenv("CROP_CLASSIFIER_PYTHON", sys.executable)
    return engine


@pytest.fixture()
def no_engine(tmp_path, monkeypatch) -> Path:
    """No Python named anywhere, and an empty place for the environment."""
    from crop_classifier_plugin.settings import Setting

    monkeypatch.delenv("CROP_CLASSIFIER_PYTHON", raising=False)
    Setting.ENGINE_LOCATION.set(str(tmp_path / "environment"))
    yield tmp_path / "environment"
    Setting.ENGINE_LOCATION.forget()
    Setting.ENGINE_PYTHON.forget()


@pytest.fixture(scope="module")
def provider(qgis_app, qgis_processing):
    """The provider, registered for the tests of one file: others load the whole plugin, which brings its own."""
    from qgis.core import QgsApplication

    from crop_classifier_plugin.processing.provider import CropClassifierProvider

    provider = CropClassifierProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    while QgsApplication.taskManager().countActiveTasks():  # a search that was given up still uses its algorithm
        QgsApplication.processEvents()
    QgsApplication.processingRegistry().removeProvider(provider)


@pytest.fixture()
def imagery(tmp_path) -> Path:
    """A folder of images, as far as the fake engine is concerned."""
    folder = tmp_path / "images of 2018"
    folder.mkdir()
    return folder
