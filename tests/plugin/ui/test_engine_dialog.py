"""Engine Set-up: state, choices, and the background work with a fake engine or a fake installer."""

# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time
import venv
from pathlib import Path

import pytest

from crop_classifier_plugin.engine import install, locate
from crop_classifier_plugin.settings import Setting
from crop_classifier_plugin.ui import engine_work
from crop_classifier_plugin.ui.engine_dialog import EngineDialog


@pytest.fixture
def dialog(qtbot):
    windows = []

    def make():
        window = EngineDialog()
        qtbot.addWidget(window)
        windows.append(window)
        return window

    yield make
    for window in windows:
        window.cancel()
        qtbot.waitUntil(lambda window=window: not window.is_running(), timeout=5000)


@pytest.fixture
def fake_python(engine, monkeypatch):
    """A Python that the environment variable does not name, so that the settings count."""
    engine()
    program = Path(os.environ[locate.PYTHON_VARIABLE])
    monkeypatch.delenv(locate.PYTHON_VARIABLE)
    return program


def done(qtbot, window):
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)


def test_opens_small_and_without_complaints(qtbot, no_engine, dialog, complaints):
    window = dialog()
    window.show()
    qtbot.waitExposed(window)
    assert window.width() <= 1000 and window.height() <= 580
    assert window.minimumSizeHint().width() <= 1000 and window.minimumSizeHint().height() <= 580
    assert "not set up" in window.state.state.text()
    assert not window.check_button.isEnabled() and not window.remove_button.isEnabled()
    assert complaints == []


def test_an_existing_python_is_tried_before_it_is_used(qtbot, no_engine, fake_python, dialog, bar):
    window = dialog()
    window.choice.existing.setChecked(True)
    assert not window.set_up_button.isEnabled()
    window.choice.python.setFilePath(str(fake_python))
    window.set_up_button.click()
    done(qtbot, window)
    assert Setting.ENGINE_PYTHON.get() == str(fake_python)
    assert bar.text(window.bar) == "The engine is set up."
    assert window.state.state.text() == "The engine is ready."
    assert "MPS: does not work (no Apple GPU)" in window.state.devices.toolTip()
    assert (
        "Python 3.12.4, torch 2.13.0" in window.state.versions.text()
        and window.state.devices.text() == "CPU (2 threads)"
    )


def test_a_python_that_is_no_engine_is_refused(qtbot, no_engine, dialog, bar, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'No module named torch' >&2\nexit 1\n")
    program.chmod(0o755)
    window = dialog()
    window.choice.existing.setChecked(True)
    window.choice.python.setFilePath(str(program))
    window.set_up()
    done(qtbot, window)
    assert Setting.ENGINE_PYTHON.get() == ""
    for text in (bar.text(window.bar), window.log.lines()):
        assert "No module named torch" in text


def test_a_python_without_packages_is_refused_with_their_names(qtbot, no_engine, dialog, bar, tmp_path):
    venv.create(tmp_path / "bare", with_pip=False)
    program = install.python_of(tmp_path / "bare")
    window = dialog()
    window.choice.existing.setChecked(True)
    window.choice.python.setFilePath(str(program))
    window.set_up()
    done(qtbot, window)
    assert Setting.ENGINE_PYTHON.get() == ""
    text = bar.text(window.bar)
    assert "lacks packages that the engine needs: torch, numpy, " in text and " click, " in text
    assert "Traceback" not in text + window.log.lines()


def test_a_python_that_lacks_one_package_is_refused(qtbot, no_engine, fake_python, dialog, bar, monkeypatch):
    found = {
        "packages": {},
        "devices": [],
        "engine": "0.1.0",
        "python": "3.12",
        "problems": ["the package scipy is missing"],
    }
    monkeypatch.setattr(engine_work, "run_job", lambda *given, **named: found)
    window = dialog()
    window.choice.existing.setChecked(True)
    window.choice.python.setFilePath(str(fake_python))
    window.set_up()
    done(qtbot, window)
    assert Setting.ENGINE_PYTHON.get() == "" and "scipy is missing" in bar.text(window.bar)


def test_the_environment_is_made_as_planned(qtbot, no_engine, fake_python, dialog, monkeypatch, tmp_path):
    plans = []

    def fake_install(plan, on_line, is_cancelled):
        plans.append(plan)
        on_line("Downloading torch")
        return fake_python

    monkeypatch.setattr(install, "install", fake_install)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "one.whl").touch()
    window = dialog()
    window.choice.location.setFilePath(str(tmp_path / "my engine"))
    window.choice.torch.setCurrentIndex(window.choice.torch.findData("cpu"))
    window.choice.wheels.setFilePath(str(wheels))
    window.set_up()
    done(qtbot, window)
    assert plans == [install.InstallPlan(tmp_path / "my engine", torch="cpu", wheels=wheels)]
    assert "Downloading torch" in window.log.lines()
    assert Setting.ENGINE_LOCATION.get() == str(tmp_path / "my engine") and Setting.ENGINE_TORCH.get() == "cpu"


def test_a_failed_installation_says_what_to_do(qtbot, no_engine, dialog, monkeypatch, bar):
    def fake_install(plan, on_line, is_cancelled):
        raise install.InstallError("The disk has 1.0 GB free; the engine needs 3 GB.", "Free some space.")

    monkeypatch.setattr(install, "install", fake_install)
    window = dialog()
    window.set_up()
    done(qtbot, window)
    assert bar.text(window.bar) == "The disk has 1.0 GB free; the engine needs 3 GB.\nFree some space."
    assert window.progress.stage.text() == "Failed" and window.set_up_button.isEnabled()


def test_an_installation_can_be_cancelled(qtbot, no_engine, dialog, monkeypatch, bar):
    def fake_install(plan, on_line, is_cancelled):
        while not is_cancelled():
            on_line("Downloading")
            time.sleep(0.02)
        raise install.InstallCancelled

    monkeypatch.setattr(install, "install", fake_install)
    window = dialog()
    window.show()
    window.set_up()
    qtbot.waitUntil(lambda: "Downloading" in window.log.lines(), timeout=5000)
    window.confirm = lambda question: False
    window.reject()
    assert window.isVisible() and window.is_running()
    window.progress.cancel.click()
    done(qtbot, window)
    assert window.progress.stage.text() == "Cancelled" and bar.text(window.bar) == ""
    assert Setting.ENGINE_LOCATION.get() == ""


def test_the_environment_is_removed_after_a_question(qtbot, no_engine, dialog, monkeypatch, tmp_path):
    removed = []
    monkeypatch.setattr(install, "is_ready", lambda location: not removed)
    monkeypatch.setattr(install, "remove", removed.append)
    window = dialog()
    window.confirm = lambda question: False
    window.remove_button.click()
    assert not window.is_running() and removed == []
    window.confirm = lambda question: True
    window.remove_button.click()
    done(qtbot, window)
    assert removed == [locate.location()] and not window.remove_button.isEnabled()
