"""From samples to calibrated class probabilities."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from backend.errors import BadArgument
from backend.models import FREE_DATES
from backend.models.bundle import Member, ModelBundle
from backend.protocol import Reporter
from backend.series.batch import Dataset

from .calibration import mixed, probabilities
from .normalisation import Normalisation
from .progress import Progress
from .samples import Samples

# the fastest on a CPU: intermediate results stay in its cache
BATCH_SIZE = {"patch": 16, "pixel_set": 32, "statistics": 512, "observations": 512}


def predict(
    model: ModelBundle,
    datasets: Sequence[Dataset],
    rows: NDArray[np.int64],
    device: torch.device,
    reporter: Reporter,
    batch_size: int | None = None,
    previous: NDArray[np.object_] | None = None,
) -> NDArray[np.float32]:
    """Calibrated probabilities `(len(rows), classes)` of these parcels, in the order of the model's classes.

    `datasets`: of the same parcels, one for each member of the model.
    `previous` `(len(rows),)`: the class code of each in the year before, None where it is not known; used by a model
    that has learnt a rotation.

    Raises BadArgument where a dataset has another view, other bands or other dates than its member.
    """
    for member, dataset in zip(model.members, datasets, strict=True):
        _require_own(model, member, dataset)
    if not len(rows):
        return np.zeros((0, len(model.classes)), dtype=np.float32)
    progress = Progress(reporter, "classifying", len(rows) * len(datasets))
    found = []
    for member, dataset in zip(model.members, datasets):
        samples = Samples(dataset, Normalisation(member.mean, member.std), device)
        found.append(logits(model.network(member).to(device), samples, rows, progress, batch_size=batch_size))
    prior = model.rotation.log_prior(previous) if model.rotation and previous is not None else None
    shares, temperatures = zip(*((member.share, member.temperature) for member in model.members))
    return probabilities(mixed(found, shares, temperatures), model.temperature, prior)


def _require_own(model: ModelBundle, member: Member, dataset: Dataset) -> None:
    days = dataset.days if member.view in FREE_DATES else model.calendar
    served, wanted = (dataset.view, dataset.bands, dataset.days), (member.view, member.bands, days)
    if served != wanted:
        raise BadArgument("series", f"the model's view, bands and dates {wanted}", served)


@torch.inference_mode()
def logits(
    network: nn.Module,
    samples: Samples,
    rows: NDArray[np.int64],
    progress: Progress,
    message: str = "",
    batch_size: int | None = None,
) -> NDArray[np.float32]:
    """The logits of these parcels (at least one) in evaluation mode: `(len(rows), classes)`."""
    network.eval()
    size = batch_size or BATCH_SIZE[samples.dataset.view]
    found = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        found.append(network(*samples.inputs(batch)).float().cpu())
        progress.advance(len(batch), message)
    return torch.cat(found).numpy()
