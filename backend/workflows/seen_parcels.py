"""Which parcels a model was trained on: recorded by `train`, recognised by `classify`."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.models.training_parcels import TrainingParcels
from backend.parcels.outline_digests import digests, recognised
from backend.series.store import Store
from backend.vocabulary import NOT_SEEN, SEEN, SEEN_IN_OTHER_SEASON


def training_parcels(stores: Sequence[Store], rows: NDArray[np.int64]) -> TrainingParcels:
    """Of the parcels `rows` of all stores, one store after the other: those that a model learned from."""
    found = np.concatenate([digests(table.geometry) for store in stores for table in store.tables()])
    seasons = np.concatenate([np.full(len(store.index), store.manifest.season) for store in stores])
    return TrainingParcels.of(found[rows], seasons[rows])


def trained_on(store: Store, known: TrainingParcels | None) -> NDArray[np.object_]:
    """For each parcel of the store a key of vocabulary.TRAINED_ON; None where the model file does not tell."""
    found = np.full(len(store.index), None, dtype=object)
    if known is None:
        return found
    first = 0
    for table in store.tables():
        rows = slice(first, first := first + len(table))
        own = found[rows]
        if known.complete:
            own[digests(table.geometry) > 0] = NOT_SEEN
        for season, of_season in known.digests.items():
            if season != store.manifest.season:
                own[recognised(table.geometry, of_season)] = SEEN_IN_OTHER_SEASON
        own[recognised(table.geometry, known.digests.get(store.manifest.season, _NONE))] = SEEN
    return found


_NONE: NDArray[np.uint32] = np.empty(0, np.uint32)
