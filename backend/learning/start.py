"""Where a network begins that is not fresh: with the weights and the normalisation of a trained one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from backend.models.bundle import Member

from .checkpoint import digest
from .normalisation import Normalisation


@dataclass(frozen=True, eq=False)
class Start:
    """A trained `member`, whose classes are the first of the network's."""

    member: Member

    @property
    def normalisation(self) -> Normalisation:
        return Normalisation(self.member.mean, self.member.std)

    @property
    def digest(self) -> str:
        weights = self.member.weights
        return digest({"tensors": sorted(weights)}, [np.asarray(weights[name].cpu()) for name in sorted(weights)])

    def enter(self, network: nn.Module) -> None:
        """Gives a fresh `network` the member's weights; rows of the output layer that it lacks stay as they are.

        Raises RuntimeError where other weights differ in shape.
        """
        fresh = network.state_dict()
        network.load_state_dict({name: _over(fresh[name], trained) for name, trained in self.member.weights.items()})


def _over(fresh: Tensor, trained: Tensor) -> Tensor:
    """`trained`, followed by those rows of `fresh` that it has too few for."""
    grows = fresh.shape[1:] == trained.shape[1:] and len(fresh) > len(trained) if fresh.ndim else False
    return torch.cat([trained.to(fresh), fresh[len(trained) :]]) if grows else trained
