"""Every message of the engine in English: for the code of an error or a warning, what happened and what to do.

Standard library only and valid on Python 3.9: the plugin loads this file by path, and displays the translation of a
template where there is one. A template is a text for `str.format` with two additions:

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
    """The templates of a warning. An error that stops only a part of the work is a warning with the error's code."""
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


ERRORS: Dict[str, Text] = {  # the classes of errors.py, and faults of the engine
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
    "argument.not_found": Text(
        "{name}: expected {expected}, but there is nothing at {path}[: the last folder that exists is {folder}][; "
        "similar names there: {alike:list 3}].",
        "Check the path[; it was looked for in {start}].",
    ),
    "engine.out_of_memory": Text(
        "There is not enough memory for this step ({problem}).",
        "Close other programs, or give the run less to hold: fewer --workers, a smaller --batch-size, fewer parcels; "
        "the images and parcels are not at fault.",
    ),
    "imagery.none_found": Text(
        "No acquisition found in {path}: looked for Sentinel-2 L2A products as they are downloaded, and for "
        "GeoTIFFs with a date (YYYYMMDD or YYYY-MM-DD) in their name or tag; found {seen} raster files or products, "
        "none of them usable[: {skipped:list 3}].",
        "Choose the folder that holds the dated images, or give a list of dates for a single stack.",
    ),
    "stac.no_items": Text(
        "{address} has no usable Sentinel-2 L2A item for this region and season: found {seen} items[, none of them "
        "usable: {skipped:list 3}].",
        "Choose a collection of Sentinel-2 L2A, and check the dates and the parcels' coordinate system.",
    ),
    "imagery.bad_date": Text(
        "{where}: expected a date as YYYYMMDD or YYYY-MM-DD, found {text!r}.",
        "Correct the date in the name, the tag or the list.",
    ),
    "imagery.dates_mismatch": Text(
        "{path} has {layers} layers, but {dates} dates of {bands} bands need {needed}.",
        "Give one date for each image in the stack, in the stack's order, and the names of the bands of one date.",
    ),
    "imagery.missing_bands": Text(
        "{where} [{unnamed:when}names none of its bands|lacks the bands {missing:list}][{model:when}, which the model "
        "needs]; found [{found:list}|none with a name].",
        "[{unnamed:when}Name the layers in file order with --band-names, or use|Use] images that have these bands"
        "[{model:when}, or a model that needs fewer][{choice:when}, or make a store of fewer bands (--bands)].",
    ),
    "imagery.mask_mismatch": Text(
        "The mask {mask} covers {found}, but its image {image} covers {expected}.",
        "Use the mask that was made for this image, or do without masks.",
    ),
    "imagery.no_masks": Text(
        "No mask in {folder} has the date of any of the {dates} acquisitions.",
        "Put the image's date in the name of each mask, as YYYYMMDD or YYYY-MM-DD.",
    ),
    "imagery.grid_mismatch": Text(
        "{path} in {found} is too far from the other images to be reprojected to {expected} with them.",
        "Keep the images of each region in a folder of their own, or choose another coordinate system (--crs).",
    ),
    "imagery.unknown_datum": Text(
        "{path} can be brought to the coordinate system of all images only by a guess, which may be off by hundreds of "
        "metres: [{target:when}that|its own] system ({source}) {lacking}.",
        "[{target:when}Choose a system with a datum (--crs EPSG:n), or set the correct one of the other images|Set the "
        "image's correct system] (gdal_edit -a_srs EPSG:n).[ The projection is that of {candidates:list 4}.]",
    ),
    "imagery.unusable_grid": Text(
        "{path} cannot be used with the parcels: {problem}.",
        "Warp it to a projected coordinate system in metres, north up (in QGIS: Raster > Projections > Warp).",
    ),
    "imagery.bad_mask": Text(
        "The mask {path} contains the value {found}; expected the classes 0 to 11 of an SCL, or 0 and 1 (masked).",
        "Use the SCL, or reclassify this raster to 0 for clear and 1 for masked.",
    ),
    "imagery.unreadable": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Download or copy this file again, or run with "
        "--skip-unreadable to leave its date out.]",
    ),
    "imagery.unsupported_zarr": Text(
        "{path} cannot be read: this version of GDAL does not support its Zarr format or compression ({reason}).",
        "[{left_out:when}Its date is left out of all parcels.|Write it again as Zarr 2 (in xarray: to_zarr(path, "
        "zarr_format=2)), or as netCDF.]",
    ),
    "imagery.unreachable": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Check the address and the network. Signed addresses "
        "expire: if this is one, search the catalogue again. Or run with --skip-unreadable to leave its date out.]",
    ),
    "stac.unreachable": Text(
        "The STAC catalogue {address} cannot be fetched: {reason}.",
        "Check the network, open the address in a browser, and check whether the server needs an account.",
    ),
    "stac.invalid": Text(
        "{address} is not a usable STAC source: {problem}.",
        "Give the address of a collection, of its items or of a search, or a saved item collection (JSON).",
    ),
    "imagery.bad_metadata": Text(
        "{path} cannot be read: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Download or copy this file again, or run with "
        "--skip-unreadable to leave its date out.]",
    ),
    "imagery.implausible": Text(
        "{path} holds numbers that cannot be reflectance: {reason}.",
        "[{left_out:when}Its date is left out of all parcels.|Leave the date out (--exclude, or --skip-unreadable for "
        "all such), or give --scale and --offset where they hold for all images.]",
    ),
    "imagery.implausible_season": Text(
        "The images' numbers cannot be reflectance as they are read: over the season the median of the brightest band, "
        "{band}, is {found}; {dark:g} to {bright:g} was expected.",
        "Give the images' own --scale and --offset: 0.0001 for counts up to 10,000; pictures of 8 bits for the screen "
        "cannot be used.",
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
        "Expected a parcel file or the address of a PostGIS database; found the address of another kind of database.",
        "In QGIS, choose the layer of the database: the plugin copies it for the engine. On the command line, write it "
        "to a GeoPackage first (ogr2ogr parcels.gpkg ADDRESS TABLE).",
    ),
    "parcels.unusable_crs": Text(
        "The parcels (in {source}) cannot be reprojected to the images' coordinate system ({target}): {reason}.",
        "Set the parcel layer's correct coordinate system (in QGIS: Layer > Set CRS) and save the layer.",
    ),
    "parcels.no_crs": Text(
        "The parcel layer {path} has no coordinate system, so it cannot be matched with the images.",
        "Set the layer's coordinate system (in QGIS: Layer > Set CRS) and save it, or give it as --parcels-crs EPSG:n.",
    ),
    "parcels.unknown_datum": Text(
        "The [{images:when}images'|parcels'] coordinate system ({source}) {lacking}; a guess may be off by hundreds of "
        "metres.",
        "[{images:when}Set the images' correct system (gdal_edit -a_srs EPSG:n).|Give the parcels' correct system as "
        "--parcels-crs EPSG:n (in QGIS: Layer > Set CRS).][ The projection is that of {candidates:list 4}.]",
    ),
    "parcels.empty": Text(
        "The parcel layer {path} contains no polygon.",
        "Choose a polygon layer with features, or clear its filter.",
    ),
    "parcels.outside": Text(
        "No parcel of {path} is inside the images: the parcels cover {parcels}, the images {imagery}.",
        "[{swapped:when}With x and y exchanged they would be: write the layer with its axes in the other "
        "order.|Check the layer's coordinate system, and that parcels and images cover the same region.]",
    ),
    "parcels.missing_field": Text(
        "{where} has no field {name!r}; it has {available:list}.",
        "Choose one of these fields.",
    ),
    "classes.invalid_table": Text(
        "{path}[, line {line}]: {problem}.",
        "Correct the class table: a CSV file with the columns code, name, class, colour (#rrggbb).",
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
        "A split {split} needs four parcels of a class outside each tested year; one year leaves only {left} parcels.",
        "Leave that year out, add a season, or split at random.",
    ),
    "folds.no_outlines": Text(
        "The parcels of {path} have no outlines or coordinate system, so they cannot be divided into squares.",
        "Split at random, or by a field that holds a region.",
    ),
    "season.no_overlap": Text(
        "{images} has images from day {first} to day {last} of season {season}, and none near the dates of {of}, which "
        "are from day {start} to day {end} of its season.",
        "[They would overlap in season {fitting}: if the harvest is in that year, give it (--season {fitting}).|Use "
        "images of the same part of the season, or train a model on dates such as these.]",
    ),
    "labels.no_common_class": Text(
        "The field {field!r} contains none of the predicted classes. Its values: [{declared:list 5}|none]; predicted "
        "classes: [{predicted:list 5}|none].",
        "Choose the field with the declared crop, and the class table that the model was trained with.",
    ),
    "store.invalid": Text(
        "{path} is not a usable parcel series store: {problem}.",
        "Create it with the extract command.",
    ),
    "store.newer_schema": Text(
        "{path} has store schema {found}; this version reads up to {known}.",
        "Update the plugin.",
    ),
    "store.no_observations": Text(
        "{path} does not keep the original observations: its series are {found}.",
        "Extract again without a calendar and with linear filling, or choose a model with another view, such as gru.",
    ),
    "store.other_inputs": Text(
        "{path} already contains a store made from other inputs (different: {differences:list}).",
        "Choose another output, remove that store, or run again with --overwrite.",
    ),
    "store.no_positions": Text(
        "The pixels of {path} have no positions because the published set has none, so patches cannot be made.",
        "Choose a model with the pixel_set or statistics view; the models command lists the view of each model.",
    ),
    "import.unknown_layout": Text(
        "{path} is not a published data set that can be imported: {found}.",
        "Give a folder with DATA and META, an .npz with X (sample, date, band), or a .csv or .parquet table with "
        "a column per band and date (B04_20170113), or with a date column and a column per band.",
    ),
    "import.bad_sample": Text(
        "{path} cannot be imported: {problem}.",
        "Download or create this file again.",
    ),
    "import.bad_meta": Text(
        "{path}: {problem}.",
        "Complete or correct this file; docs/reproduce.md describes each layout.",
    ),
    "import.repeated": Text(
        "{path}: each {what} may occur only once; repeated: {repeated:list 5}.",
        "Remove the repeated ones, or name the field that identifies the samples with --id-field.",
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
        "{path} was trained without last year's crops, so it cannot use a field of them.",
        "Leave --previous-field out, or train a model with --previous-field.",
    ),
    "model.needs_temperatures": Text(
        "{path} reads images by thermal time, and needs the daily mean temperatures of this season.",
        "Give a CSV of them with --temperatures (columns date and mean_temperature, in degrees Celsius); its base "
        "temperature of {base:g} degrees is in the model.",
    ),
    "model.no_thermal_time": Text(
        "{path} was trained by day of year, so it cannot use temperatures.",
        "Leave --temperatures out, or train a model with --temperatures.",
    ),
    "temperatures.invalid": Text(
        "{path} cannot be used as temperatures: {problem}.",
        "Give a CSV with the columns date (YYYY-MM-DD) and mean_temperature (degrees Celsius) and a row for each day, "
        "from 1 January of the season, or the first image before it, to the last image.",
    ),
    "model.unknown": Text(
        "There is no architecture {name!r}; the architectures are {known:list}.",
        "Choose one of these.",
    ),
    "experiment.other_settings": Text(
        "{path} is a run with other settings or data than those of this command (different: {differences:list}).",
        "Choose another output folder, use the settings of the earlier runs, or remove the runs in this folder.",
    ),
    "experiment.bad_record": Text(
        "{path} is not the record of a run: {problem}.",
        "Remove it; the run is then repeated.",
    ),
    "experiment.newer_schema": Text(
        "{path} is the record of a run with schema {found}; this version reads up to {known}.",
        "Update the plugin and its engine, or choose another output folder.",
    ),
    "training.too_little_time": Text(
        "The search for the best model has {budget_s:.1f} s, but its first candidate alone needs {needed_s:.1f} s.",
        "Give more minutes (--time-budget-min), or name an architecture (--model).",
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
        "Choose another location, or close the program (or QGIS layer) that uses the file.",
    ),
    "output.in_use": Text(
        "{path} cannot be replaced: {reason}.",
        "Close the program (or QGIS layer) that uses the file, or choose another output.",
    ),
    "output.disk_full": Text(
        "The disk of {path} has too little space: [{needed_mb:,.0f} MB|more] needed, {free_mb:,.0f} MB free.",
        "Free some space, or choose an output on another disk.",
    ),
    "output.too_large": Text(
        "{path} would be larger than a file may be here[, {limit_mb:,.1f} MB].",
        "Raise the limit on the size of files (ulimit -f), or choose another disk: FAT32 holds files of up to 4 GB.",
    ),
    "output.quota": Text(
        "{path} does not fit into your share of this disk.",
        "Remove files of yours there, choose another disk, or ask its administrator for a larger quota.",
    ),
    "output.table_exists": Text(
        "{path} already contains a layer {layer!r}, beside {others:list}.",
        "Choose another name for the layer (--output-layer), or replace it with --overwrite; other layers are kept.",
    ),
    "output.unknown_format": Text(
        "{path}: the file extension {suffix!r} does not stand for a known format.",
        "Use one of {known:list}.",
    ),
    "export.no_parcels": Text(
        "None of the {parcels} parcels of {path} is of the qualities and the confidence that are wanted.",
        "Choose more qualities, or a lower confidence.",
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
        "This is a fault of the program. Please report it, with the log.",
    ),
}

WARNINGS: Dict[str, Text] = {  # what `Reporter.warning` takes
    "classes.differ_in_case": Text(
        "Some classes differ only in capital letters, and each is a class of its own: {groups:list 12 ;}.",
        "If they are the same crop, put them in one class with a class table.",
    ),
    "classes.unknown_codes": Text(
        "{parcels} parcels have a code that is not in the class table and are [put in the class {fallback}|left out]: "
        "{codes:list}.",
        "[{fallback:when}|Add the codes to a class table of your own, or name a class for them with --unknown-class.]",
    ),
    "finetuning.anew_is_better": Text(
        "On the {parcels} parcels tested, a model that is trained anew on these labels has a higher mean F-score "
        "({found:.1f} %) than the fine-tuned one ({tuned:.1f} %).",
        "Train a model of this store with the train command, or collect more labels and compare again.",
    ),
    "finetuning.frozen_is_better": Text(
        "On the {parcels} parcels tested, the model as it was has a higher mean F-score ({found:.1f} %) than the "
        "fine-tuned one ({tuned:.1f} %).",
        "Classify with the model as it was, or collect more labels and compare again.",
    ),
    "finetuning.learned_before": Text(
        "{count} of the {labelled} labelled parcels were used to train the model in this season; they are left out.",
        "Fine-tune with labels of other parcels, or of another season.",
    ),
    "folds.untaught_class": Text(
        "All parcels of a class are in one part of the split, so it is tested by a model that was not trained on it: "
        "{classes:list 0 ;}.",
        "Its F-score there is 0. Choose smaller squares or groups, or leave the class out.",
    ),
    "imagery.inexact_crs": Text(
        "{path} and others of its coordinate system may be off by {error_m:g} m (more than {limit_m:g} m): {way}.",
        "[Install PROJ's grid file {grid}, or use|Use] images that are all in one coordinate system; --max-crs-error "
        "sets the limit.",
    ),
    "imagery.mask_lacks": Text(
        "{option}: {lacking} of {dates} dates have no mask that this option applies to ({days:list 3}).",
        "On these dates only other masks are used, if there are any. Add masks, or leave this option out.",
    ),
    "imagery.mask_missing": Text(
        "There is no mask in {folder} for {days:list 0}: every pixel of these dates is treated as clear.",
    ),
    "parcels.inexact_crs": Text(
        "The parcels may be off by {error_m:g} m on the images (more than {limit_m:g} m): {way}.",
        "[Install PROJ's grid file {grid}, or give|Give] the parcels in the images' coordinate system; --max-crs-error "
        "sets the limit.",
    ),
    "imagery.odd_scale": Text(
        "The median reflectance is {typical:.4g}; for fields over a season it should be between {dark} and {bright}.",
        "Give the images' own scale and offset, such as a scale of 0.0001 for counts up to 10,000.",
    ),
    "imagery.no_mask": Text(
        "{bare} of {dates} acquisitions have no cloud mask ({days:list 3}): clouds are not masked.",
        "Give masks (--masks), or let --remove-outliers find clouds by their change in time.",
    ),
    "imagery.empty_mask": Text(
        "QA60 is 0 throughout on the {empty} dates from 2022-01-25 to 2024-02-28 ({days:list 3}), when Earth Engine "
        "did not fill it: [{bare:when}clouds are not masked there|the cloud probability is used there].",
        "[{bare:when}Export SCL or MSK_CLDPRB with the images, give masks (--masks), or let --remove-outliers find "
        "clouds by their change in time.]",
    ),
    "imagery.repeated": Text(
        "{images} images have the same time and area as another one, such as {first} and {second}: each pixel is taken "
        "from the first of them that is clear there.",
        "If two such images are not parts of one image, leave one of them out of the folder.",
    ),
    "imagery.undeclared_fill": Text(
        "These dates contain numbers that are not reflectance, and declare no fill value: {dates:list 3 ;}. "
        "Such pixels count as not observed.",
        "Where they are data, give the images' own --scale and --offset.",
    ),
    "imagery.skipped": Text(
        "Rasters that are not used: {rasters:list 3 ;}.[{masks:when} To use those that are cloud masks, give their "
        "folder as the mask folder (--masks).]",
    ),
    "import.band_without_data": Text(
        "{path} has no data at all in {empty:list 0}; the store contains {bands:list 0}.",
        "Models that need the missing bands cannot be used. If the numbers are data, give another --nodata.",
    ),
    "import.no_file": Text(
        "{lost} of {samples} labelled samples have no file in DATA: {names:list 5}.",
        'They are kept with the flag "outside".',
    ),
    "import.other_figures": Text(
        "{path} is not used: expected perimeter, pixel count, cover ratio and perimeter by surface, but the second "
        "number is not the number of pixels.",
    ),
    "import.saturated": Text(
        "{numbers} values are fill values that no --nodata declares, such as 65535, which count as not observed, or "
        "are above reflectance 3.27, the largest that the store can hold.",
        "Clouds can be that bright. Give --nodata and import again, where another value means missing data.",
    ),
    "labels.grouped": Text(
        "Classes with fewer than {needed} usable parcels are grouped with their parent: {groups:list 0 ;}.",
    ),
    "labels.not_judged": Text(
        "{count} of {parcels} parcels are not compared with their declared crop:[ {class_not_known} have a crop that is"
        " none of the model's classes ({codes:list});][ {no_declared_crop} have no declared crop;][ {not_classified}"
        " were not classified;] the scores say nothing about them.",
    ),
    "labels.rare_class": Text(
        "Classes with fewer than {needed} usable parcels are left out: {classes:list 0}.",
        "Group rare crops with a class table, by hand or by its column parent (--rare-classes group), or use more "
        "parcels.",
    ),
    "export.unmatched": Text(
        "Of the layer's features {with_prediction} have a prediction and {without_prediction} have none, which are "
        "kept with empty fields[; {without_feature} predictions are of parcels that the layer does not have].",
        "Check that the field identifies the same parcels in both layers.",
    ),
    "output.as_text": Text(
        "The values of {names:list} are written as text, because the format has no type for them.",
        "Write a GeoParquet to keep their types.",
    ),
    "output.field_renamed": Text(
        "Some fields of the layer are written under other names: {names:list 0}.",
    ),
    "output.geometry_emptied": Text(
        "{features} features are written without their outline, because a shapefile of parcels holds only polygons.",
        "Write a GeoPackage to keep them.",
    ),
    "output.kept_elsewhere": Text(
        "The result is in {kept}, as {path} could not be replaced: {reason}. Both files are kept.",
        "Before the next run, close the program (or QGIS layer) that uses {path}, or choose another output.",
    ),
    "output.measures_lost": Text(
        "The outlines' M values are left out, because this format cannot hold them.",
        "Write a GeoPackage or GeoParquet to keep them.",
    ),
    "output.text_cut": Text(
        "Some texts of {names:list 0} were cut, because a shapefile holds at most 254 bytes of each.",
        "Write a GeoPackage to keep them.",
    ),
    "parcels.broken_text": Text(
        "Some texts of {names:list 0} are not in the layer's encoding; their letters are replaced by \ufffd.",
        "Give a shapefile's encoding, such as --encoding CP1252.",
    ),
    "parcels.curved": Text(
        "{outlines} outlines of {layer} have arcs; they are written as straight segments.",
    ),
    "parcels.duplicate": Text(
        "{count} of {parcels} parcels: another parcel has the same outline.",
    ),
    "parcels.encoding_guessed": Text(
        "{layer} does not name its text encoding, or names a wrong one; it is not UTF-8 and was read as Windows-1252.",
        "If letters are wrong, give the encoding, such as --encoding ISO-8859-15.",
    ),
    "parcels.invalid_geometry": Text(
        "{count} of {parcels} parcels: the outline is missing, empty or could not be repaired; not classified.",
    ),
    "parcels.missing": Text(
        "{count} of {parcels} parcels: no outline.",
    ),
    "parcels.narrow": Text(
        "{count} of {parcels} parcels: too narrow for the inner buffer; the whole outline was used.",
    ),
    "parcels.no_area": Text(
        "{count} of {parcels} parcels: the outline has no area, or coordinates that are not numbers.",
    ),
    "parcels.no_clear_observation": Text(
        "{count} of {parcels} parcels: no cloud-free observation on any date; not classified.",
    ),
    "parcels.no_polygon": Text(
        "{count} of {parcels} parcels: the outline is a point or a line.",
    ),
    "parcels.out_of_reach": Text(
        "{count} of {parcels} parcels: the outline cannot be reprojected to the images' coordinate system.",
    ),
    "parcels.outside": Text(
        "{count} of {parcels} parcels: outside the images; not classified.",
    ),
    "parcels.overlapping": Text(
        "{count} of {parcels} parcels: overlaps another parcel; the shared pixels are used for both.",
    ),
    "parcels.repaired": Text(
        "{count} of {parcels} parcels: the outline crossed itself or was otherwise invalid; it was repaired to select "
        "the pixels.",
    ),
    "previous.not_given": Text(
        "This model was trained and tested with last year's crops; without them it uses only the images.",
        "Give the field that holds last year's crop (--previous-field), or expect worse results.",
    ),
    "previous.unknown_codes": Text(
        "{parcels} parcels have a crop of last year ({field}) that is not in the class table: {codes:list}.",
        "They are classified from the images only. Choose the field that holds last year's crop in the same codes.",
    ),
    "scores.not_told": Text(
        "{count} of the {judged} parcels that are compared may have been used to train the model: nothing tells which"
        " parcels it was trained on.",
        "Take the scores as an upper limit. Models that this version trains remember their parcels.",
    ),
    "scores.trained_on": Text(
        "{count} of the {judged} parcels with a known crop were used to train the model; the scores leave them out, and"
        " the report lists their agreement apart.",
    ),
    "season.not_covered": Text(
        "{images} has images from day {first} to day {last} of season {season}; {outside} of the {dates} dates of {of} "
        "are outside this period.",
        "Add images of the whole period, or expect worse results.",
    ),
    "transfer.unlike_training": Text(
        "{count} of {parcels} parcels have series unlike those of the model's training; their class may be wrong.",
        "Look at the parcels with the flag unlike_training. Label some parcels of this region and season, and"
        " fine-tune the model with them.",
    ),
    "series.made_otherwise": Text(
        "The model was trained on series made with {trained}; these are made with {found}.",
        "Classify the images instead, without options for masks and filling, or expect worse results.",
    ),
}
