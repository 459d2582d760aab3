"""What the texts of layers and files name: a band or a mask, its date, its tile; and what only looks like it.

A description names a band where, besides dates, tiles, products and words that all layers of the file share, nothing
but the band stands in it: "B4", "20180401_T31UFS_B4", "B4, central wavelength 665 nm", "red". "NDVI (B8-B4)" and
"B4_stdDev" hold the name of a band and are something else. File names hold words of their own, such as a site's: in
them the last name of a band counts that the other files of the folder do not have as well.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from backend.imagery.names import COMMON_NAMES, moment_in, tile_in, without_dates

SCL, PROBABILITY = "scl", "cloud probability"
_BANDS = {
    **COMMON_NAMES,
    "coastalaerosol": "B01", "ultrablue": "B01", "re1": "B05", "re2": "B06", "re3": "B07", "re4": "B8A",
    "rededge4": "B8A", "broadnir": "B08", "nirbroad": "B08", "nir8a": "B8A", "narrownir": "B8A", "nirnarrow": "B8A",
    "watervapour": "B09", "swir1": "B11", "swir2": "B12",
}  # fmt: skip
_MASKS = {
    "scl": SCL, "sceneclassification": SCL, "qa60": "qa60", "fmask": "fmask", "qai": "qai", "cldprb": PROBABILITY,
    "cld": PROBABILITY, "cloudprobability": PROBABILITY, "cloudmask": "binary", "clm": "binary", "clouds": "binary",
    "cloud": "binary", "datamask": "data mask",
}  # fmt: skip
_COMPOUNDS = (  # words that are one name
    (r"red edge (\d)", r"rededge\1"), (r"(vegetation )?red edge", " "), (r"near infrared", "nir"),
    (r"short ?wave infrared", " "), (r"water vapou?r", "watervapour"), (r"ultra blue", "ultrablue"),
    (r"(narrow|broad) nir", r"\1nir"), (r"nir (narrow|broad)", r"nir\1"),
    (r"coastal aerosol", "coastalaerosol"), (r"swir (\d)", r"swir\1"), (r"nir (08|8a)", r"nir\1"),
    (r"b (0?\d|1[0-2]|8a)", r"b\1"), (r"band ?(0?\d|1[0-2]|8a)", r"band\1"), (r"sentinel ?2 ?[a-d]?", " "),
    (r"msk cldprb", "cldprb"), (r"cloud (mask|probability)", r"cloud\1"), (r"cloud prob", "cloudprobability"),
    (r"scene classification( map| layer)?", "sceneclassification"), (r"data mask", "datamask"),
    (r"central wavelength", " "), (r"\d+(?: \d+)? ?(?:nm|um|µm)", " "), (r"(?:10|20|60) ?m", " "),
)  # fmt: skip
_NEUTRAL = re.compile(
    r"s2[a-d]?|sen2[a-d]?|s2[a-d]?2a|msi|msil2a|l2a?|level ?2a?|level2|copernicus|harmoni[sz]ed|sr|boa|surface"
    r"|reflectance|bottom|of|atmosphere|raw|toa?rd|dn|median|mean|medoid|first|swir|n0\d{3}|r\d{3}|x"
)
_QUALITY = re.compile(
    r"std(dev)?|stdev|sd|var|variance|min|max|minimum|maximum|count|sum|percentile|slope|trend|phase|amplitude"
    r"|nd[a-z]*i|evi2?|savi|msavi|ratio|index|diff|difference|anomaly|mask|msk|qa|quality|qualit|detfoo|nodata"
    r"|noise|unc|uncertainty|err|error|snwprb|classi|confidence|score|shadow|shadows|aot|wvp|tci"
)
_PERCENTILE = re.compile(r"[pq]\d+")  # in file names this may be the number of a plot
_CERTAIN_MASKS = ("scl", "sceneclassification", "qa60", "fmask", "qai", "cldprb")  # no site is called so
_ARITHMETIC = re.compile(r"[*+^=]|(?<=\w) ?/ ?(?=\w)")
_FORMULA = "formula"  # stands for what no name has: an operator between two words
_BAND_WORD = re.compile(r"(b|band)(0?[1-9]|1[0-2]|8a)")
_MOST_POSITIONS = 12  # of "B1", "B2" ...: thirteen are all the bands of Sentinel-2


@dataclass(frozen=True)
class Label:
    """What one text names. `doubtful`: it holds the name of a band or mask, and is not one."""

    text: str
    band: str = ""  # "B02"
    mask: str = ""  # a kind of masks.CLEAR
    moment: datetime | None = None
    tile: str = ""
    number: str = ""  # "0" in Earth Engine's "0_B2", "1" in its "B2_1": images that have no date
    doubtful: bool = False

    def __bool__(self) -> bool:
        return bool(self.band or self.mask)


NOTHING = Label("")


@dataclass(frozen=True)
class _Words:
    """A text in words, without its dates, tile and what every product has in its name."""

    text: str
    words: tuple[str, ...]

    def without(self, pattern: re.Pattern[str]) -> _Words:
        return _Words(self.text, tuple(word for word in self.words if not pattern.fullmatch(word)))

    @property
    def masks(self) -> tuple[str, ...]:
        return tuple(word for word in self.words if word in _MASKS)

    @property
    def strange(self) -> tuple[str, ...]:
        """Neither band, mask nor number."""
        return tuple(w for w in self.words if not (_band(w) or w in _MASKS or w.isdecimal()))


def labels_of(descriptions: Sequence[str]) -> tuple[Label, ...]:
    """What the layers of one file are called; see the module's rule."""
    texts = [_words(text) for text in descriptions]
    if _are_positions([text.words for text in texts]):
        texts = [text.without(_BAND_WORD) for text in texts]
    shared = reduce(set.__and__, (set(text.strange) for text in texts)) if len(texts) > 1 else set()
    force = any("broadnir" in text.words for text in texts)  # FORCE's NIR beside BROADNIR is the narrow one
    return tuple(_label(text, shared, force) for text in texts)


def labels_of_files(stems: Sequence[str]) -> tuple[Label, ...]:
    """What the files of one folder, each of one layer, are called."""
    texts = [_words(stem) for stem in stems]
    roles = [[word for word in text.words if _band(word) or word in _CERTAIN_MASKS] for text in texts]
    shared = reduce(Counter.__and__, map(Counter, roles)) if roles else Counter()
    own = [_less(found, shared) for found in roles]
    if not any(own):  # such as a folder of one band
        own = roles
    positions = _are_positions([found[-1:] for found in own])
    return tuple(_file_label(text, "" if positions or not found else found[-1]) for text, found in zip(texts, own))


def scene_words(stem: str) -> str:
    """The words of a file's name but for band, mask and resolution: the same for the files of a scene."""
    plain = re.sub(r"(?<![A-Za-z0-9])(?:10|20|60)m(?![A-Za-z0-9])", " ", stem)
    spaced = re.sub(r"msk[ _-]cldprb|cloud[ _-](?:mask|prob(?:ability)?)", " ", plain, flags=re.IGNORECASE)
    parts = re.split(r"[^0-9A-Za-z]+", re.sub(r"(?i)\bband[ _-]?(?=\d)", "B", spaced.replace("_", " ")))
    return " ".join(part for part in parts if part and not _is_role(part.lower()))


def _is_role(word: str) -> bool:
    return bool(_band(word) or word in _MASKS or word in ("boa", "sr", "raw"))


def band_named(text: str) -> str:
    """The band that a single text, such as a folder's name, consists of; "" where it is anything else."""
    return _label(_words(text), set(), False).band


def _words(text: str) -> _Words:
    plain = without_dates(text.replace("_", " "))
    plain = re.sub(r"(?<![A-Za-z0-9])T?\d{2}[A-Z]{3}(?![A-Za-z0-9])", " ", plain)
    marks = f" {_FORMULA}" if _ARITHMETIC.search(plain) else ""
    plain = " ".join(re.split(r"[^0-9A-Za-zµ]+", plain.lower())).strip()
    for pattern, name in _COMPOUNDS:
        plain = re.sub(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", name, plain)
    words = (plain + marks).split()
    return _Words(text, tuple(word for word in words if not _NEUTRAL.fullmatch(word)))


def _band(word: str) -> str:
    match = _BAND_WORD.fullmatch(word)
    if match is None:
        return _BANDS.get(word, "")
    return "B8A" if match[2] == "8a" else f"B{int(match[2]):02d}"


def _label(text: _Words, shared: set[str], force: bool) -> Label:
    bands = {"B8A" if force and word == "nir" else band for word in text.words if (band := _band(word))}
    masks = {_MASKS[word] for word in text.masks}
    strange = [word for word in text.strange if word not in shared or _is_quality(word) or _PERCENTILE.fullmatch(word)]
    found = Label(text.text, moment=moment_in(text.text), tile=_tile(text.text), number=_number(text))
    if strange or len(bands) + len(masks) != 1:
        return replace(found, doubtful=bool(bands))
    return replace(found, band=next(iter(bands), ""), mask=next(iter(masks), ""))


def _file_label(text: _Words, role: str) -> Label:
    """`role`: the word of its name that says what it holds; "" where none does."""
    found = Label(text.text, moment=moment_in(text.text), tile=tile_in(text.text))
    masks = [_MASKS[word] for word in text.masks]
    if role in _MASKS:
        return replace(found, mask=_MASKS[role])
    if not role and masks:
        return replace(found, mask=masks[-1])
    if any(map(_is_quality, text.strange)):
        return replace(found, doubtful=bool(role))
    return replace(found, band=_band(role))


def _is_quality(word: str) -> bool:
    return _QUALITY.fullmatch(word) is not None or word == _FORMULA


def _number(text: _Words) -> str:
    return "_".join(word for word in text.words if word.isdecimal())


def _tile(text: str) -> str:
    match = re.search(r"(?<![A-Za-z0-9])T?(\d{2}[A-Z]{3})(?![A-Za-z0-9])", text.replace("_", " "))
    return match[1] if match else ""


def _are_positions(texts: Sequence[Sequence[str]]) -> bool:
    """Whether names are only positions in the file: "Band 1", "Band 2" ..., or "B1" to "Bn" in order; 8A is none."""
    words = [next((word for word in text if _BAND_WORD.fullmatch(word)), "") for text in texts]
    if not words or any(word.endswith("8a") for word in words):
        return False
    counted = [word == f"b{number}" for number, word in enumerate(words, start=1)]
    return any(word.startswith("band") for word in words) or (1 < len(words) <= _MOST_POSITIONS and all(counted))


def _less(words: Sequence[str], shared: Counter[str]) -> list[str]:
    left, kept = Counter(shared), []
    for word in words:
        if left[word] > 0:
            left[word] -= 1
        else:
            kept.append(word)
    return kept
