"""Every error the engine raises on purpose: a stable code, what was expected and found, and what to do.

Standard library only. A class is a declaration: `backend.messages.ERRORS` holds the texts of its code. The constructor
takes their fields by name, or by position in the order in which they appear there, or in `takes` where it is given.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from backend.messages import ERRORS, compose, plain


class EngineError(Exception):
    """The root. `code` never changes once published; `message` says what happened, `advice` what the user can do.

    `fields` are the parts of the message, as JSON can hold them. Raises TypeError for wrong or missing fields.
    """

    code: ClassVar[str] = "engine.error"
    takes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, code: str, takes: tuple[str, ...] = ()) -> None:
        cls.code, cls.takes = code, takes or ERRORS[code].fields

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.takes, values))
        if len(values) > len(self.takes) or set(given) & set(named):
            raise TypeError(f"{type(self).__name__} takes the fields {', '.join(self.takes)}")
        text = ERRORS[self.code]
        text.check(frozenset({*given, *named}))
        self.fields = plain(text, {**given, **named})
        self.message, self.advice = compose(text, self.fields)
        super().__init__(self.message)


class Cancelled(EngineError, code="engine.cancelled"):
    """Raised when the user or the parent process asked the engine to stop."""


class BadJob(EngineError, code="job.invalid"):
    """Raised when a job file is not one of this protocol."""


class BadArgument(EngineError, code="argument.invalid"):
    """Raised when an argument's value cannot be used."""


class NotFound(EngineError, code="argument.not_found"):
    """Raised when there is nothing at a path that is to be read."""


class MissingPackages(EngineError, code="engine.missing_packages"):
    """Raised when the Python that runs the engine lacks some of its packages."""


class OldPython(EngineError, code="engine.old_python"):
    """Raised when the Python that runs the engine is older than the engine needs."""


class OutOfMemory(EngineError, code="engine.out_of_memory"):
    """Raised when memory could not be had, whatever it was needed for."""


# Imagery


class NoAcquisitions(EngineError, code="imagery.none_found"):
    """Raised when a folder contains no dated Sentinel-2 raster."""


class NoItems(EngineError, code="stac.no_items"):
    """Raised when a STAC source holds no item of the region and the dates that can be used."""


class UnreadableDate(EngineError, code="imagery.bad_date"):
    """Raised when a text is not a date."""


class DatesDoNotMatchStack(EngineError, code="imagery.dates_mismatch"):
    """Raised when a stack's bands are not a whole number of dates."""

    def __init__(self, path: object, layers: int, dates: int, bands: int) -> None:
        super().__init__(path, layers, dates, bands, dates * bands)


class MissingBands(
    EngineError, code="imagery.missing_bands", takes=("where", "missing", "found", "unnamed", "model", "choice")
):
    """Raised when an acquisition or a store lacks bands that are needed: by a `model`, else by a `choice` of bands that
    may be another. `unnamed`: the file does not name its bands.
    """


class MaskMismatch(EngineError, code="imagery.mask_mismatch"):
    """Raised when a mask does not cover the area of its image."""


class NoMasks(EngineError, code="imagery.no_masks"):
    """Raised when a mask folder was given and holds no mask for any acquisition."""


class GridMismatch(EngineError, code="imagery.grid_mismatch"):
    """Raised when images are too far apart for one grid."""


class UnknownImageDatum(
    EngineError, code="imagery.unknown_datum", takes=("path", "source", "target", "lacking", "candidates")
):
    """Raised when images could only be brought to a common system by a guess; `target`: that system is to blame."""


class UnusableGrid(EngineError, code="imagery.unusable_grid"):
    """Raised when a raster's pixels are not on a north-up grid in metres."""


class BadMask(EngineError, code="imagery.bad_mask"):
    """Raised when a mask contains unknown values."""


class UnreadableImage(EngineError, code="imagery.unreadable"):
    """Raised when a raster cannot be opened or a block of it cannot be decoded."""

    path: Any
    reason: str

    def __init__(self, path: object, reason: object) -> None:
        self.path, self.reason = path, str(reason).rstrip(".")
        super().__init__(path, self.reason)


class UnsupportedZarr(UnreadableImage, code="imagery.unsupported_zarr"):
    """Raised when a Zarr store is written in a way that the installed GDAL cannot read."""


class UnreachableImage(UnreadableImage, code="imagery.unreachable"):
    """Raised when an image on a server cannot be fetched, or not in one piece."""


class UnreachableCatalogue(EngineError, code="stac.unreachable"):
    """Raised when a STAC catalogue, or a page of it, cannot be fetched."""

    def __init__(self, address: object, reason: object) -> None:
        super().__init__(address, str(reason).rstrip("."))


class BadCatalogue(EngineError, code="stac.invalid"):
    """Raised when an address or a file is not a STAC catalogue that can be searched; the problem describes it."""


class BadMetadata(UnreadableImage, code="imagery.bad_metadata"):
    """Raised when a product's metadata cannot be understood; the reason gives what was expected and found."""


class ImplausibleValues(UnreadableImage, code="imagery.implausible"):
    """Raised when a date's numbers cannot be reflectance as they are read; the reason says what was found."""


class ImplausibleSeason(EngineError, code="imagery.implausible_season", takes=("band", "found", "dark", "bright")):
    """Raised when no date's numbers can be reflectance as they are read."""


class UnsupportedProduct(EngineError, code="imagery.unsupported_product"):
    """Raised when a product is complete, but of a kind without surface reflectance."""


class IncompleteProduct(UnreadableImage, code="imagery.incomplete_product"):
    """Raised when files of a product are missing; the reason names them."""


# Parcels


class UnreadableParcels(EngineError, code="parcels.unreadable"):
    """Raised when the parcel file cannot be opened as a vector layer."""


class ParcelsInDatabase(EngineError, code="parcels.database"):
    """Raised for the address of a database that is not PostGIS. Does not repeat it, since it may contain a password."""


class UnusableCrs(EngineError, code="parcels.unusable_crs"):
    """Raised when parcels cannot be reprojected from their coordinate system to the images'."""


class UnknownDatum(EngineError, code="parcels.unknown_datum", takes=("source", "images", "lacking", "candidates")):
    """Raised when parcels could only be reprojected by a guess, which may be off by hundreds of metres."""


class NoCrs(EngineError, code="parcels.no_crs"):
    """Raised when a parcel layer has no coordinate system."""


class NoParcels(EngineError, code="parcels.empty"):
    """Raised when a parcel layer has no feature."""


class ParcelsOutsideImagery(EngineError, code="parcels.outside"):
    """Raised when not one parcel touches the images."""


class MissingField(EngineError, code="parcels.missing_field"):
    """Raised when a named field is not in the layer."""


# Labels and class tables


class BadClassTable(EngineError, code="classes.invalid_table"):
    """Raised when a class table cannot be used; names the line, which is 0 when the whole file is meant."""


class TooFewClasses(EngineError, code="labels.too_few_classes", takes=("usable", "rare", "needed")):
    """Raised when fewer than two classes have enough parcels."""


class TooFewGroups(EngineError, code="folds.too_few_groups", takes=("split", "found", "needed")):
    """Raised when there are fewer groups of parcels (squares, municipalities, years) than a split needs."""


class TooFewToValidate(EngineError, code="folds.too_few_to_validate"):
    """Raised when a tested year leaves too few parcels for choosing the best epoch."""


class NoOutlines(EngineError, code="folds.no_outlines"):
    """Raised when parcels without a location are to be split by location."""


class SeasonsDoNotOverlap(EngineError, code="season.no_overlap"):
    """Raised when images show none of the days that a model was trained on, or that another store has."""


class NoCommonClasses(EngineError, code="labels.no_common_class"):
    """Raised when no declared crop is among the predicted classes, so that there is nothing to compare."""


# The parcel series store


class NotAStore(EngineError, code="store.invalid"):
    """Raised when a folder is not a parcel series store, or an unfinished one."""


class StoreTooNew(EngineError, code="store.newer_schema"):
    """Raised when a store was written by a newer version."""


class ObservationsNotKept(EngineError, code="store.no_observations"):
    """Raised when a model of clear observations meets a store whose series are on a calendar, or smoothed."""


class StoreOfOtherInputs(EngineError, code="store.other_inputs"):
    """Raised when the output folder already holds a store made from other inputs."""


class NoPositions(EngineError, code="store.no_positions"):
    """Raised when patches are requested from a store whose pixels have no row and column."""


# Published data sets


class UnknownLayout(EngineError, code="import.unknown_layout"):
    """Raised when a data set to be imported has an unknown layout."""


class BadSample(EngineError, code="import.bad_sample"):
    """Raised when a sample's file is damaged, or not like the others."""


class BadMeta(EngineError, code="import.bad_meta"):
    """Raised when a file that describes the samples is missing, damaged or contradicts them."""


class RepeatedSamples(EngineError, code="import.repeated"):
    """Raised when two samples, or two observations of one, have the same name."""


# Models


class NotAModel(EngineError, code="model.invalid"):
    """Raised when a file is not a .cropmodel, or is damaged."""


class ModelTooNew(EngineError, code="model.newer_schema"):
    """Raised when a model was written by a newer version."""


class NoRotation(EngineError, code="model.no_rotation"):
    """Raised when last year's crops are given to a model that was trained without them."""


class NeedsTemperatures(EngineError, code="model.needs_temperatures"):
    """Raised when a model by thermal time is given no temperatures."""


class NoThermalTime(EngineError, code="model.no_thermal_time"):
    """Raised when temperatures are given to a model by day of year."""


class BadTemperatures(EngineError, code="temperatures.invalid"):
    """Raised when a file of daily temperatures cannot be used, or lacks days."""


class UnknownModel(EngineError, code="model.unknown"):
    """Raised when an architecture's name is not known."""


class RunOfOtherSettings(EngineError, code="experiment.other_settings"):
    """Raised when an experiment's folder contains runs with other settings, which one table must not mix."""


class BadRecord(EngineError, code="experiment.bad_record"):
    """Raised when the record of a finished run is damaged."""


class RecordTooNew(EngineError, code="experiment.newer_schema"):
    """Raised when the record of a run was written by a newer version."""


class Diverged(EngineError, code="training.diverged"):
    """Raised when the loss of a training run is no longer a number."""


class TooLittleTime(EngineError, code="training.too_little_time", takes=("needed_s", "budget_s")):
    """Raised when the time for a search is too short for a single candidate."""


class NoSuchDevice(EngineError, code="device.unavailable"):
    """Raised when the requested device is missing or does not work."""


# Outputs


class NotWritable(EngineError, code="output.not_writable"):
    """Raised when an output cannot be written, or is held open by another program."""


class OutputInUse(NotWritable, code="output.in_use"):
    """Raised when another program has an output open, or changed it while the new one was written."""


class DiskFull(EngineError, code="output.disk_full"):
    """Raised when the disk cannot hold an output."""


class FileTooLarge(EngineError, code="output.too_large"):
    """Raised when an output would be larger than this process, or the disk's file system, may make a file."""


class QuotaExceeded(EngineError, code="output.quota"):
    """Raised when the user's share of the disk is used up."""


class TableExists(EngineError, code="output.table_exists"):
    """Raised when a GeoPackage of several layers already holds one of the output's name."""


class NoParcelsLeft(EngineError, code="export.no_parcels"):
    """Raised when no parcel of a classified layer is of the qualities and the confidence that are wanted."""


class UnknownFormat(EngineError, code="output.unknown_format"):
    """Raised when an output's file extension does not stand for a known format."""

    def __init__(self, path: Path, known: Iterable[str]) -> None:
        super().__init__(path, path.suffix, known)
