"""What the quality flags of a classification mean, in the user's language."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from ...translation import tr


def meaning(quality: str) -> str:
    """A sentence about the flag of a parcel; empty for `ok`, the flag itself where it is not known."""
    known = {
        "ok": "",
        "few_pixels": tr("It has few pixels, or only touches some: the class is less certain."),
        "partly_outside": tr("It is partly outside the images: only the rest was looked at."),
        "unlike_training": tr("It is unlike all classes of the training: its crop may be one that the model lacks."),
        "outside": tr("It is outside the images."),
        "no_clear_observation": tr("It is under clouds on all dates."),
        "invalid_geometry": tr("Its outline is missing, empty or could not be repaired."),
    }
    return known.get(quality, quality)
