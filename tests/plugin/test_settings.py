"""What the plugin remembers, and the Python it finds for the engine."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sys

import pytest
from qgis.core import QgsSettings

from crop_classifier_plugin.engine import install, locate
from crop_classifier_plugin.engine.logs import KEPT, log_folder, new_log
from crop_classifier_plugin.settings import PREFIX, Setting

pytestmark = pytest.mark.usefixtures("qgis_app")


@pytest.mark.parametrize(("setting", "value"), [(Setting.OUTPUT_FOLDER, "/été"), (Setting.EPOCHS, 7)])
def test_a_value_comes_back_with_its_type_until_it_is_forgotten(setting, value) -> None:
    setting.set(value)
    assert setting.get() == value and type(setting.get()) is type(setting.default)
    setting.forget()
    assert setting.get() == setting.default


def test_text_where_a_number_belongs_is_the_default() -> None:
    QgsSettings().setValue(Setting.EPOCHS.key, "many")
    assert Setting.EPOCHS.get() == Setting.EPOCHS.default
    Setting.EPOCHS.forget()


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="expected int"):
        Setting.EPOCHS.set("7")


def test_every_key_is_the_plugins_own() -> None:
    keys = [setting.key for setting in Setting]
    assert all(key.startswith(f"{PREFIX}/") for key in keys) and len(set(keys)) == len(keys)


def test_nothing_is_set_up(no_engine) -> None:
    status = locate.status()
    assert (status.ready, status.python, locate.find_python()) == (False, None, None)
    assert "Engine Set-up" in status.advice


def test_an_existing_python_of_the_settings(no_engine) -> None:
    Setting.ENGINE_PYTHON.set(sys.executable)
    assert str(locate.find_python()) == sys.executable


def test_the_variable_comes_before_the_settings(no_engine, monkeypatch, tmp_path) -> None:
    Setting.ENGINE_PYTHON.set(str(tmp_path / "gone"))
    monkeypatch.setenv(locate.PYTHON_VARIABLE, sys.executable)
    assert str(locate.find_python()) == sys.executable


def test_a_python_that_is_gone_is_named_and_not_replaced_in_silence(no_engine, tmp_path) -> None:
    Setting.ENGINE_PYTHON.set(str(tmp_path / "gone"))
    status = locate.status()
    assert not status.ready and str(tmp_path / "gone") in status.reason


def test_the_environment_that_the_plugin_made(no_engine, monkeypatch) -> None:
    monkeypatch.setattr(install, "is_ready", lambda location: location == no_engine)
    assert locate.find_python() == install.python_of(no_engine)


def test_the_newest_logs_are_kept(tmp_path) -> None:
    for n in range(KEPT + 5):
        log = new_log(f"command{n}")
        log.touch()
    kept = sorted(log_folder().glob("*.log"))
    assert len(kept) == KEPT and kept[-1] == log
