"""L-TAE: lightweight temporal attention, each head looking for its own dates (Garnot and Landrieu 2020).

"Lightweight Temporal Self-Attention for Classifying Satellite Images Time Series", section 3: the channels are shared
out among the heads, and each head's query is a parameter, not computed from the sequence.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .blocks import normed_layers

PERIOD_DAYS = 1000  # the longest wave of a position


def day_waves(days: Tensor, channels: int) -> Tensor:
    """Sine and cosine of each day `(..., T)` at wave lengths up to PERIOD_DAYS x 2 pi, `(..., T, channels)`."""
    pair = torch.arange(channels, device=days.device) // 2
    angles = days[..., None].float() / PERIOD_DAYS ** (2 * pair / channels)
    return torch.where(torch.arange(channels, device=days.device) % 2 == 0, angles.sin(), angles.cos())


class MasterQueries(nn.Module):
    """Attention of `heads` learned queries: each weighs the dates for its own share of the channels."""

    def __init__(self, channels: int, heads: int, keys: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.empty(heads, keys))
        self.key = nn.Linear(channels, heads * keys)
        self.dropout = nn.Dropout(0.1)
        nn.init.normal_(self.query, std=(2 / keys) ** 0.5)
        nn.init.normal_(self.key.weight, std=(2 / keys) ** 0.5)

    def forward(self, sequence: Tensor, observed: Tensor | None = None) -> Tensor:  # (N, T, channels), (N, T)
        scores = self._scores(sequence)  # (N, T, heads)
        if observed is not None:  # the lowest number, not minus infinity: a parcel without any date stays finite
            scores = scores.masked_fill(~observed[..., None], torch.finfo(scores.dtype).min)
        weights = self.dropout(scores.softmax(dim=1))
        shares = sequence.unflatten(2, (weights.shape[2], -1))  # (N, T, heads, channels / heads)
        return torch.einsum("nth,nthc->nhc", weights, shares).flatten(1)  # (N, channels)

    def _scores(self, sequence: Tensor) -> Tensor:
        """Query times key for every date: since queries are fixed, each is multiplied into its key's weights first."""
        heads, keys = self.query.shape
        weight = torch.einsum("hk,hkc->hc", self.query, self.key.weight.unflatten(0, (heads, keys)))
        bias = (self.query * self.key.bias.unflatten(0, (heads, keys))).sum(dim=1)
        return nn.functional.linear(sequence, weight, bias) / keys**0.5


class LTAE(nn.Module):
    """Embeddings of a fixed list of days, `(N, T, channels)`, to one of the season, `(N, out)`.

    `width` other than None widens the embeddings first; `out` other than None is the size of a last layer. Positions
    are days since the first, as published. 112,000 parameters with 128 channels, 24 dates, 16 heads of 8 keys, width
    256 and out 128; 8,832 with 8 heads and neither (the authors' "112k" and "9k").
    """

    def __init__(
        self, channels: int, days: Sequence[int], heads: int, keys: int, width: int | None, out: int | None
    ) -> None:
        super().__init__()
        inner = width or channels
        self.features = out or inner
        self.before = nn.LayerNorm(channels)
        self.widen = nn.Sequential()
        if width:
            self.widen = nn.Sequential(nn.Linear(channels, width), nn.LayerNorm((len(days), width)))
        since_first = torch.tensor(days) - days[0]
        self.register_buffer("positions", day_waves(since_first, inner // heads).repeat(1, heads), persistent=False)
        self.attention = MasterQueries(inner, heads, keys)
        self.mlp = normed_layers(inner, out) if out else nn.Sequential()
        self.dropout = nn.Dropout(0.2)
        self.after = nn.LayerNorm(self.features)

    def forward(self, sequence: Tensor) -> Tensor:  # (N, T, channels)
        placed = self.widen(self.before(sequence)) + self.get_buffer("positions")  # (N, T, inner)
        return self.after(self.dropout(self.mlp(self.attention(placed))))  # (N, features)
