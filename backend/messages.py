"""Every message of the engine in English: the code of an error or a warning -> what happened, and what to do.

Standard library only and valid on Python 3.9: the plugin loads this file by path, and shows a translation of a template
where it has one. A template is a text for `str.format` with two additions:

- `{names:list}` joins at most 12 texts with ", " and counts the rest ("and 3 more"); `{names:list 5 ;}` at most five,
  joined with "; "; `{names:list 0}` all of them.
- `[...]` is left out where a field in it is empty (None, "", 0, False, no items); `[...|...]` then takes the second
  part. `{flag:when}` is such a field without a text of its own.

`compose` makes the texts; a field `prefix`, which every template takes, is put before the message.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
import numbers
import re
import string
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Tuple

MOST_LISTED = 12
_PART = re.compile(r"\[([^\]|]*)(?:\|([^\]]*))?\]")


@dataclass(frozen=True)
class Text:
    """The templates of one code."""

    message: str
    advice: str = ""

    @property
    def fields(self) -> Tuple[str, ...]:
        """The names of its fields, as they first appear."""
        return tuple(dict.fromkeys(name for name, _ in _named(self.message + self.advice)))

    @property
    def lists(self) -> FrozenSet[str]:
        """The fields that are lists of texts."""
        return frozenset(name for name, spec in _named(self.message + self.advice) if spec.startswith("list"))

    @property
    def optional(self) -> FrozenSet[str]:
        """Fields that need not be given: flags, and those that appear only in parts that may be left out."""
        templates = self.message + self.advice
        flags = {name for name, spec in _named(templates) if spec == "when"}
        needed = {name for name, _ in _named(_PART.sub(lambda part: part[0] if part[2] else "", templates))}
        return frozenset(flags | (set(self.fields) - needed))

    def check(self, given: FrozenSet[str]) -> None:
        """Raises TypeError where fields are missing or not of this text."""
        missing, foreign = set(self.fields) - self.optional - given, given - set(self.fields) - {"prefix"}
        if missing or foreign:
            raise TypeError(f"expected the fields {sorted(self.fields)}, found {sorted(given)}")


class _Formatter(string.Formatter):
    """`str.format` with lists; a text where a number was expected, such as "inf", is kept as it is."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "when":
            return ""
        if format_spec.startswith("list"):
            return listed(value, *_list_options(format_spec))
        return str(value) if isinstance(value, str) else str(super().format_field(value, format_spec))


_FORMATTER = _Formatter()


def compose(text: Text, fields: Mapping[str, Any]) -> Tuple[str, str]:
    """Message and advice. Raises KeyError where a field that the templates need is missing."""
    message = _render(text.message, fields)
    prefix = fields.get("prefix")
    return (f"{prefix}: {message}" if prefix else message), _render(text.advice, fields)


def warning_text(code: str) -> Text:
    """The templates of a warning; an error that stops only a part of the work is warned of by its own code."""
    return WARNINGS.get(code) or ERRORS[code]


def listed(items: List[str], most: int = MOST_LISTED, separator: str = ", ") -> str:
    """`a, b and 3 more`; all items where `most` is 0."""
    shown = items[:most] if most else items
    return separator.join(shown) + (f" and {len(items) - len(shown)} more" if len(items) > len(shown) else "")


def plain(text: Text, fields: Mapping[str, Any]) -> Dict[str, Any]:
    """The fields as JSON can hold them: numbers and flags, texts (of paths, errors, dates), lists of texts."""
    return {
        name: [str(item) for item in value or ()] if name in text.lists else _plain(value)
        for name, value in fields.items()
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real) and math.isfinite(value):
        return float(value)
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else str(value)


def _render(template: str, fields: Mapping[str, Any]) -> str:
    def part(found: re.Match[str]) -> str:
        there = all(fields.get(name) for name, _ in _named(found[1]))
        return found[1] if there else found[2] or ""

    given = {name: fields.get(name) for name in Text(template).optional}
    return _FORMATTER.vformat(_PART.sub(part, template), (), {**given, **fields})


def _named(template: str) -> Iterator[Tuple[str, str]]:
    for _, name, spec, _ in string.Formatter().parse(template):
        if name:
            yield name, spec or ""


def _list_options(spec: str) -> Tuple[int, str]:
    """`list 5 ;` -> 5, "; "."""
    _, most, separator = (spec.split() + [str(MOST_LISTED), ","][len(spec.split()) - 1 :])[:3]
    return int(most), f"{separator} "


ERRORS: Dict[str, Text] = {  # the classes of errors.py, and a fault of the engine's own
    "engine.cancelled": Text(
        "The run was cancelled; finished blocks and epochs are kept.",
        "Run it again to continue.",
    ),
    "job.invalid": Text(
        "{path} is not a job this engine can run: {problem}.",
        "Update the plugin and its engine together.",
    ),
    "argument.invalid": Text(
        "{name}: expected {expected}, found {found!r}.",
        "Give {expected}.",
    ),
    "imagery.none_found": Text(
        "No acquisition found in {path}: looked for Sentinel-2 L2A products as they are downloaded, and for "
        "GeoTIFFs with a date (YYYYMMDD or YYYY-MM-DD) in name or tag, found {seen} raster files or products, "
        "none usable[: {skipped:list 3}].",
        "Choose the folder that holds the dated images, or give a list of dates for a single stack.",
    ),
    "stac.no_items": Text(
        "{address} has no usable Sentinel-2 L2A item of this region and season: found {seen} items[, none usable:"
        " {skipped:list 3}].",
        "Choose a collection of Sentinel-2 L2A, and check the dates and the parcels' coordinate system.",
    ),
    "imagery.bad_date": Text(
        "{where}: expected a date as YYYYMMDD or YYYY-MM-DD, found {text!r}.",
        "Correct the date in the name, the tag or the list.",
    ),
    "imagery.dates_mismatch": Text(
        "{path} has {layers} layers; {dates} dates of {bands} bands need {needed}.",
        "Give as many dates as the stack holds, in its order, and the bands of one date.",
    ),
    "imagery.missing_bands": Text(
        "{where} lacks the bands {missing:list}; found [{found:list}|none with a name].",
        "Name the layers with --band-names in file order, or use images that hold these bands.",
    ),
    "imagery.mask_mismatch": Text(
        "The mask {mask} covers {found}, its image {image} covers {expected}.",
        "Use the mask that was made for this image, or leave the masks out.",
    ),
    "imagery.no_masks": Text(
        "No mask in {folder} fits any of the {dates} acquisition dates.",
        "Masks need the image's date in their name, as YYYYMMDD or YYYY-MM-DD.",
    ),
    "imagery.grid_mismatch": Text(
        "{path} in {found} lies too far from the other images to be brought to {expected} with them.",
        "Keep the images of one region in a folder of their own, or choose another coordinate system (--crs).",
    ),
    "imagery.unusable_grid": Text(
        "{path} cannot be laid under the parcels: {problem}.",
        "Warp it to a projected coordinate system in metres, north up (in QGIS: Raster > Projections > Warp).",
    ),
    "imagery.bad_mask": Text(
        "The mask {path} holds the value {found}: expected the classes 0 to 11 of an SCL, or 0 and 1 (masked).",
        "Give the SCL, or turn this raster into 0 for clear and 1 for masked.",
    ),
    "imagery.unreadable": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Download or copy this file again, or run with "
        "--skip-unreadable to leave its date out.]",
    ),
    "imagery.unsupported_zarr": Text(
        "{path} cannot be read: its Zarr format or compression is not known to this version of GDAL ({reason}).",
        "[{left_out:when}Its date is left out of all parcels.|Write it anew as Zarr 2 (in xarray: to_zarr(path, "
        "zarr_format=2)), or as netCDF.]",
    ),
    "imagery.unreachable": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Check the address and the network; a signed address"
        " ends after a while, then search the catalogue anew. Or run with --skip-unreadable to leave its date "
        "out.]",
    ),
    "stac.unreachable": Text(
        "The STAC catalogue {address} cannot be fetched: {reason}.",
        "Check the address in a browser and the network, and whether the server asks for an account.",
    ),
    "stac.invalid": Text(
        "{address} is no usable STAC source: {problem}.",
        "Give the address of a collection, of its items or of a search, or a saved item collection (JSON).",
    ),
    "imagery.bad_metadata": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Download or copy this file again, or run with "
        "--skip-unreadable to leave its date out.]",
    ),
    "imagery.unsupported_product": Text(
        "{path} is {found}: expected {expected}.",
        "Download the {expected} product of this image.",
    ),
    "imagery.incomplete_product": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Download or copy this file again, or run with "
        "--skip-unreadable to leave its date out.]",
    ),
    "parcels.unreadable": Text(
        "The parcel layer {path} cannot be read: {reason}.",
        "Check the file and the layer's name.",
    ),
    "parcels.database": Text(
        "Expected a file of parcels or the address of a PostGIS database, found that of another database.",
        "In QGIS choose the database's layer itself, it is copied for the engine; on the command line write it to"
        " a GeoPackage first (ogr2ogr parcels.gpkg ADDRESS TABLE).",
    ),
    "parcels.unusable_crs": Text(
        "The parcels' coordinate system ({source}) cannot be brought to the images' ({target}): {reason}.",
        "Set the parcel layer's true coordinate system (in QGIS: Layer > Set CRS) and save it.",
    ),
    "parcels.no_crs": Text(
        "The parcel layer {path} has no coordinate system, so it cannot be laid over the images.",
        "Set the layer's coordinate system (in QGIS: Layer > Set CRS) and save it, or give it as --parcels-crs EPSG:n.",
    ),
    "parcels.unknown_datum": Text(
        "The [{images:when}images'|parcels'] coordinate system ({source}) {lacking}; a guess may be off by hundreds of "
        "metres.",
        "Give the [{images:when}images their true system (gdal_edit -a_srs EPSG:n).|parcels' true system as "
        "--parcels-crs EPSG:n (in QGIS: Layer > Set CRS).][ The projection is that of {candidates:list 4}.]",
    ),
    "parcels.empty": Text(
        "The parcel layer {path} holds no polygon.",
        "Choose a polygon layer with features, or clear its filter.",
    ),
    "parcels.outside": Text(
        "No parcel of {path} lies on the images: the parcels cover {parcels}, the images {imagery}.",
        "[{swapped:when}With x and y exchanged they would: write the layer with its axes the other way "
        "round.|Check the layer's coordinate system and that both show the same region.]",
    ),
    "parcels.missing_field": Text(
        "{where} has no field {name!r}; it has {available:list}.",
        "Choose one of these fields.",
    ),
    "classes.invalid_table": Text(
        "{path}[, line {line}]: {problem}.",
        "A class table is a CSV with the columns code, name, class, colour (#rrggbb).",
    ),
    "labels.too_few_classes": Text(
        "Training needs at least two classes with {needed} usable parcels each; found [{usable:list}|none]; too "
        "rare: [{rare:list}|none].",
        "Choose the field that holds the declared crop, group rare codes with a class table, or use more parcels.",
    ),
    "folds.too_few_groups": Text(
        "A split {split} needs usable labelled parcels in at least {needed} groups; found {found}.",
        "Choose smaller squares or a field with more values, add a season, or split at random.",
    ),
    "folds.too_few_to_validate": Text(
        "A split {split} needs four parcels of a class outside every year; one year leaves {left} in all.",
        "Leave that year out, add a season, or split at random.",
    ),
    "folds.no_outlines": Text(
        "The parcels of {path} have no outlines or coordinate system, so no squares can be laid over them.",
        "Split at random, or by a field that holds a region.",
    ),
    "season.no_overlap": Text(
        "{images} has images from day {first} to day {last} of season {season}, and none near the dates of {of}, which "
        "are from day {start} to day {end} of its season.",
        "[They would overlap in season {fitting}: if the harvest is in that year, give it (--season {fitting}).|Use "
        "images of the same part of the season, or train a model on dates such as these.]",
    ),
    "labels.no_common_class": Text(
        "The field {field!r} holds no class that was predicted: it has [{declared:list 5}|no values]; predicted "
        "are [{predicted:list 5}|none].",
        "Choose the field with the declared crop, and the class table the model was trained with.",
    ),
    "store.invalid": Text(
        "{path} is not a usable parcel series store: {problem}.",
        "Make it with the extract command.",
    ),
    "store.newer_schema": Text(
        "{path} has store schema {found}; this version reads up to {known}.",
        "Update the plugin.",
    ),
    "store.no_observations": Text(
        "{path} holds no observations as they were seen: its series are {found}.",
        "Extract again without a calendar and with linear filling, or choose a model of another view, such as gru.",
    ),
    "store.other_inputs": Text(
        "{path} already holds a store of other inputs (different: {differences:list}).",
        "Choose another output, remove that store, or run extract with --overwrite.",
    ),
    "store.no_positions": Text(
        "The pixels of {path} have no positions, as the published set has none, so no patch can be made of them.",
        "Take a model of the pixel_set or statistics view; the models command lists each one's view.",
    ),
    "import.unknown_layout": Text(
        "{path} is no published data set that can be imported: {found}.",
        "Give a folder with DATA and META, an .npz with X (sample, date, band), or a .csv or .parquet table with "
        "a column per band and date (B04_20170113), or with a date column and a column per band.",
    ),
    "import.bad_sample": Text(
        "{path} cannot be imported: {problem}.",
        "Download or make this file again.",
    ),
    "import.bad_meta": Text(
        "{path}: {problem}.",
        "Complete or correct this file; docs/reproduce.md shows each layout.",
    ),
    "import.repeated": Text(
        "{path}: each {what} may stand once, found more of {repeated:list 5}.",
        "Remove the repeats, or name the field that tells the samples apart with --id-field.",
    ),
    "model.invalid": Text(
        "{path} is not a usable .cropmodel file: {problem}.",
        "Copy the file again, or train a new model.",
    ),
    "model.newer_schema": Text(
        "{path} has model schema {found}; this version reads up to {known}.",
        "Update the plugin.",
    ),
    "model.no_rotation": Text(
        "{path} was trained without last year's crops, so it has no use for a field that holds them.",
        "Leave --previous-field out, or train a model with --previous-field.",
    ),
    "model.unknown": Text(
        "There is no architecture {name!r}; known are {known:list}.",
        "Choose one of these.",
    ),
    "experiment.other_settings": Text(
        "{path} is a run of other settings or data than now asked for (different: {differences:list}).",
        "Choose another output folder, give the settings of the first time, or remove the runs in this one.",
    ),
    "experiment.bad_record": Text(
        "{path} is not the record of a run: {problem}.",
        "Remove it; the run is then done again.",
    ),
    "experiment.newer_schema": Text(
        "{path} is the record of a run with schema {found}; this version reads up to {known}.",
        "Update the plugin and its engine, or choose another output folder.",
    ),
    "training.diverged": Text(
        "The training loss became infinite or undefined in epoch {epoch}, at learning rate {learning_rate:g}.",
        "Choose a lower learning rate (the default is 0.001), and check the images' scale and offset.",
    ),
    "device.unavailable": Text(
        "The device {name!r} cannot be used: {reason}.",
        "Choose 'auto' or 'cpu'.",
    ),
    "output.not_writable": Text(
        "{path} cannot be written: {reason}.",
        "Choose another place, or close the program (or QGIS layer) that holds it.",
    ),
    "output.disk_full": Text(
        "The disk of {path} is too small: [{needed_mb:,.0f} MB|more] needed, {free_mb:,.0f} MB free.",
        "Free some space or choose an output on another disk.",
    ),
    "output.unknown_format": Text(
        "{path}: the ending {suffix!r} names no known format.",
        "Use one of {known:list}.",
    ),
    "engine.missing_packages": Text(
        "This Python lacks packages that the engine needs: {missing:list 0}.",
        "Install them with {python} -m pip install -r {requirements}, or let Engine Set-up in QGIS do it.",
    ),
    "engine.old_python": Text(
        "The engine needs Python {needed} or newer, and {python} is Python {found}.",
        "Choose a newer Python, or create an environment with Engine Set-up in QGIS.",
    ),
    "engine.fault": Text(
        "{kind}: {problem}",
        "Please report this with the log.",
    ),
}

WARNINGS: Dict[str, Text] = {  # what `Reporter.warning` takes
    "classes.differ_in_case": Text(
        "Classes differ only in capitals, and each is a class of its own: {groups:list 12 ;}.",
        "If they are the same crop, put them in one class with a class table.",
    ),
    "classes.unknown_codes": Text(
        "{parcels} parcels have a code that the class table lacks, [put in the class {fallback}|left out]: "
        "{codes:list}.",
        "[{fallback:when}|Add them to a class table of your own, or name a class for them with --unknown-class.]",
    ),
    "folds.untaught_class": Text(
        "All parcels of a class lie together, so it is tested without having been learnt: {classes:list 0 ;}.",
        "Its F-score there is 0. Choose smaller squares or groups, or leave the class out.",
    ),
    "imagery.mask_lacks": Text(
        "{option}: {lacking} of {dates} dates have no mask that this applies to ({days:list 3}).",
        "On these dates only other masks decide, where there are any: give masks, or leave this option out.",
    ),
    "imagery.mask_missing": Text(
        "No mask in {folder} for {days:list 0}: every pixel of these dates is taken as clear.",
    ),
    "parcels.inexact_crs": Text(
        "The parcels may be off by {error_m:g} m on the images (more than {limit_m:g} m): {way}.",
        "[Install PROJ's grid file {grid}, or give|Give] the parcels in the images' coordinate system; --max-crs-error "
        "sets the limit.",
    ),
    "imagery.odd_scale": Text(
        "The median reflectance is {typical:.4g}; over a season of fields it lies between {dark} and {bright}.",
        "Give the images' own scale and offset, such as a scale of 0.0001 for counts up to 10,000.",
    ),
    "imagery.repeated": Text(
        "{images} images are of the time and ground of another one, such as {first} and {second}: each pixel is taken "
        "from the first of them that is clear there.",
        "Leave one of the two out of the folder where they are not parts of one image.",
    ),
    "imagery.skipped": Text(
        "Rasters that are not used: {rasters:list 3 ;}.[{masks:when} Those that are cloud masks are used when "
        "their folder is given as that of the masks (--masks).]",
    ),
    "import.band_without_data": Text(
        "{path} has no data at all in {empty:list 0}; the store is made of {bands:list 0}.",
        "Models that take these bands cannot be used; where the numbers are data, give another --nodata.",
    ),
    "import.no_file": Text(
        "{lost} of {samples} labelled samples have no file in DATA: {names:list 5}.",
        'They are kept, flagged "outside".',
    ),
    "import.other_figures": Text(
        "{path} is not used: expected perimeter, pixel count, cover ratio and perimeter by surface, and found a "
        "second figure that is not the number of pixels.",
    ),
    "import.saturated": Text(
        "{numbers} numbers stand for more than reflectance 3.27, the most that the store holds.",
        "Clouds are as bright; where the numbers mean missing data, say so with --nodata and import again.",
    ),
    "labels.not_judged": Text(
        "[{parcels:when}{count} of {parcels} parcels lack a prediction or a known crop|{count} classified parcels"
        " have no declared crop that the model knows][; unknown: {unknown:list}].",
    ),
    "labels.rare_class": Text(
        "Left out, with fewer than {needed} usable parcels: {classes:list 0}.",
        "Group rare crops with a class table, or use more parcels.",
    ),
    "output.field_renamed": Text(
        "Fields of the layer are kept under other names: {names:list 0}.",
    ),
    "output.geometry_emptied": Text(
        "{features} features lost their outline, a shapefile holds polygons.",
        "Write a GeoPackage to keep them.",
    ),
    "output.measures_lost": Text(
        "The outlines' M values were left out, this format takes none.",
        "Write a GeoPackage or GeoParquet to keep them.",
    ),
    "output.text_cut": Text(
        "Texts of {names:list 0} were cut, a shapefile holds 254 bytes of each.",
        "Write a GeoPackage to keep them.",
    ),
    "parcels.broken_text": Text(
        "Some texts of {names:list 0} are not in the layer's encoding; their letters come back as \ufffd.",
        "Give a shapefile's encoding, such as --encoding CP1252.",
    ),
    "parcels.curved": Text(
        "{outlines} outlines of {layer} have arcs; they come back straightened.",
    ),
    "parcels.duplicate": Text(
        "{count} of {parcels} parcels: Another parcel has the very same outline.",
    ),
    "parcels.encoding_guessed": Text(
        "{layer} does not say its texts' encoding, or not truly; it is not UTF-8 and was read as Windows-1252.",
        "Where letters come back wrong, give the encoding, such as --encoding ISO-8859-15.",
    ),
    "parcels.invalid_geometry": Text(
        "{count} of {parcels} parcels: the outline is missing, empty or could not be repaired; not classified.",
    ),
    "parcels.missing": Text(
        "{count} of {parcels} parcels: No outline.",
    ),
    "parcels.narrow": Text(
        "{count} of {parcels} parcels: Too narrow for the inner buffer; the whole outline was used.",
    ),
    "parcels.no_area": Text(
        "{count} of {parcels} parcels: The outline has no area, or coordinates that are no numbers.",
    ),
    "parcels.no_clear_observation": Text(
        "{count} of {parcels} parcels: no acquisition saw the parcel free of clouds; not classified.",
    ),
    "parcels.no_polygon": Text(
        "{count} of {parcels} parcels: The outline is a point or a line.",
    ),
    "parcels.out_of_reach": Text(
        "{count} of {parcels} parcels: The outline cannot be brought to the images' coordinate system.",
    ),
    "parcels.outside": Text(
        "{count} of {parcels} parcels: the parcel lies outside the images; not classified.",
    ),
    "parcels.overlapping": Text(
        "{count} of {parcels} parcels: Shares pixels with another parcel; each gets them.",
    ),
    "parcels.repaired": Text(
        "{count} of {parcels} parcels: The outline crossed itself or was otherwise invalid; it was repaired for "
        "choosing pixels.",
    ),
    "previous.not_given": Text(
        "This model was trained and judged with last year's crops; without them it goes by the images only.",
        "Give the field that holds last year's crop (--previous-field), or expect worse results.",
    ),
    "previous.unknown_codes": Text(
        "{parcels} parcels have a crop of last year ({field}) that the class table lacks: {codes:list}.",
        "Only the images decide on them. Choose the field that holds last year's crop in the same codes.",
    ),
    "season.not_covered": Text(
        "{images} has images from day {first} to day {last} of season {season}; {outside} of the {dates} dates of {of} "
        "are outside this period.",
        "Add images of the whole period, or expect worse results.",
    ),
    "series.made_otherwise": Text(
        "The model was trained on series made by {trained}; these are made by {found}.",
        "Give the images, and no options of masks and filling, or expect worse results.",
    ),
}
