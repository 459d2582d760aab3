"""The parcels that a model was trained on, as digests of their outlines: a score of those says little about others."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.json_document import Fault
from backend.model_file import DIGEST_BYTES, MOST_DIGESTS, TrainingSeasons

NO_DIGEST = 0  # of a parcel without an outline
_STORED = f"<u{DIGEST_BYTES}"


@dataclass(frozen=True)
class TrainingParcels:
    """`digests`: by season, sorted, each once (uint32). `complete`: each training parcel is
    among them, so that one which is not found was not used.
    """

    digests: Mapping[int, NDArray[np.uint32]]
    complete: bool = True

    @classmethod
    def of(cls, digests: NDArray[np.uint32], seasons: NDArray[np.int64]) -> TrainingParcels:
        """Of the digests and the seasons of the training parcels, both `(N,)`; those past the limit are left out."""
        found, left = {}, MOST_DIGESTS
        for season in np.unique(seasons).tolist():
            own = np.unique(digests[(seasons == season) & (digests != NO_DIGEST)])
            found[season] = own[:left]
            left -= len(found[season])
        everyone = len(np.unique(digests)) <= MOST_DIGESTS and bool((digests != NO_DIGEST).all())
        return cls(found, everyone and left >= 0)

    def with_earlier(self, earlier: TrainingParcels | None) -> TrainingParcels:
        """Those of a model that continues another, which had learned from `earlier`; None: its file does not tell."""
        if earlier is None:
            return TrainingParcels(self.digests, complete=False)
        everyone = [*self.digests.items(), *earlier.digests.items()]
        seasons = np.concatenate([np.full(len(own), season, dtype=np.int64) for season, own in everyone])
        both = TrainingParcels.of(np.concatenate([own for _, own in everyone]), seasons)
        return TrainingParcels(both.digests, self.complete and earlier.complete and both.complete)

    def document(self) -> dict[str, Any]:
        """The key `training_parcels` of model.json."""
        seasons = [{"season": season, "digests": len(own)} for season, own in self.digests.items()]
        return {"seasons": seasons, "complete": self.complete}

    def packed(self) -> bytes:
        """The member training_parcels.bin: little-endian uint32, season after season."""
        return np.concatenate([*self.digests.values(), np.empty(0, np.uint32)]).astype(_STORED).tobytes()

    @classmethod
    def unpacked(cls, content: bytes, described: TrainingSeasons) -> TrainingParcels:
        """Raises Fault where the bytes are not those described."""
        counts = list(described.digests.values())
        if len(content) != described.bytes:
            raise Fault(f"training_parcels.bin has {len(content)} bytes, expected {described.bytes}")
        everyone = np.frombuffer(content, _STORED).astype(np.uint32)
        return cls(dict(zip(described.digests, np.split(everyone, np.cumsum(counts)[:-1]))), described.complete)
