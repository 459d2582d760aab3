"""The nouns that every part of the engine shares: bands, classes, quality flags. Standard library only."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")  # the paper leaves out B01, B09, B10
REFLECTANCE_SCALE = 10_000  # the store holds reflectance x 10,000 as int16
UNOBSERVED = -32768  # int16 value of a pixel without a clear observation
SENTINEL_2 = "sentinel-2"
DTYPES = {"int16": "<i2", "float32": "<f4"}  # types of a band's numbers in a store; unobserved: UNOBSERVED, NaN
PATCH_SIZE_PX = 32

QUALITY = {
    "ok": "Classified from enough clear pixels",
    "few_pixels": "Fewer pixels than required, or no pixel centre inside the parcel; classified nevertheless",
    "partly_outside": "Partly outside the images; classified from the rest",
    "unlike_training": "Unlike all classes that the model was trained on; classified nevertheless, perhaps wrongly",
    "outside": "Outside the images; not classified",
    "no_clear_observation": "No cloud-free observation on any date; not classified",
    "invalid_geometry": "The outline is missing, empty or could not be repaired; not classified",
}
OUTLINES = {
    "missing": "No outline",
    "no_polygon": "The outline is a point or a line",
    "no_area": "The outline has no area, or coordinates that are not numbers",
    "out_of_reach": "The outline cannot be reprojected to the images' coordinate system",
    "repaired": "The outline crossed itself or was otherwise invalid; it was repaired to select the pixels",
    "duplicate": "Another parcel has the same outline",
    "overlapping": "Overlaps another parcel; the shared pixels are used for both",
    "narrow": "Too narrow for the inner buffer; the whole outline was used",
}
NOT_SEEN, SEEN_IN_OTHER_SEASON, SEEN = "no", "other season", "yes"
TRAINED_ON = {
    NOT_SEEN: "Not used to train the model",
    SEEN_IN_OTHER_SEASON: "Used to train the model in another season",
    SEEN: "Used to train the model",
}
# The field `agreement` of a layer that was compared with declared crops; the first reason that applies
AGREES, DIFFERS, NOT_CLASSIFIED = "agrees", "differs", "not_classified"
NO_DECLARATION, CLASS_NOT_KNOWN = "no_declaration", "class_not_known"
AGREEMENT = {
    AGREES: "Agrees with the declared crop",
    DIFFERS: "Differs from the declared crop",
    CLASS_NOT_KNOWN: "Declared crop is none of the model's classes",
    NO_DECLARATION: "No declared crop",
    NOT_CLASSIFIED: "Not classified",
}
CLASSIFIABLE = ("ok", "few_pixels", "partly_outside", "unlike_training")

# What a fine-tuning compares on the same parcels
COMPARED = {"frozen": "The model as it was", "anew": "Trained anew on these labels", "tuned": "Fine-tuned"}


@dataclass(frozen=True)
class Band:
    """One quantity that a source measures, on that source's dates: `quantity = number * scale`, in `unit`.

    `unit` is "1" for a ratio; `dtype`, a key of DTYPES, is the type of the numbers in a store.
    """

    name: str
    quantity: str
    unit: str
    dtype: str
    scale: float
    source: str


def sentinel_2_band(name: str) -> Band:
    return Band(name, "reflectance", "1", "int16", 1 / REFLECTANCE_SCALE, SENTINEL_2)


@dataclass(frozen=True)
class CropClass:
    """A class of a model; `colour` is `#rrggbb`, the same in map, report and plots."""

    code: str
    name: str
    colour: str
