"""The one table of options of all commands, for the command line, the jobs, QGIS and the documents.

Standard library only and valid on Python 3.9: the plugin loads this file by path into QGIS's own interpreter.
Texts are plain English; the plugin translates `label`, `help`, `otherwise` and `unit` (i18n/README.md).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from math import isfinite
from numbers import Real
from typing import Any, Dict, List, Mapping, Optional, Tuple

# Kinds of values. Several values of NAMES and NUMBERS are one text with commas, several DATES are several texts.
TEXT, WHOLE, NUMBER, FLAG, CHOICE, DATE, DATES = "text", "whole number", "number", "flag", "choice", "date", "dates"
CALENDAR, NAMES, NUMBERS, CRS, FIELD = "calendar", "names", "numbers", "coordinate system", "field"
FILE, FOLDER, OUTPUT, STORE = "file", "folder", "output", "store"  # FILE and FOLDER exist; OUTPUT is written
IMAGERY, PARCELS = "imagery", "parcels"  # a path or "stac:ADDRESS"; a path or the address of a database
ARCHITECTURE_NAME, MODEL_FILE = "architecture", "model file"
AUTO = "auto"  # an architecture's name: the best for the labels, found by a search

# Groups, as the dialogs and the documents show them
INPUTS, IMAGES, MASKS, DATES_AND_BANDS, GRID = "inputs", "images", "masks", "dates and bands", "grid"
SERIES, PARCEL_GROUP, CLASSES, TRAINING, SPLITTING = "series", "parcels", "classes", "training", "splitting"
COMPUTING, OUTPUTS, IMPORT, SIMULATION, EXPERIMENT = "computing", "outputs", "import", "simulation", "experiment"
EXPORT = "export"

# What an option follows where it is not given; "": its default
ARCHITECTURE, MODEL = "architecture", "model"

DEVICES = ("auto", "cpu", "cuda", "mps")
SPLITS = ("random", "blocks", "group", "year")
LOSSES = ("cross-entropy", "focal")
CLASS_WEIGHTS = ("none", "balanced", "square-root")
SCHEDULES = ("constant", "cosine", "one-cycle")
PRECISIONS = ("float32", "bfloat16")
INDICES = ("none", "all")
LEAVE_OUT, GROUP = RARE_CLASSES = ("leave-out", "group")
REFIT, PAPER = PROTOCOLS = ("refit", "paper")
EXACT_FILLINGS = ("linear", "nearest")  # leave clear observations unchanged
FILLINGS = (*EXACT_FILLINGS, "whittaker", "savitzky-golay")
RESAMPLINGS = ("nearest", "bilinear", "cubic")
THEIA_REFLECTANCES = ("FRE", "SRE")
LANGUAGES = ("en",)
TABLES = ("table1", "table2", "table3", "table4", "figure2")
FORMATS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "parquet": "Parquet", "fgb": "FlatGeobuf", "csv": "CSV"}
PREDICTION_FIELDS = (  # of a classified layer, beside its own; each name fits a shapefile
    "crop_code", "crop_name", "confidence", "crop2_code", "crop2_name", "margin", "n_pixels", "observed", "novelty",
    "quality", "trained_on",
)  # fmt: skip
QUALITIES = (  # of a classified parcel; `backend/vocabulary.py` explains them
    "ok", "few_pixels", "partly_outside", "unlike_training", "outside", "no_clear_observation", "invalid_geometry",
)  # fmt: skip
MOST_DAYS = 36_525  # of a calendar, from the season's first day, either way: a century
CLEAR_SCL, LAST_SCL = (4, 5, 6, 7), 11  # of Sen2Cor's classes: vegetation, bare soil, water, unclassified; snow

_DATE = re.compile(r"(\d{4})([-_]?)(\d{2})\2(\d{2})(?:[T ].*)?")
EVERY = "every:"
_PHRASES = {
    WHOLE: "a whole number",
    NUMBER: "a number",
    DATE: "a date as YYYY-MM-DD or YYYYMMDD",
    DATES: "a date as YYYY-MM-DD or YYYYMMDD",
    CALENDAR: "days of the season in rising order such as 3,13,43, or every:10",
    NUMBERS: "different whole numbers such as 4,5,6,7, each",
    FLAG: "yes or no",
}
_UNITS = {"m": " of metres", "days": " of days", "epochs": " of epochs"}


@dataclass(frozen=True)
class Option:
    """One option of some commands.

    `name` is that of jobs and of the Python API. `label` is a noun phrase for QGIS, empty where the plugin gives the
    value by other means; `otherwise` describes what applies without a value where there is no `default`. The range is
    closed unless `above` (the minimum is excluded) or `below` (the maximum is). `follows` names what comes before the
    default: the ARCHITECTURE's recipe, or, when classifying, the training of the MODEL. `parameter` is QGIS's name
    where it is not the upper-cased name; `default_in_qgis` is its default where that differs.
    """

    name: str
    kind: str
    group: str
    commands: Tuple[str, ...]
    label: str
    help: str
    default: Any = None
    otherwise: str = ""
    choices: Tuple[str, ...] = ()
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    above: bool = False
    below: bool = False
    decimals: int = 1
    unit: str = ""
    follows: str = ""
    advanced: bool = True
    required: bool = False
    positional: bool = False
    repeated: bool = False
    parameter: str = ""
    default_in_qgis: Any = None

    @property
    def qgis_name(self) -> str:
        return self.parameter or self.name.upper()

    @property
    def expected(self) -> str:
        """What a value must be, for messages: `a number above 0, at most 1`."""
        if self.choices:
            return " or ".join(self.choices)
        phrase = "a percentage" if self.unit == "%" else _PHRASES.get(self.kind, self.kind)
        return f"{phrase}{_UNITS.get(self.unit, '')}{self._range()}"

    def follows_in(self, command: str) -> str:
        """What the option follows in `command` where it is not given; a model can be followed only when classifying."""
        return "" if self.follows == MODEL and command != "classify" else self.follows

    def accepts(self, value: Any) -> bool:
        """Whether `value`, or each item of its text, is of this kind, among the choices and in the range."""
        if self.choices:
            return value in self.choices
        if self.kind in (DATE, DATES):
            return isinstance(value, date) or is_date(str(value))
        if self.kind == CALENDAR:
            return is_calendar(str(value))
        if self.kind == NUMBERS:
            numbers = as_numbers(value)
            return 0 < len(set(numbers)) == len(numbers) and all(map(self._in_range, numbers))
        if self.kind in (WHOLE, NUMBER):
            return _is_number(value, whole=self.kind == WHOLE) and self._in_range(value)
        return True

    def _in_range(self, value: float) -> bool:
        low, high = self.minimum, self.maximum
        return (low is None or value > low or (value == low and not self.above)) and (
            high is None or value < high or (value == high and not self.below)
        )

    def _range(self) -> str:
        low, high = (None if limit is None else f"{limit:.10g}" for limit in (self.minimum, self.maximum))
        if low is None:
            return "" if high is None else f" {'below' if self.below else 'at most'} {high}"
        start = f" {'above' if self.above else 'from'} {low}"
        if high is None:
            return start
        return f"{start} to {high}" if not (self.above or self.below) else f"{start}, {self._end(high)}"

    def _end(self, high: str) -> str:
        return f"below {high}" if self.below else f"at most {high}"


def options_of(*commands: str) -> Tuple[Option, ...]:
    """The options of any of the commands, in the table's order."""
    return tuple(row for row in OPTIONS if set(commands) & set(row.commands))


def option(name: str, command: str = "") -> Option:
    """The row of that name; `command` chooses where commands have different ones. Raises KeyError."""
    found = [row for row in OPTIONS if row.name == name and (not command or command in row.commands)]
    if len(found) != 1:
        raise KeyError(f"{len(found)} options are called {name!r}" + (f" in {command}" if command else ""))
    return found[0]


def default(name: str, command: str = "") -> Any:
    """The default, where the option is not given and follows nothing. Raises KeyError."""
    return option(name, command).default


def is_used_with(row: Option, architecture: str) -> bool:
    """Whether `train` takes an option with this architecture: a search decides on what a recipe has, and on the
    protocol; only a search has a time.
    """
    if architecture == AUTO:
        return row.follows != ARCHITECTURE and row.name != "protocol"
    return row.name != "time_budget_min"


def default_in_qgis(row: Option) -> Any:
    """What a parameter or a field of a dialog is set to at first."""
    return row.default if row.default_in_qgis is None else row.default_in_qgis


def effective(row: Option, given: Any = None, followed: Optional[Mapping[str, Any]] = None) -> Any:
    """The value in effect: the given one, else the followed one (a recipe, `trained_options`), else the default."""
    if given is not None:
        return given
    value = (followed or {}).get(row.name)
    return row.default if value is None else value


def trained_options(preparation: Any) -> Dict[str, Any]:
    """The options in a model's `provenance.preparation`, by name; those that are missing there are left out."""
    facts = preparation if isinstance(preparation, Mapping) else {}
    parts = [part for part in (facts.get("series"), facts.get("masks"), facts) if isinstance(part, Mapping)]
    values = {name: value for part in parts for name, value in part.items()}
    return {row.name: values[row.name] for row in OPTIONS if row.follows == MODEL and values.get(row.name) is not None}


def as_typed(value: Any) -> str:
    """A value as it is typed: `4,5,6,7`, `0.001`, `yes`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ",".join(map(as_typed, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def if_not_given(row: Option, command: str) -> str:
    """A description of what applies to a command without this option; "" where it is obvious."""
    follows = row.follows_in(command)
    if follows == MODEL:
        return "as the model was trained"
    value = "" if row.default is None or row.default is False else as_typed(row.default)
    return f"the architecture's, else {value}" if follows == ARCHITECTURE else value or row.otherwise


def is_date(text: str) -> bool:
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return False
    return True


def as_list(text: str) -> List[str]:
    """The items of a text with commas, semicolons or blanks between them."""
    return [item for item in re.split(r"[,;\s]+", text) if item]


def as_numbers(value: Any) -> Tuple[int, ...]:
    """The whole numbers of a text with commas, or of a sequence; () where an item is not one."""
    try:
        return tuple(int(item) for item in (str(value).split(",") if isinstance(value, str) else value))
    except (TypeError, ValueError):
        return ()


def is_calendar(text: str) -> bool:
    """Days since 1 January of the harvest year, below 0 before it; or every so many days."""
    days = as_numbers(text[len(EVERY) :] if text.startswith(EVERY) else text)
    if text.startswith(EVERY):
        return len(days) == 1 and days[0] > 0
    return bool(days) and list(days) == sorted(set(days)) and max(map(abs, days)) <= MOST_DAYS


def _is_number(value: Any, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return isfinite(value) and (not whole or value % 1 == 0)


_READ = ("inspect", "extract", "classify")  # images
_MAKE = ("extract", "classify")  # series
_LEARN = ("train", "experiment")
_FIT = (*_LEARN, "finetune")
_STORED = ("extract", "import")

OPTIONS: Tuple[Option, ...] = (
    # Where images and parcels are
    Option(
        "imagery", IMAGERY, INPUTS, ("inspect", "extract"), "Images (a folder, a file, or stac: and an address)",
        "One season of Sentinel-2 products as downloaded, zipped or not, or of GeoTIFFs with the date in their names; "
        "a file with a cube or a stack; or stac: and the address of a catalogue.",
        advanced=False, required=True, positional=True,
    ),
    Option(
        "source", IMAGERY, INPUTS, ("classify",), "Images (a folder, a file, or stac: and an address)",
        "One season of Sentinel-2 images, as for extract, together with parcels; or a parcel series store.",
        advanced=False, required=True, positional=True, parameter="IMAGERY",
    ),
    Option(
        "parcels", PARCELS, INPUTS, ("extract",), "",
        "The parcel layer: a file, a folder (.gdb) or the address of a PostGIS database.",
        required=True, positional=True,
    ),
    Option(
        "parcels", PARCELS, INPUTS, ("classify",), "",
        "The parcel layer, as for extract, together with images.", positional=True,
    ),
    Option(
        "table", CHOICE, INPUTS, ("experiment",), "Table or figure of the paper",
        "The table or figure of the paper; table1 needs no data.",
        choices=(*TABLES, "all"), advanced=False, required=True, positional=True,
    ),
    Option(
        "model", MODEL_FILE, INPUTS, ("finetune",), "Model to carry on", "The trained model, a .cropmodel file.",
        advanced=False, required=True, positional=True,
    ),
    Option(
        "store", STORE, INPUTS, ("train", "finetune"), "Parcel series store",
        "The parcel series store, or one for each season.",
        advanced=False, required=True, positional=True, repeated=True,
    ),
    Option(
        "store", STORE, INPUTS, ("experiment",), "Parcel series store",
        "The parcel series store, or one for each season.",
        advanced=False, positional=True, repeated=True,
    ),
    Option(
        "source", FILE, INPUTS, ("import",), "Published data set (an .npz, .csv or .parquet file)",
        "A folder of DATA and META, an .npz file, or a .csv or .parquet table.",
        advanced=False, required=True, positional=True,
    ),
    Option(
        "predictions", FILE, INPUTS, ("evaluate", "export"), "", "A classified layer.", required=True, positional=True,
    ),
    Option(
        "model", MODEL_FILE, INPUTS, ("classify",), "", "The trained model, a .cropmodel file.",
        advanced=False, required=True,
    ),
    Option(
        "masks", FOLDER, INPUTS, _READ, "Mask folder",
        "A folder with a scene classification (SCL) or a 0/1 raster (1: masked) for each date, with the date in its "
        "name. Products that include masks do not need it.",
        otherwise="the products' own masks", advanced=False,
    ),
    # Dates and bands
    Option(
        "exclude", DATES, DATES_AND_BANDS, _READ, "Dates to leave out",
        "Dates that are not used, for example because of haze, as YYYY-MM-DD.", repeated=True,
    ),
    Option(
        "band_names", NAMES, DATES_AND_BANDS, _READ, "Names of the bands in file order",
        "Names such as B02,B03,B04, separated by commas, for files that do not name their bands.",
        otherwise="from the files",
    ),
    Option(
        "bands", NAMES, DATES_AND_BANDS, ("extract",), "Bands of the store",
        "Names such as B02,B03,B04,B08, separated by commas; a model that is trained on the store needs these bands.",
        otherwise="the ten bands at 10 and 20 m",
    ),
    Option(
        "dates_file", FILE, DATES_AND_BANDS, _READ, "Dates of a single stack",
        "A text file with the dates of a stack, one per line in the stack's order, if the stack does not contain them.",
        otherwise="the file's own dates",
    ),
    Option(
        "start", DATE, DATES_AND_BANDS, (*_READ, "import"), "First date used",
        "The first date that is used, as YYYY-MM-DD.", otherwise="the first image",
    ),
    Option(
        "end", DATE, DATES_AND_BANDS, (*_READ, "import"), "Last date used",
        "The last date that is used, as YYYY-MM-DD.", otherwise="the last image",
    ),
    Option(
        "season", WHOLE, DATES_AND_BANDS, (*_READ, "import"), "Season (harvest year)",
        "The year of the harvest; days are counted from its 1 January.",
        otherwise="from the dates of the images", minimum=1980, maximum=2200,
    ),
    # The grid, and reflectances on it
    Option(
        "resolution_m", NUMBER, GRID, _READ, "Resolution",
        "Pixel size of the grid to which all images are resampled.",
        default=10.0, minimum=1, maximum=1000, unit="m", parameter="RESOLUTION",
    ),
    Option(
        "crs", CRS, GRID, _READ, "Coordinate system of the grid",
        "A projected coordinate system in metres, such as EPSG:32631; images that have it are read without resampling.",
        otherwise="that of most images",
    ),
    Option(
        "resampling", CHOICE, GRID, _READ, "Resampling",
        "How bands in another resolution, or images in another coordinate system, are resampled to the grid.",
        default="nearest", choices=RESAMPLINGS,
    ),
    Option(
        "scale", NUMBER, GRID, _READ, "Reflectance per count",
        "Reflectance is count x scale + offset. Whole numbers in files without a scale are read with 0.0001.",
        otherwise="from the files", minimum=0, above=True, decimals=6,
    ),
    Option(
        "offset", NUMBER, GRID, _READ, "Reflectance at count 0",
        "Reflectance of a count of 0, which is added to count x scale.",
        otherwise="from the files", decimals=6,
    ),
    # Masks
    Option(
        "scl_classes", NUMBERS, MASKS, _READ, "Clear classes (SCL)",
        "Numbers of the classes of Sen2Cor's scene classification that are clear: 4 is vegetation, 5 bare ground, "
        "6 water, 7 unclassified.",
        default=CLEAR_SCL, minimum=1, maximum=LAST_SCL, follows=MODEL,
    ),
    Option(
        "mask_dilation_m", NUMBER, MASKS, _READ, "Margin around masked pixels",
        "Pixels within this distance of a masked pixel, such as a cloud, are masked, too.",
        default=0.0, minimum=0, maximum=5000, unit="m", follows=MODEL, parameter="MASK_DILATION",
    ),
    Option(
        "cloud_probability", NUMBER, MASKS, _READ, "Cloud probability threshold",
        "Pixels with at least this cloud probability (in ESA's products) are masked, in addition to the classes of the "
        "scene classification.",
        otherwise="not used", minimum=0, maximum=100, above=True, unit="%",
    ),
    Option(
        "theia_reflectance", CHOICE, MASKS, _READ, "Reflectance of Theia's products",
        "FRE is corrected for the slope of the terrain, SRE is not.", default="FRE", choices=THEIA_REFLECTANCES,
    ),
    Option(
        "skip_unreadable", FLAG, IMAGES, _READ, "Leave out images that cannot be read",
        "Damaged images are listed and left out, with their dates; without this option a damaged image stops the run.",
        default=False,
    ),
    # Series
    Option(
        "filling", CHOICE, SERIES, _MAKE, "Filling of gaps in time",
        "How values under clouds are filled: linear interpolation, as in the paper; nearest takes the nearest clear "
        "date; whittaker and savitzky-golay also smooth the clear dates.",
        default="linear", choices=FILLINGS, follows=MODEL,
    ),
    Option(
        "max_gap_days", WHOLE, SERIES, _MAKE, "Longest gap that is filled",
        "Gaps between clear dates that are further apart than this are not filled; 0 means no limit.",
        default=0, minimum=0, unit="days", follows=MODEL,
    ),
    Option(
        "remove_outliers", FLAG, SERIES, _MAKE, "Remove clouds that the masks missed",
        "Masks clouds and shadows by a test in time: dates that differ strongly from the clear dates before and after "
        "them, in the blue or the infrared.",
        default=False, follows=MODEL,
    ),
    Option(
        "calendar", CALENDAR, SERIES, ("extract",), "Days of the season",
        "The series are interpolated to these days since 1 January of the harvest year, negative before it, such as "
        "3,13,43, or every:10 for every tenth day. A model that is trained on such days can classify any year.",
        otherwise="the dates of the images",
    ),
    # Crops and classes
    Option(
        "class_field", FIELD, CLASSES, ("train", "finetune"), "Field of declared crops",
        "The field that holds the declared crop, as a code or a name.", advanced=False, required=True,
    ),
    Option(
        "class_field", FIELD, CLASSES, ("experiment",), "Field of declared crops",
        "The field of the store's parcels that holds the declared crop.", advanced=False,
    ),
    Option(
        "class_table", TEXT, CLASSES, (*_LEARN, "evaluate"), "",
        "A built-in class table, or a CSV file with the columns code, name, class, colour.",
        otherwise="each value is a class",
    ),
    Option(
        "class_table", TEXT, CLASSES, ("finetune",), "",
        "A built-in class table, or a CSV file with the columns code, name, class, colour; classes are those of the "
        "model where their codes are the same.",
        otherwise="the model's",
    ),
    Option(
        "name_field", FIELD, CLASSES, _LEARN, "Field of crop names",
        "The field with the names to show in the report and on the map instead of codes, where each value is a class.",
    ),
    Option(
        "unknown_class", TEXT, CLASSES, (*_FIT, "evaluate"), "Class of codes that are not in the class table",
        "A class of the table, or a new one. Such codes are always listed with their counts.", otherwise="left out",
    ),
    Option(
        "truth", FIELD, CLASSES, ("classify",), "Field of declared crops to compare with",
        "The field of declared crops with which the report compares the predictions.", advanced=False,
    ),
    Option(
        "truth", FIELD, CLASSES, ("evaluate",), "Field of declared crops",
        "The field that holds the declared crop.", advanced=False, required=True,
    ),
    Option(
        "previous_field", FIELD, CLASSES, ("train", "finetune", "classify"), "Field of last year's crops",
        "The field that holds last year's crop. A model that is trained with it also uses the crop rotation.",
    ),
    Option(
        "temperatures", FILE, DATES_AND_BANDS, ("train", "finetune", "classify"), "Daily mean temperatures (CSV)",
        "A CSV with the columns date and mean_temperature (degrees Celsius) and a row for each day. A model that is "
        "trained with it counts growing degree days in place of days, and needs the temperatures of each season that "
        "it classifies. For dated-ltae, dated-gru and auto.",
        otherwise="days of the year",
    ),
    Option(
        "base_temperature", NUMBER, DATES_AND_BANDS, ("train",), "Base temperature",
        "Growing degree days are the degrees of the daily means above this, in degrees Celsius: about 0 for winter "
        "cereals and mixtures, 8 to 10 for maize. In weeks below it the axis of time stands still.",
        otherwise="0 with temperatures", minimum=-20, maximum=30,
    ),
    # Architecture and training
    Option(
        "model", ARCHITECTURE_NAME, TRAINING, ("train",), "Architecture",
        "The architecture of the model; the models command lists all of them. With auto several are compared on folds "
        "of the training parcels, and the best ones for these labels are combined.",
        default=AUTO, advanced=False,
    ),
    Option(
        "time_budget_min", NUMBER, TRAINING, ("train",), "Time for the search",
        "How long auto may compare architectures; those that it chooses are trained afterwards. With more time it "
        "compares more of them, and tests its choice on more folds.",
        default=10.0, minimum=0, above=True, unit="min",
    ),
    Option(
        "models", NAMES, TRAINING, ("experiment",), "Architectures to compare",
        "Architectures, separated by commas; the random forest is always added.", otherwise="the paper's",
    ),
    Option(
        "epochs", WHOLE, TRAINING, _LEARN, "Epochs", "How many times the network is trained on every training parcel.",
        default=50, minimum=1, follows=ARCHITECTURE, advanced=False,
    ),
    Option(
        "epochs", WHOLE, TRAINING, ("finetune",), "Epochs",
        "How many times each network is trained on every parcel; with more it forgets more of what it knew.",
        default=20, minimum=1, advanced=False,
    ),
    Option(
        "learning_rate", NUMBER, TRAINING, ("finetune",), "Learning rate",
        "The learning rate at first; it falls to 0.",
        otherwise="1/10 to 1/3 of the architecture's, by labels",
        minimum=0, maximum=1, above=True, decimals=6,
    ),
    Option(
        "batch_size", WHOLE, TRAINING, _LEARN, "Parcels per batch", "Number of parcels in each step of the training.",
        default=32, minimum=2, follows=ARCHITECTURE,
    ),
    Option(
        "learning_rate", NUMBER, TRAINING, _LEARN, "Learning rate",
        "The learning rate, or the highest one if the schedule changes it.",
        default=1e-3, minimum=0, maximum=1, above=True, decimals=6, follows=ARCHITECTURE,
    ),
    Option(
        "schedule", CHOICE, TRAINING, _LEARN, "Learning-rate schedule",
        "How the learning rate changes from the first epoch to the last.",
        default="constant", choices=SCHEDULES, follows=ARCHITECTURE,
    ),
    Option(
        "weight_decay", NUMBER, TRAINING, _LEARN, "Weight decay", "Keeps weights small, which reduces overfitting.",
        default=0.0, minimum=0, maximum=1, decimals=6, follows=ARCHITECTURE,
    ),
    Option(
        "patience", WHOLE, TRAINING, _LEARN, "Patience",
        "The training stops after this many epochs without an improvement; 0 means that it never stops early. The best "
        "epoch is always kept.",
        default=0, minimum=0, unit="epochs", follows=ARCHITECTURE,
    ),
    Option(
        "loss", CHOICE, TRAINING, _LEARN, "Loss",
        "The loss that is minimised; focal loss gives less weight to parcels that are already classified well.",
        default="cross-entropy", choices=LOSSES, follows=ARCHITECTURE,
    ),
    Option(
        "class_weights", CHOICE, TRAINING, _LEARN, "Class weights", "Gives more weight to parcels of rare classes.",
        default="none", choices=CLASS_WEIGHTS, follows=ARCHITECTURE,
    ),
    Option(
        "date_dropout", NUMBER, TRAINING, _LEARN, "Date dropout",
        "Share of the dates that is removed from each training parcel and filled as under clouds.",
        default=0.0, minimum=0, maximum=1, below=True, decimals=2, follows=ARCHITECTURE,
    ),
    Option(
        "time_shift_days", NUMBER, TRAINING, _LEARN, "Shift in time",
        "Each training parcel's series is moved by a random number of days, at most this many, earlier or later, so "
        "that the model depends less on the calendar of one region or year.",
        default=0.0, minimum=0, maximum=90, unit="days", follows=ARCHITECTURE,
    ),
    Option(
        "scale_noise", NUMBER, TRAINING, _LEARN, "Noise of reflectance",
        "Each training parcel's reflectance is multiplied by a random factor with this relative spread, such as 0.05.",
        default=0.0, minimum=0, maximum=0.5, decimals=2, follows=ARCHITECTURE,
    ),
    Option(
        "time_shift_days", NUMBER, TRAINING, ("finetune",), "Shift in time",
        "Each training parcel's series is moved by a random number of days, at most this many, earlier or later.",
        default=0.0, minimum=0, maximum=90, unit="days",
    ),
    Option(
        "scale_noise", NUMBER, TRAINING, ("finetune",), "Noise of reflectance",
        "Each training parcel's reflectance is multiplied by a random factor with this relative spread, such as 0.05.",
        default=0.0, minimum=0, maximum=0.5, decimals=2,
    ),
    Option(
        "indices", CHOICE, TRAINING, _LEARN, "Spectral indices",
        "Adds spectral indices to the bands that the model uses: NDVI, NDMI, NDRE and EVI, as far as the series have "
        "the bands for them.",
        default="none", choices=INDICES, follows=ARCHITECTURE,
    ),
    Option(
        "precision", CHOICE, TRAINING, _LEARN, "Precision",
        "Precision of the network during training; bfloat16 is faster on recent GPUs and slower on most processors.",
        default="float32", choices=PRECISIONS, follows=ARCHITECTURE,
    ),
    # How parcels are kept back for testing
    Option(
        "protocol", CHOICE, TRAINING, ("train",), "Protocol",
        "With refit the model is trained on all labelled parcels, and its scores are those of models that were trained "
        "without the parcels that they are tested on; with paper it is the best model of the folds, trained on three "
        "fifths of the parcels.",
        default=REFIT, choices=PROTOCOLS,
    ),
    Option(
        "members", WHOLE, TRAINING, ("train",), "Members",
        "Number of networks, trained with different seeds, whose probabilities are averaged: better scores, and as "
        "many times the computing time.",
        otherwise="1, with auto 3", minimum=1, maximum=32,
    ),
    Option(
        "folds", WHOLE, SPLITTING, ("train", "finetune"), "Cross-validation folds tested",
        "How many of the five folds (or of the years) are trained and tested; with all of them, each parcel is tested "
        "once.",
        otherwise="all; one above 3000 parcels", minimum=1, advanced=False,
    ),
    Option(
        "folds", WHOLE, SPLITTING, ("experiment",), "Cross-validation folds that are run",
        "How many of the five folds (or of the years) are trained and tested.",
        otherwise="all", minimum=1, advanced=False,
    ),
    Option(
        "split", CHOICE, SPLITTING, _FIT, "Split for testing",
        "Which parcels are kept together: none (random), those of a square (blocks), of a value of the split field "
        "(group), or of a year. Scores of whole squares, groups or years are lower, and more realistic for new areas.",
        default="random", choices=SPLITS,
    ),
    Option(
        "block_size_m", NUMBER, SPLITTING, _FIT, "Side of the squares",
        "Size of the squares of the split blocks: all parcels of a square are used either for training or for testing.",
        default=5000.0, minimum=1, decimals=0, unit="m",
    ),
    Option(
        "split_field", FIELD, SPLITTING, _FIT, "Field of the split",
        "The splits group and year keep parcels with the same value of this field together; year can also use the "
        "season of each store.",
    ),
    # Other options of a training or a run
    Option(
        "seed", WHOLE, TRAINING, _FIT, "Random seed",
        "The same seed gives the same split and, on a processor, the same model.",
        default=0, minimum=0, maximum=2**32 - 1,
    ),
    Option(
        "min_samples", WHOLE, TRAINING, _FIT, "Minimum number of parcels per class",
        "Classes with fewer usable parcels are rare: they are left out or grouped, and listed. Below five, not every "
        "fold can train and test a class, and its scores mean little.",
        default=5, minimum=2, advanced=False,
    ),
    Option(
        "rare_classes", CHOICE, TRAINING, _LEARN, "Rare classes",
        "What becomes of classes with fewer parcels than the minimum: they are left out, or grouped with the class "
        "that the column parent of the class table names. A group that is still too small is left out.",
        default=LEAVE_OUT, choices=RARE_CLASSES, advanced=False,
    ),
    Option(
        "restart", FLAG, TRAINING, ("train", "finetune"), "Start again from the beginning",
        "Starts a training that was stopped from the beginning, instead of continuing it.", default=False,
    ),
    Option(
        "device", CHOICE, COMPUTING, (*_FIT, "classify"), "Device",
        "The device for computing; auto chooses a GPU that works, otherwise the processor.",
        default="auto", choices=DEVICES, advanced=False,
    ),
    Option(
        "batch_size", WHOLE, COMPUTING, ("classify",), "Parcels per batch",
        "Number of parcels that are classified at a time; a smaller number needs less memory.",
        otherwise="chosen for the model", minimum=1,
    ),
    # Parcels
    Option(
        "layer", TEXT, PARCEL_GROUP, (*_MAKE, "evaluate", "export"), "",
        "The layer of a file that has several; for a database TABLE, SCHEMA.TABLE or SCHEMA.TABLE(COLUMN).",
        otherwise="the only layer",
    ),
    Option(
        "id_field", FIELD, PARCEL_GROUP, _MAKE, "Field that identifies a parcel",
        "The field whose values identify the parcels.",
        otherwise="the feature id",
    ),
    Option(
        "few_pixels", WHOLE, PARCEL_GROUP, (*_MAKE, "import"), "Flag parcels with fewer pixels than",
        "Parcels with fewer pixels than this are classified nevertheless, with the flag few_pixels.",
        default=4, minimum=1,
    ),
    Option(
        "inner_buffer_m", NUMBER, PARCEL_GROUP, _MAKE, "Inner buffer of the parcels",
        "Only pixels at least this far inside the outline are used, to keep out the influence of neighbouring fields. "
        "Parcels that are too narrow keep all their pixels.",
        default=0.0, minimum=0, maximum=1000, unit="m", follows=MODEL, parameter="INNER_BUFFER",
    ),
    Option(
        "encoding", TEXT, PARCEL_GROUP, _MAKE, "Text encoding of a shapefile",
        "The text encoding of a shapefile, such as CP1252, if its letters are not read correctly.",
        otherwise="from the file",
    ),
    Option(
        "geometry", TEXT, PARCEL_GROUP, _MAKE, "",
        "The column of outlines in a GeoParquet that has several columns of geometries.",
        otherwise="the one that the file names",
    ),
    Option(
        "parcels_crs", CRS, PARCEL_GROUP, _MAKE, "",
        "The coordinate system of the parcels, such as EPSG:31370, if the layer has none, a wrong one, or one without "
        "a datum; the result is written in it, too.",
        otherwise="that of the layer",
    ),
    Option(
        "max_crs_error", NUMBER, PARCEL_GROUP, _MAKE, "Largest error of the parcels' transformation",
        "A warning is given if the reprojection to the images' coordinate system may shift the parcels by more than "
        "this, for example because a grid file of a national datum is missing.",
        default=5.0, minimum=0, unit="m",
    ),
    Option(
        "workers", WHOLE, COMPUTING, _MAKE, "Image blocks read at once",
        "How many blocks of the images are read in parallel; more are faster on several cores, but need more memory.",
        otherwise="one per core, at most 4", minimum=1, maximum=64,
    ),
    # What is written
    Option(
        "output", OUTPUT, OUTPUTS, _STORED, "", "The store's folder, NAME.parcels.", required=True,
    ),
    Option(
        "output", OUTPUT, OUTPUTS, ("train", "finetune"), "", "The model file, NAME.cropmodel.", required=True,
    ),
    Option(
        "output", OUTPUT, OUTPUTS, ("classify", "export"), "",
        f"The classified layer, a {', '.join(f'.{ending}' for ending in FORMATS)} file.", required=True,
    ),
    Option(
        "output", OUTPUT, OUTPUTS, ("experiment",), "", "The folder for the runs, tables and pictures.", required=True,
    ),
    Option(
        "output", OUTPUT, OUTPUTS, ("simulate",), "", "The folder for the region.", required=True, positional=True,
    ),
    Option(
        "overwrite", FLAG, OUTPUTS, _STORED, "Replace a store of other inputs",
        "Replaces a store that was made from other inputs; one made from the same inputs is used, or completed.",
        default=False,
    ),
    Option(
        "output_layer", TEXT, OUTPUTS, ("classify", "export"), "",
        "The name of the layer in a GeoPackage; its other layers are kept.", otherwise="the file's name",
    ),
    Option(
        "overwrite", FLAG, OUTPUTS, ("classify", "export"), "Replace a layer of the same name",
        "Replaces a layer of the output's name in a GeoPackage that holds others; without it such a layer is kept, and "
        "nothing is written. A file that holds only this layer is replaced in any case.",
        default=False,
    ),
    Option(
        "store", OUTPUT, OUTPUTS, ("classify",), "", "The folder in which to keep the parcel series store.",
        otherwise="removed at the end",
    ),
    Option(
        "keep_series", FLAG, OUTPUTS, ("classify",), "Keep the parcel series",
        "Keeps the parcel series store as NAME.parcels beside the output; it replaces that of an earlier run.",
        default=False, default_in_qgis=True,
    ),
    Option(
        "report", OUTPUT, OUTPUTS, ("train", "finetune", "classify", "evaluate"), "",
        "The report's HTML file; a path that ends in .pdf makes a PDF beside it.",
        otherwise="NAME_report.html beside the output, NAME_evaluation.html beside the predictions",
    ),
    Option(
        "report_pdf", FLAG, OUTPUTS, ("train", "finetune", "classify", "evaluate"), "Report as PDF as well",
        "Also saves the report as a PDF beside its HTML page.", default=False,
    ),
    Option(
        "report_figures", FLAG, OUTPUTS, ("train", "finetune", "classify", "evaluate"),
        "Figures of the report as files",
        "Also saves the figures of the report as SVG and PNG, in the folder NAME_figures beside its HTML page.",
        default=False,
    ),
    Option(
        "language", CHOICE, OUTPUTS, ("train", "finetune", "classify", "evaluate"), "Language of the report",
        "Language of the report.", default="en", choices=LANGUAGES,
    ),
    # An export of a classified layer
    Option(
        "fields", NAMES, EXPORT, ("export",), "Fields that are kept",
        "Names of fields, separated by commas, such as ID_PARCEL,crop_code,confidence; of a layer to join to, all "
        "fields are kept.",
        otherwise="all", advanced=False,
    ),
    Option(
        "qualities", NAMES, EXPORT, ("export",), "Only parcels of these qualities",
        "Values of the field quality, separated by commas, such as ok,few_pixels.", otherwise="all", advanced=False,
    ),
    Option(
        "min_confidence", NUMBER, EXPORT, ("export",), "Only parcels of at least this confidence",
        "From 0 to 1; parcels without a class are then left out, too.",
        otherwise="all", minimum=0, maximum=1, decimals=2, advanced=False,
    ),
    Option(
        "crs", CRS, EXPORT, ("export",), "Coordinate system of the output",
        "The outlines are reprojected to this coordinate system, such as EPSG:4326.", otherwise="that of the layer",
    ),
    Option(
        "join", FILE, EXPORT, ("export",), "",
        "A layer, such as the one that was classified, whose features and fields are written, with the prediction of "
        "each beside them. Features without a prediction are kept and counted.",
    ),
    Option(
        "join_layer", TEXT, EXPORT, ("export",), "", "The layer of a file to join to that has several.",
        otherwise="the only layer",
    ),
    Option(
        "id_field", FIELD, EXPORT, ("export",), "Field that identifies a parcel in both layers",
        "The field, of both layers, whose values identify the parcels; needed to join.", advanced=False,
    ),
    Option(
        "results", FOLDER, EXPORT, ("export",), "", "The folder NAME.results, which has the colours of the classes.",
        otherwise="the one beside the predictions",
    ),
    # Published data sets
    Option(
        "labels", FILE, IMPORT, ("import",), "Table of the samples of an .npz file",
        "A table with one row for each sample of an .npz file.", otherwise="NAME_labels.csv",
    ),
    Option(
        "id_field", FIELD, IMPORT, ("import",), "Field that identifies a sample",
        "The field that identifies the samples of a table.", otherwise="sample_id, id and the like",
    ),
    Option(
        "date_field", FIELD, IMPORT, ("import",), "Field with the date",
        "The field with the date, in a table with one row for each date.", otherwise="date, timestamp and the like",
    ),
    Option(
        "dates_file", FILE, IMPORT, ("import",), "Dates of the arrays",
        "A text file with the dates of the arrays, one per line.", otherwise="from the arrays' file",
    ),
    Option(
        "band_names", NAMES, IMPORT, ("import",), "Names of the bands in file order",
        "Names of the arrays' bands in their order, such as B02,B03.", otherwise="from the files",
    ),
    Option(
        "nodata", NUMBER, IMPORT, ("import",), "Number that means no observation",
        "The number that means no observation, such as 65535.", otherwise="from the files",
    ),
    Option(
        "scale", NUMBER, IMPORT, ("import",), "Reflectance per count", "Reflectance is count x scale + offset.",
        otherwise="0.0001 where the numbers are counts", decimals=6,
    ),
    Option(
        "offset", NUMBER, IMPORT, ("import",), "Reflectance at count 0",
        "Reflectance of a count of 0, which is added to count x scale.", default=0.0, decimals=6,
    ),
    Option(
        "shift_days", WHOLE, IMPORT, ("import",), "Shift of the dates",
        "Days that are added to every date, such as 15 where dates are first days of months.", default=0, unit="days",
    ),
    Option(
        "crs", CRS, IMPORT, ("import",), "Coordinate system of x and y",
        "Coordinate system of a table's x and y, such as EPSG:32631.", otherwise="not needed for lon and lat",
    ),
    # A simulated region
    Option(
        "parcels", WHOLE, SIMULATION, ("simulate",), "Number of parcels", "Number of parcels of the region.",
        default=600, minimum=1, advanced=False, parameter="PARCEL_NUMBER",
    ),
    Option(
        "dates", WHOLE, SIMULATION, ("simulate",), "Number of acquisitions", "Number of acquisitions in a year.",
        default=24, minimum=1, advanced=False,
    ),
    Option(
        "seed", WHOLE, SIMULATION, ("simulate",), "Random seed", "The same seed gives the same region.",
        default=0, minimum=0, maximum=2**32 - 1, advanced=False,
    ),
    Option(
        "year", WHOLE, SIMULATION, ("simulate",), "First year", "The first year that is simulated.",
        default=2017, minimum=2016, maximum=2099,
    ),
    Option(
        "years", WHOLE, SIMULATION, ("simulate",), "Number of years",
        "Number of years, each in a folder of its own: the same parcels, with crops in rotation.",
        default=1, minimum=1,
    ),
    Option(
        "crops", WHOLE, SIMULATION, ("simulate",), "Number of crops", "So many crops grow, the most common ones.",
        default=21, minimum=1, maximum=21,
    ),
    Option(
        "least_parcels", WHOLE, SIMULATION, ("simulate",), "Minimum number of parcels per crop",
        "Each crop grows on at least so many parcels.", otherwise="5, fewer below 500 parcels", minimum=1,
    ),
    Option(
        "season_shift_days", WHOLE, SIMULATION, ("simulate",), "Shift of the season",
        "How many days later than usual crops come up, as in a colder region or year (below 0: earlier); they ripen "
        "about half as much later.",
        default=0, minimum=-60, maximum=60, unit="days",
    ),
)  # fmt: skip
