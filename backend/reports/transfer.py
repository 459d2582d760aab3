"""Whether a model fits the parcels that it classified, in sentences."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.reports.tables import percent

UNLIKE_AT_HOME = 3  # per cent of other parcels of the training's own region that are flagged, by the threshold


def transfer_sentences(found: Mapping[str, Any] | None) -> list[str]:
    """Of the part `transfer` of a report document; none where it has no such part."""
    if not found:
        return []
    return [_where(found), *_season(found), _unlike(found)]


def _where(found: Mapping[str, Any]) -> str:
    trained, here = found["trained"], found["here"]
    if not trained:
        return "The model file does not tell where and when it was trained."
    years = ", ".join(map(str, trained["seasons"]))
    season = "season" if len(trained["seasons"]) == 1 else "seasons"
    place = f" of {_box(trained['box'])}" if trained["box"] else ""
    return f"The model was trained on parcels{place}, {season} {years}; {_distance(found)} season {here['season']}."


def _distance(found: Mapping[str, Any]) -> str:
    if found["distance_km"] is None:
        return "the distance of these parcels is not known, their season is"
    if found["distance_km"] == 0:
        return "these parcels are in the same area,"
    return f"these parcels are {found['distance_km']:,.0f} km away,"


def _box(box: Sequence[float]) -> str:
    """`4.10 to 4.35 E, 43.20 to 43.40 N`, minus for west and south."""
    west, south, east, north = box
    return f"{west:.2f} to {east:.2f} E, {south:.2f} to {north:.2f} N"


def _season(found: Mapping[str, Any]) -> list[str]:
    shift = found["shift_days"]
    if shift is None:
        return []
    error = found["shift_error_days"]
    if abs(shift) <= max(2, 2 * error):
        return [f"The season is about as early as in the training ({shift:+d} days, standard error {error:.1f})."]
    later = "later" if shift > 0 else "earlier"
    return [f"The season is about {abs(shift)} days {later} than in the training (standard error {error:.1f})."]


def _unlike(found: Mapping[str, Any]) -> str:
    if found["scored"] is None:
        if not found["trained"]:
            return "Whether these parcels are unlike the training's is not known either: train the model again."
        return "Whether these parcels are unlike the training's is not known."
    share = percent(found["unlike"] / found["scored"])
    counted = f"{share} % of the parcels ({found['unlike']:,} of {found['scored']:,})"
    facts = (
        f"About {UNLIKE_AT_HOME} % are expected where nothing is new; the median novelty is"
        f" {found['median_novelty']:.2f}, above 1 is unlike."
    )
    if found["median_novelty"] > 1:
        return (
            f"{counted} have series unlike those of the training (the flag unlike_training): this region or season"
            f" differs from it as a whole. The flag does not say here which classes are wrong: check some parcels whose"
            f" crop you know. {facts}"
        )
    return (
        f"{counted} have series unlike those of all classes of the training (the flag unlike_training): their crop may"
        f" be one that the model does not know. {facts}"
    )
