"""`doctor`: versions as they are installed, and a problem for each thing that would fail later."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib.metadata
import itertools
import platform
import sys

import pytest
import torch

from backend import __version__
from tests.backend.commands.conftest import run
from tests.contract import rules
from tests.contract.files import ROOT


@pytest.fixture
def without_matplotlib(monkeypatch):
    """An environment whose list of packages lacks matplotlib."""
    find = importlib.metadata.Distribution.from_name

    def from_name(name: str) -> importlib.metadata.Distribution:
        if name == "matplotlib":
            raise importlib.metadata.PackageNotFoundError(name)
        return find(name)

    monkeypatch.setattr(importlib.metadata.Distribution, "from_name", from_name)


def test_versions_are_those_that_are_installed():
    outcome = run("doctor")
    values = outcome.values
    assert values["engine"] == __version__
    assert values["python"] == f"{platform.python_version()} ({sys.executable})"
    assert values["packages"]["torch"] == importlib.metadata.version("torch")
    lines = (ROOT / "backend" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {rules.requirement_name(line) for line in lines if line and not line.startswith("#")}
    assert {*values["packages"]} == required
    assert values["problems"] == []
    assert "problem:" not in outcome.text


def test_the_processor_runs_a_kernel():
    devices = {device["kind"]: device for device in run("doctor").values["devices"]}
    assert set(devices) == {"cuda", "mps", "cpu"}
    assert devices["cpu"]["works"] is True
    assert devices["cpu"]["seconds"] > 0
    assert torch.cuda.is_available() or not devices["cuda"]["works"]


def test_a_missing_package_is_named(without_matplotlib):
    outcome = run("doctor")
    assert outcome.values["problems"] == ["the package matplotlib is missing"]
    assert "matplotlib" not in outcome.values["packages"]
    assert "problem: the package matplotlib is missing" in outcome.text


def test_a_device_that_computes_wrongly_is_not_used(monkeypatch):
    """Each convolution is multiplied by another number, so no two runs agree."""
    convolve, factor = torch.nn.Conv2d.forward, itertools.count(1)
    monkeypatch.setattr(torch.nn.Conv2d, "forward", lambda self, x: convolve(self, x) * next(factor))
    values = run("doctor").values
    cpu = next(device for device in values["devices"] if device["kind"] == "cpu")
    assert cpu["works"] is False
    assert "wrong" in cpu["note"]
    assert not any(device["works"] for device in values["devices"])
    assert len(values["problems"]) == 1 and "no device" in values["problems"][0]


def test_a_device_that_fails_is_not_used(monkeypatch):
    def fail(self: torch.nn.Module, values: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no kernel image is available\nfurther lines")

    monkeypatch.setattr(torch.nn.Conv2d, "forward", fail)
    outcome = run("doctor")
    cpu = next(device for device in outcome.values["devices"] if device["kind"] == "cpu")
    assert cpu["works"] is False and cpu["seconds"] is None
    assert cpu["note"] == "it fails: no kernel image is available"
    assert len(outcome.values["problems"]) == 1
