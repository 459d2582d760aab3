"""The weights in a `.cropmodel` file, and the checks that they are those of its network.

What the header declares is compared with the network before any weight is read, so a file cannot make the engine hold
more than its architecture needs. Trees have as many nodes as were grown: `trees.Trees` checks its own arrays.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from backend.json_document import Fault, as_list, as_object, as_whole, expect, first_line, member_of, parse
from backend.model_file import MemberDescription, ModelDescription
from backend.model_zip import WEIGHTS, read

from .build import build
from .trees import Trees

MOST_HEADER_BYTES, MOST_TENSORS, MOST_AXES = 1 << 20, 4096, 8
UNBUILDABLE = (RuntimeError, ValueError, TypeError, AssertionError)  # what torch raises for layers that do not fit
DTYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}  # those that our networks have

Declared = dict[str, tuple[torch.dtype, tuple[int, ...]]]


def prefixes(members: int) -> list[str]:
    """What the names of each member's tensors start with in the file: nothing where there is only one."""
    return [""] if members == 1 else [f"{number}/" for number in range(members)]


def read_weights(archive: zipfile.ZipFile, model: ModelDescription) -> list[dict[str, Tensor]]:
    """The tensors of each member by name, finite and of its network's names, types and shapes. Raises Fault."""
    found, starts = _declared(archive), prefixes(len(model.members))
    for start, member in zip(starts, model.members):
        _require_own({n[len(start) :]: kind for n, kind in found.items() if n.startswith(start)}, member, model)
    if strange := sorted(name for name in found if not name.startswith(tuple(starts))):
        raise Fault(f"{WEIGHTS}: {strange[0]!r} and {len(strange) - 1} others are of no member")
    weights = _finite(archive)
    return [{n[len(start) :]: tensor for n, tensor in weights.items() if n.startswith(start)} for start in starts]


def _require_own(found: Declared, member: MemberDescription, model: ModelDescription) -> None:
    wanted = _wanted(member, model)
    if wanted is not None and found != wanted:
        different = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        raise Fault(
            f"{WEIGHTS}: {different[0]!r} and {len(different) - 1} others are not those of {member.architecture}"
        )


def _finite(archive: zipfile.ZipFile) -> dict[str, Tensor]:
    """All tensors in the file. Raises Fault."""
    try:
        weights = read_tensors(read(archive, WEIGHTS))
    except SafetensorError as error:
        raise Fault(f"{WEIGHTS} is damaged ({first_line(error)})") from error
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise Fault(f"{WEIGHTS}: {name!r} holds numbers that are not finite")
        if name.endswith("running_var") and bool((tensor < 0).any()):
            raise Fault(f"{WEIGHTS}: {name!r} holds a variance below 0")
    return weights


def require_working(network: nn.Module, member: MemberDescription, model: ModelDescription) -> None:
    """Classifies one artificial sample: weights of the right shape can still fail or give no number. Raises Fault."""
    with torch.inference_mode():
        try:
            found = network(*_sample(member, model.calendar))
        except UNBUILDABLE as error:
            raise Fault(f"its network does not work ({first_line(error)})") from error
    if found.shape != (1, len(model.classes)) or not torch.isfinite(found).all():
        raise Fault("its network gives no finite number for each class")


def _declared(archive: zipfile.ZipFile) -> Declared:
    """What the header of the safetensors file says of each tensor."""
    start = read(archive, WEIGHTS, 8)
    size = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= size <= MOST_HEADER_BYTES:
        raise Fault(f"{WEIGHTS} has a header of {size} bytes, expected 2 to {MOST_HEADER_BYTES}")
    header = parse(read(archive, WEIGHTS, 8 + size)[8:], f"the header of {WEIGHTS}")
    header.pop("__metadata__", None)
    expect(0 < len(header) <= MOST_TENSORS, WEIGHTS, f"1 to {MOST_TENSORS} tensors", len(header))
    return {name: _tensor(entry, f"{WEIGHTS} {name}") for name, entry in header.items()}


def _tensor(entry: Any, where: str) -> tuple[torch.dtype, tuple[int, ...]]:
    about = as_object(entry, where)
    kind, shape = member_of(about, "dtype", where), as_list(member_of(about, "shape", where), where, 0, MOST_AXES)
    expect(isinstance(kind, str) and kind in DTYPES, where, " or ".join(DTYPES), kind)
    return DTYPES[kind], tuple(as_whole(size, where, 0, 1 << 40) for size in shape)


def _wanted(member: MemberDescription, model: ModelDescription) -> Declared | None:
    """The network's own tensors, without memory for them; None for trees. Raises Fault where there is no network."""
    try:
        with torch.device("meta"):
            network = new_network(member, model)
    except UNBUILDABLE as error:
        raise Fault(f"its network cannot be built ({first_line(error)})") from error
    if isinstance(network, Trees):
        return None
    return {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in network.state_dict().items()}


def new_network(member: MemberDescription, model: ModelDescription) -> nn.Module:
    hyperparameters: Mapping[str, Any] = member.hyperparameters
    return build(member.architecture, len(member.bands), model.calendar, len(model.classes), hyperparameters)


def _sample(member: MemberDescription, calendar: Sequence[int]) -> tuple[Tensor, ...]:
    """One parcel at the training's mean, as the view serves it: a single pixel, every date observed."""
    dates, bands = len(calendar), len(member.bands)
    if member.view == "patch":
        return (torch.zeros(1, dates, bands, 32, 32),)
    if member.view == "pixel_set":
        return torch.zeros(1, dates, bands, 1), torch.ones(1, 1, dtype=torch.bool), torch.ones(1, 4)
    values = torch.zeros(1, dates, 2 * bands)
    if member.view == "observations":
        return values, torch.ones(1, dates, dtype=torch.bool), torch.tensor([calendar], dtype=torch.float32)
    return (values,)
