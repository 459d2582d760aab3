"""Every error the engine raises on purpose: a stable code, what was expected and found, and what to do.

Standard library only. Each class builds its message from typed arguments, so a caller cannot forget a part of it.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar


def _listed(items: Iterable[object], most: int = 12) -> str:
    names = [str(item) for item in items]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


class EngineError(Exception):
    """The root. `code` never changes once published; `advice` says what the user can do."""

    code: ClassVar[str] = "engine.error"

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class Cancelled(EngineError):
    """Raised when the user or the parent process asked the engine to stop."""

    code = "engine.cancelled"

    def __init__(self) -> None:
        super().__init__("The run was cancelled; finished blocks and epochs are kept.", "Run it again to continue.")


class BadJob(EngineError):
    """Raised when a job file is not one of this protocol."""

    code = "job.invalid"

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(
            f"{path} is not a job this engine can run: {problem}.", "Update the plugin and its engine together."
        )


class BadArgument(EngineError):
    """Raised when an argument's value cannot be used."""

    code = "argument.invalid"

    def __init__(self, name: str, expected: str, found: object) -> None:
        super().__init__(f"{name}: expected {expected}, found {found!r}.", f"Give {expected}.")


# Imagery


class NoAcquisitions(EngineError):
    """Raised when a folder holds no dated Sentinel-2 raster."""

    code = "imagery.none_found"

    def __init__(self, path: object, seen: int, skipped: Iterable[object] = ()) -> None:
        why = _listed(skipped, 3)
        super().__init__(
            f"No acquisition found in {path}: looked for Sentinel-2 L2A products as they are downloaded, and for "
            "GeoTIFFs with a date (YYYYMMDD or YYYY-MM-DD) in name or tag, "
            f"found {seen} raster files or products, none usable{': ' + why if why else ''}.",
            "Choose the folder that holds the dated images, or give a list of dates for a single stack.",
        )


class NoItems(EngineError):
    """Raised when a STAC source holds no item of the region and the dates that can be used."""

    code = "stac.no_items"

    def __init__(self, address: object, seen: int, skipped: Iterable[object] = ()) -> None:
        why = _listed(skipped, 3)
        super().__init__(
            f"{address} has no usable Sentinel-2 L2A item of this region and season: found {seen} items"
            f"{', none usable: ' + why if why else ''}.",
            "Choose a collection of Sentinel-2 L2A, and check the dates and the parcels' coordinate system.",
        )


class UnreadableDate(EngineError):
    """Raised when a date is not a date."""

    code = "imagery.bad_date"

    def __init__(self, where: object, text: str) -> None:
        super().__init__(
            f"{where}: expected a date as YYYYMMDD or YYYY-MM-DD, found {text!r}.",
            "Correct the date in the name, the tag or the list.",
        )


class DatesDoNotMatchStack(EngineError):
    """Raised when a stack's bands are not a whole number of dates."""

    code = "imagery.dates_mismatch"

    def __init__(self, path: Path, layers: int, dates: int, bands: int) -> None:
        super().__init__(
            f"{path} has {layers} layers; {dates} dates of {bands} bands need {dates * bands}.",
            "Give as many dates as the stack holds, in its order, and the bands of one date.",
        )


class MissingBands(EngineError):
    """Raised when an acquisition or a store lacks bands that are needed."""

    code = "imagery.missing_bands"

    def __init__(self, where: object, missing: Iterable[str], found: Iterable[str]) -> None:
        super().__init__(
            f"{where} lacks the bands {_listed(missing)}; found {_listed(found) or 'none with a name'}.",
            "Name the layers with --band-names in file order, or use images that hold these bands.",
        )


class MaskMismatch(EngineError):
    """Raised when a mask does not cover the ground of its image."""

    code = "imagery.mask_mismatch"

    def __init__(self, mask: Path, found: str, image: object, expected: str) -> None:
        super().__init__(
            f"The mask {mask} covers {found}, its image {image} covers {expected}.",
            "Use the mask that was made for this image, or leave the masks out.",
        )


class NoMasks(EngineError):
    """Raised when a mask folder was given and holds no mask for any acquisition."""

    code = "imagery.no_masks"

    def __init__(self, folder: Path, dates: int) -> None:
        super().__init__(
            f"No mask in {folder} fits any of the {dates} acquisition dates.",
            "Masks need the image's date in their name, as YYYYMMDD or YYYY-MM-DD.",
        )


class GridMismatch(EngineError):
    """Raised when images lie too far apart for one grid."""

    code = "imagery.grid_mismatch"

    def __init__(self, path: object, found: str, expected: str) -> None:
        super().__init__(
            f"{path} in {found} lies too far from the other images to be brought to {expected} with them.",
            "Keep the images of one region in a folder of their own, or choose another coordinate system (--crs).",
        )


class UnusableGrid(EngineError):
    """Raised when a raster's pixels cannot be laid on a north-up grid in metres."""

    code = "imagery.unusable_grid"

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(
            f"{path} cannot be laid under the parcels: {problem}.",
            "Warp it to a projected coordinate system in metres, north up (in QGIS: Raster > Projections > Warp).",
        )


class BadMask(EngineError):
    """Raised when a mask holds values that mean nothing."""

    code = "imagery.bad_mask"

    def __init__(self, path: object, found: object) -> None:
        super().__init__(
            f"The mask {path} holds the value {found}: expected the classes 0 to 11 of an SCL, or 0 and 1 (masked).",
            "Give the SCL, or turn this raster into 0 for clear and 1 for masked.",
        )


class UnreadableImage(EngineError):
    """Raised when a raster cannot be opened or a block of it cannot be decoded."""

    code = "imagery.unreadable"

    def __init__(self, path: object, reason: object) -> None:
        self.path, self.reason = path, str(reason).rstrip(".")
        super().__init__(
            f"{path} cannot be read: {self.reason}.",
            "Download or copy this file again, or run with --skip-unreadable to leave its date out.",
        )


class UnsupportedZarr(UnreadableImage):
    """Raised when a Zarr store is written in a way that the GDAL at hand cannot read."""

    code = "imagery.unsupported_zarr"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(path, f"its Zarr format or compression is not known to this version of GDAL ({reason})")
        self.reason = str(reason)
        self.advice = "Write it anew as Zarr 2 (in xarray: to_zarr(path, zarr_format=2)), or as netCDF."


class UnreachableImage(UnreadableImage):
    """Raised when an image on a server cannot be fetched, or not in one piece."""

    code = "imagery.unreachable"

    def __init__(self, address: object, reason: object) -> None:
        super().__init__(address, reason)
        self.advice = (
            "Check the address and the network; a signed address ends after a while, then search the catalogue anew. "
            "Or run with --skip-unreadable to leave its date out."
        )


class UnreachableCatalogue(EngineError):
    """Raised when a STAC catalogue, or a page of it, cannot be fetched."""

    code = "stac.unreachable"

    def __init__(self, address: object, reason: object) -> None:
        super().__init__(
            f"The STAC catalogue {address} cannot be fetched: {str(reason).rstrip('.')}.",
            "Check the address in a browser and the network, and whether the server asks for an account.",
        )


class BadCatalogue(EngineError):
    """Raised when an address or a file is no STAC catalogue that can be searched; the problem says what was found."""

    code = "stac.invalid"

    def __init__(self, address: object, problem: str) -> None:
        super().__init__(
            f"{address} is no usable STAC source: {problem}.",
            "Give the address of a collection, of its items or of a search, or a saved item collection (JSON).",
        )


class BadMetadata(UnreadableImage):
    """Raised when a product's metadata cannot be understood; the reason says what was expected and found."""

    code = "imagery.bad_metadata"


class UnsupportedProduct(EngineError):
    """Raised when a product is whole, but of a kind that tells nothing about the ground's reflectance."""

    code = "imagery.unsupported_product"

    def __init__(self, path: object, found: str, expected: str) -> None:
        super().__init__(f"{path} is {found}: expected {expected}.", f"Download the {expected} product of this image.")


class IncompleteProduct(UnreadableImage):
    """Raised when files of a product are missing; the reason names them."""

    code = "imagery.incomplete_product"


# Parcels


class UnreadableParcels(EngineError):
    """Raised when the parcel file cannot be opened as a vector layer."""

    code = "parcels.unreadable"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(f"The parcel layer {path} cannot be read: {reason}.", "Check the file and the layer's name.")


class ParcelsInDatabase(EngineError):
    """Raised for the address of a database that is no PostGIS. Does not repeat it: it may hold a password."""

    code = "parcels.database"

    def __init__(self) -> None:
        super().__init__(
            "Expected a file of parcels or the address of a PostGIS database, found that of another database.",
            "In QGIS choose the database's layer itself, it is copied for the engine; on the command line write it to "
            "a GeoPackage first (ogr2ogr parcels.gpkg ADDRESS TABLE).",
        )


class UnusableCrs(EngineError):
    """Raised when parcels cannot be brought from their coordinate system to the images'."""

    code = "parcels.unusable_crs"

    def __init__(self, source: object, target: object, reason: object) -> None:
        super().__init__(
            f"The parcels' coordinate system ({source}) cannot be brought to the images' ({target}): {reason}.",
            "Set the parcel layer's true coordinate system (in QGIS: Layer > Set CRS) and save it.",
        )


class NoCrs(EngineError):
    """Raised when a parcel layer does not say its coordinate system."""

    code = "parcels.no_crs"

    def __init__(self, path: object) -> None:
        super().__init__(
            f"The parcel layer {path} has no coordinate system, so it cannot be laid over the images.",
            "Set the layer's coordinate system (in QGIS: Layer > Set CRS) and save it.",
        )


class NoParcels(EngineError):
    """Raised when a parcel layer has no feature."""

    code = "parcels.empty"

    def __init__(self, path: object) -> None:
        super().__init__(
            f"The parcel layer {path} holds no polygon.", "Choose a polygon layer with features, or clear its filter."
        )


class ParcelsOutsideImagery(EngineError):
    """Raised when not one parcel touches the images."""

    code = "parcels.outside"

    def __init__(self, path: object, parcels: str, imagery: str, swapped: bool = False) -> None:
        super().__init__(
            f"No parcel of {path} lies on the images: the parcels cover {parcels}, the images {imagery}.",
            "With x and y exchanged they would: write the layer with its axes the other way round."
            if swapped
            else "Check the layer's coordinate system and that both show the same region.",
        )


class MissingField(EngineError):
    """Raised when a named field is not in the layer."""

    code = "parcels.missing_field"

    def __init__(self, where: object, name: str, fields: Iterable[str]) -> None:
        super().__init__(f"{where} has no field {name!r}; it has {_listed(fields)}.", "Choose one of these fields.")


# Labels and class tables


class BadClassTable(EngineError):
    """Raised when a class table cannot be used; names the line, which is 0 when the whole file is meant."""

    code = "classes.invalid_table"

    def __init__(self, path: object, line: int, problem: str) -> None:
        where = f"{path}, line {line}" if line else f"{path}"
        super().__init__(
            f"{where}: {problem}.", "A class table is a CSV with the columns code, name, class, colour (#rrggbb)."
        )


class TooFewClasses(EngineError):
    """Raised when fewer than two classes have enough parcels to be told apart."""

    code = "labels.too_few_classes"

    def __init__(self, usable: Iterable[str], rare: Iterable[str], needed: int) -> None:
        super().__init__(
            f"Training needs at least two classes with {needed} usable parcels each; "
            f"found {_listed(usable) or 'none'}; too rare: {_listed(rare) or 'none'}.",
            "Choose the field that holds the declared crop, group rare codes with a class table, or use more parcels.",
        )


class TooFewGroups(EngineError):
    """Raised when there are fewer groups of parcels (squares, municipalities, years) than a split needs."""

    code = "folds.too_few_groups"

    def __init__(self, split: str, found: int, needed: int) -> None:
        super().__init__(
            f"A split {split} needs usable labelled parcels in at least {needed} groups; found {found}.",
            "Choose smaller squares or a field with more values, add a season, or split at random.",
        )


class TooFewToValidate(EngineError):
    """Raised when what a tested year leaves is too little to choose the best epoch by."""

    code = "folds.too_few_to_validate"

    def __init__(self, split: str, left: int) -> None:
        super().__init__(
            f"A split {split} needs four parcels of a class outside every year; one year leaves {left} in all.",
            "Leave that year out, add a season, or split at random.",
        )


class NoOutlines(EngineError):
    """Raised when parcels without a place on the ground are to be split by place."""

    code = "folds.no_outlines"

    def __init__(self, path: object) -> None:
        super().__init__(
            f"The parcels of {path} have no outlines or coordinate system, so no squares can be laid over them.",
            "Split at random, or by a field that holds a region.",
        )


class NoCommonClasses(EngineError):
    """Raised when no declared crop is among the predicted classes, so that there is nothing to compare."""

    code = "labels.no_common_class"

    def __init__(self, field: str, declared: Iterable[str], predicted: Iterable[str]) -> None:
        super().__init__(
            f"The field {field!r} holds no class that was predicted: it has {_listed(declared, 5) or 'no values'}; "
            f"predicted are {_listed(predicted, 5) or 'none'}.",
            "Choose the field with the declared crop, and the class table the model was trained with.",
        )


# The parcel series store


class NotAStore(EngineError):
    """Raised when a folder is no parcel series store, or an unfinished one."""

    code = "store.invalid"

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} is not a usable parcel series store: {problem}.", "Make it with the extract command.")


class StoreTooNew(EngineError):
    """Raised when a store was written by a newer version."""

    code = "store.newer_schema"

    def __init__(self, path: Path, found: object, known: int) -> None:
        super().__init__(f"{path} has store schema {found}; this version reads up to {known}.", "Update the plugin.")


class ObservationsNotKept(EngineError):
    """Raised when a model of clear observations meets a store whose series are on a calendar, or smoothed."""

    code = "store.no_observations"

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            f"{path} holds no observations as they were seen: its series are {found}.",
            "Extract again without a calendar and with linear filling, or choose a model of another view, such as gru.",
        )


class StoreOfOtherInputs(EngineError):
    """Raised when the output folder already holds a store made from other inputs."""

    code = "store.other_inputs"

    def __init__(self, path: Path, differences: Iterable[str]) -> None:
        super().__init__(
            f"{path} already holds a store of other inputs (different: {_listed(differences)}).",
            "Choose another output, remove that store, or run extract with --overwrite.",
        )


class NoPositions(EngineError):
    """Raised when patches are asked of a store whose pixels have no row and column."""

    code = "store.no_positions"

    def __init__(self, path: object) -> None:
        super().__init__(
            f"The pixels of {path} have no positions, as the published set has none, so no patch can be made of them.",
            "Take a model of the pixel_set or statistics view; the models command lists each one's view.",
        )


# Published data sets


class UnknownLayout(EngineError):
    """Raised when what is to be imported is of no layout that is known."""

    code = "import.unknown_layout"

    def __init__(self, path: object, found: str) -> None:
        super().__init__(
            f"{path} is no published data set that can be imported: {found}.",
            "Give a folder with DATA and META, an .npz with X (sample, date, band), or a .csv or .parquet table with "
            "a column per band and date (B04_20170113), or with a date column and a column per band.",
        )


class BadSample(EngineError):
    """Raised when a sample's file is damaged, or not like the others."""

    code = "import.bad_sample"

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(f"{path} cannot be imported: {problem}.", "Download or make this file again.")


class BadMeta(EngineError):
    """Raised when a file that describes the samples is missing, damaged or contradicts them."""

    code = "import.bad_meta"

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(f"{path}: {problem}.", "Complete or correct this file; docs/reproduce.md shows each layout.")


class RepeatedSamples(EngineError):
    """Raised when two samples, or two observations of one, have the same name."""

    code = "import.repeated"

    def __init__(self, path: object, what: str, repeated: Iterable[object]) -> None:
        super().__init__(
            f"{path}: each {what} may stand once, found more of {_listed(repeated, 5)}.",
            "Remove the repeats, or name the field that tells the samples apart with --id-field.",
        )


# Models


class NotAModel(EngineError):
    """Raised when a file is no .cropmodel, or a damaged one."""

    code = "model.invalid"

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"{path} is not a usable .cropmodel file: {problem}.", "Copy the file again, or train a new model."
        )


class ModelTooNew(EngineError):
    """Raised when a model was written by a newer version."""

    code = "model.newer_schema"

    def __init__(self, path: Path, found: object, known: int) -> None:
        super().__init__(f"{path} has model schema {found}; this version reads up to {known}.", "Update the plugin.")


class NoRotation(EngineError):
    """Raised when last year's crops are given to a model that has not learnt what follows them."""

    code = "model.no_rotation"

    def __init__(self, path: object) -> None:
        super().__init__(
            f"{path} was trained without last year's crops, so it has no use for a field that holds them.",
            "Leave --previous-field out, or train a model with --previous-field.",
        )


class UnknownModel(EngineError):
    """Raised when an architecture's name is not known."""

    code = "model.unknown"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no architecture {name!r}; known are {_listed(known)}.", "Choose one of these.")


class RunOfOtherSettings(EngineError):
    """Raised when an experiment's folder holds runs that were made otherwise, which one table must not mix."""

    code = "experiment.other_settings"

    def __init__(self, path: Path, differences: Iterable[str]) -> None:
        super().__init__(
            f"{path} is a run of other settings or data than now asked for (different: {_listed(differences)}).",
            "Choose another output folder, give the settings of the first time, or remove the runs in this one.",
        )


class BadRecord(EngineError):
    """Raised when the record of a finished run is damaged."""

    code = "experiment.bad_record"

    def __init__(self, path: Path, problem: object) -> None:
        super().__init__(f"{path} is not the record of a run: {problem}.", "Remove it; the run is then done again.")


class RecordTooNew(EngineError):
    """Raised when the record of a run was written by a newer version."""

    code = "experiment.newer_schema"

    def __init__(self, path: Path, found: object, known: int) -> None:
        super().__init__(
            f"{path} is the record of a run with schema {found}; this version reads up to {known}.",
            "Update the plugin and its engine, or choose another output folder.",
        )


class Diverged(EngineError):
    """Raised when the loss of a training run is no longer a number."""

    code = "training.diverged"

    def __init__(self, epoch: int, learning_rate: float) -> None:
        super().__init__(
            f"The training loss became infinite or undefined in epoch {epoch}, at learning rate {learning_rate:g}.",
            "Choose a lower learning rate (the default is 0.001), and check the images' scale and offset.",
        )


class NoSuchDevice(EngineError):
    """Raised when the asked-for device is not there or cannot run a kernel."""

    code = "device.unavailable"

    def __init__(self, name: str, reason: object) -> None:
        super().__init__(f"The device {name!r} cannot be used: {reason}.", "Choose 'auto' or 'cpu'.")


# Outputs


class NotWritable(EngineError):
    """Raised when an output cannot be written, or is held open by another program."""

    code = "output.not_writable"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(
            f"{path} cannot be written: {reason}.",
            "Choose another place, or close the program (or QGIS layer) that holds it.",
        )


class DiskFull(EngineError):
    """Raised when the disk cannot hold an output."""

    code = "output.disk_full"

    def __init__(self, path: object, needed_mb: float | None, free_mb: float) -> None:
        needed = "more" if needed_mb is None else f"{needed_mb:,.0f} MB"
        super().__init__(
            f"The disk of {path} is too small: {needed} needed, {free_mb:,.0f} MB free.",
            "Free some space or choose an output on another disk.",
        )


class UnknownFormat(EngineError):
    """Raised when an output's ending names no known format."""

    code = "output.unknown_format"

    def __init__(self, path: Path, known: Iterable[str]) -> None:
        super().__init__(f"{path}: the ending {path.suffix!r} names no known format.", f"Use one of {_listed(known)}.")


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals inside the block into DiskFull or NotWritable, which name the output."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(path, None, shutil.disk_usage(existing(path)).free / 1e6) from error
        raise NotWritable(path, error.strerror or error) from error


def existing(path: Path) -> Path:
    """The nearest folder of `path` that is there."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())
