"""Made-up samples of each view, as the networks take them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import torch
from torch import Tensor

from backend.models import MODELS


def inputs(name: str, parcels: int = 4, dates: int = 5, bands: int = 10) -> tuple[Tensor, ...]:
    """What the architecture's view serves, normalised: parcels of few and many pixels, dates seen and not."""
    draw = torch.Generator().manual_seed(7)
    view = MODELS[name].view
    if view == "patch":
        return (torch.randn(parcels, dates, bands, 32, 32, generator=draw),)
    if view == "pixel_set":
        mask = torch.arange(64) < torch.tensor([64, 1, 9, 40])[torch.arange(parcels) % 4, None]
        values = torch.randn(parcels, dates, bands, 64, generator=draw) * mask[:, None, None]
        scale = torch.tensor([600.0, 20_000.0, 0.05, 0.7])  # perimeter m, area m2, their ratio, share of the box
        return values, mask, (torch.rand(parcels, 4, generator=draw) + 0.5) * scale
    values = torch.randn(parcels, dates, 2 * bands, generator=draw)
    if view == "statistics":
        return (values,)
    seen = torch.rand(parcels, dates, generator=draw) < 0.6
    seen[:, 1] = True
    days = torch.arange(dates).mul(17.0).sub(20).expand(parcels, -1)
    return values * seen[..., None], seen, days
