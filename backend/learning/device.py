"""The device that networks run on: each is tested with a small computation before it is used."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from backend.errors import BadArgument, NoSuchDevice
from backend.options import DEVICES
from backend.protocol import Reporter, Silent

KINDS = ("cuda", "mps", "cpu")  # the order in which `auto` tries them
TOLERANCE = 1e-2  # TF32 keeps three digits


@dataclass(frozen=True)
class DeviceCheck:
    """The result of a device's test; `seconds` for one small forward and backward pass, None if it could not run."""

    name: str
    kind: str
    works: bool
    seconds: float | None
    note: str

    def sentence(self) -> str:
        """For a log: that the device is used, or why it cannot be."""
        title = _titled(self.kind, self.name)
        return f"Computing on {title}." if self.works else f"Not computing on {title}: {self.note}."


def _titled(kind: str, name: str) -> str:
    """`the NVIDIA GPU (H100)`; the name is left out where it says nothing more."""
    title = {"cpu": "the processor", "cuda": "the NVIDIA GPU", "mps": "the Apple GPU"}[kind]
    return title if name == kind else f"{title} ({name})"


def choose(name: str, reporter: Reporter | None = None) -> torch.device:
    """The device `name` (auto, cpu, cuda or mps) after a check run; `auto` takes the first that works and logs it.

    Raises NoSuchDevice when the requested one fails, BadArgument for another name.
    """
    if name not in DEVICES:
        raise BadArgument("device", " or ".join(DEVICES), name)
    if name != "auto":
        check = attempt(name)
        if not check.works:
            raise NoSuchDevice(name, check.note)
        return torch.device(name)
    for check in map(attempt, KINDS):
        (reporter or Silent()).log(check.sentence())
        if check.works:
            return torch.device(check.kind)
    raise NoSuchDevice("auto", "not even the CPU computes correctly")


def probe() -> list[dict[str, Any]]:
    """One row for each kind of device, for `doctor`: `{name, kind, works, seconds, note}`."""
    return [asdict(attempt(kind)) for kind in KINDS]


def attempt(kind: str) -> DeviceCheck:
    """Runs a convolution and a GRU, forward and backward, on the device and compares with the CPU."""
    absent = _absent(kind)
    if absent:
        return DeviceCheck(kind, kind, False, None, absent)
    try:
        _kernel(torch.device(kind))  # the first run loads libraries
        start = time.perf_counter()
        found = _kernel(torch.device(kind))
        seconds = time.perf_counter() - start
        right = torch.allclose(found, _kernel(torch.device("cpu")), rtol=TOLERANCE, atol=TOLERANCE)
    except (RuntimeError, AssertionError, OSError) as error:  # torch raises all three for a device that fails
        reason = (str(error) or repr(error)).splitlines()[0]
        return DeviceCheck(_name(kind), kind, False, None, f"it fails: {reason}")
    return DeviceCheck(_name(kind), kind, right, round(seconds, 4), "" if right else "it computes wrong results")


def device_name(device: torch.device) -> str:
    """`cuda, NVIDIA H100` or `cpu, 8 threads`: what a run can be repeated on."""
    return f"{device.type}, {_name(device.type)}"


def _absent(kind: str) -> str:
    """Why the device is not available; empty when it is."""
    if kind == "cuda" and not torch.cuda.is_available():
        return "no NVIDIA GPU with a suitable driver" if torch.version.cuda else "this torch is built without CUDA"
    if kind == "mps" and not torch.backends.mps.is_available():
        return "no Apple GPU"
    return ""


def _name(kind: str) -> str:
    if kind == "cuda":
        return torch.cuda.get_device_name()
    return "Apple GPU" if kind == "mps" else f"{torch.get_num_threads()} threads"


def _kernel(device: torch.device) -> Tensor:
    """The gradient of a small convolution followed by a GRU, copied to the CPU `(4, 3, 3, 3)`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        conv, gru, images = nn.Conv2d(3, 4, 3), nn.GRU(36, 8, batch_first=True), torch.randn(6, 3, 5, 5)
    conv, gru = conv.to(device), gru.to(device)
    states, _ = gru(conv(images.to(device)).flatten(1).unflatten(0, (2, 3)))
    states.square().sum().backward()
    return conv.weight.grad.cpu()  # type: ignore[union-attr]
