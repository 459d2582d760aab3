"""The options that several commands share, as click has them: None where one is not given."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from backend.protocol import CLASS_WEIGHTS, DEFAULTS, FILLINGS, LOSSES, PRECISIONS, SCHEDULES, SPLITS

Function = Callable[..., Any]
PATH = click.Path(path_type=Path)
EXISTING = click.Path(path_type=Path, exists=True)
SCHEME = "stac:"
TABLES = "the name of a built-in class table or a CSV (code, name, class, colour)"


class Imagery(click.ParamType[Path | str]):
    """A file or folder that is there, or "stac:" and the address or file of a catalogue."""

    name = "imagery"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        return str(value) if str(value).startswith(SCHEME) else EXISTING.convert(value, param, ctx)


def together(*options: Function) -> Callable[[Function], Function]:
    """A decorator that adds `options` in this order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def option(name: str, kind: Any, text: str, default: object = None) -> Function:
    """An option without a value of its own; `default` is what the help says that its absence means."""
    shown = f"{text}  [default: {default}]" if default is not None else text
    return click.option(name, type=kind, default=None, help=shown)


def _recipe(name: str, kind: Any, text: str, paper: object) -> Function:
    """Left out, the architecture's recipe decides, else the paper."""
    return option(name, kind, text, f"the architecture's, else {paper}")


def flag(name: str, text: str) -> Function:
    return click.option(name, is_flag=True, default=None, help=text)


imagery_options = together(
    option("--masks", EXISTING, "Folder with an SCL or 0/1 raster (1 = masked) per date."),
    option("--dates-file", EXISTING, "Dates of a single stack, one per line, in its order."),
    option("--band-names", str, "Bands in file order, B02,B03..., for unnamed layers."),
    click.option("--exclude", multiple=True, help="A date to leave out; may be repeated."),
    option("--start", str, "First date to use."),
    option("--end", str, "Last date to use."),
    option("--season", int, "Harvest year; else by the dates of the images."),
    option("--crs", str, "Coordinate system of the grid, EPSG:n; else that of the most images."),
    option("--resolution-m", float, "Side of a pixel of the grid.", DEFAULTS.resolution_m),
    option("--resampling", click.Choice(["nearest", "bilinear", "cubic"]), "Of bands in other resolutions.", "nearest"),
    option("--scale", float, "Reflectance per count; else the file's own, else 1/10,000 for integers."),
    option("--offset", float, "Reflectance at count 0; else the file's own."),
    flag("--skip-unreadable", "Leave damaged files out, with their date."),
    option("--scl-classes", str, "Classes of Sen2Cor's scene classification that are clear.", "4,5,6,7"),
    option("--mask-dilation-m", float, "Metres around what is masked that are not clear.", 0),
    option("--cloud-probability", float, "Percent from which Sen2Cor's cloud probability masks, too."),
    option(
        "--theia-reflectance",
        click.Choice(["FRE", "SRE"]),
        "Theia's bands: FRE, corrected for the slope of the ground, or SRE.",
        "FRE",
    ),
)

series_options = together(
    option(
        "--filling",
        click.Choice(FILLINGS),
        "How clouds are filled in time; the last two smooth the whole course.",
        DEFAULTS.filling,
    ),
    option(
        "--max-gap-days",
        click.IntRange(min=0),
        "Gaps between clear observations longer than this stay unobserved; 0: no limit.",
    ),
    click.option(
        "--remove-outliers/--no-remove-outliers",
        default=None,
        help="Take out clouds and shadows that the masks missed, by a test in time.",
    ),
)

parcel_options = together(
    option("--layer", str, "Layer of a parcel file that holds several; TABLE or SCHEMA.TABLE of a database."),
    option("--id-field", str, "Field that names each parcel; else the feature id."),
    option("--encoding", str, "A shapefile's text encoding, such as CP1252; else as it says itself."),
    option(
        "--inner-buffer-m",
        click.FloatRange(min=0, max=1000),
        "Metres by which outlines shrink before pixels are chosen; narrow parcels keep theirs.",
        DEFAULTS.inner_buffer_m,
    ),
    option("--few-pixels", click.IntRange(min=1), "Parcels with fewer pixels are flagged.", DEFAULTS.few_pixels),
    option("--workers", click.IntRange(1, 64), "Blocks read at once; else one per core, at most 4."),
)

unknown_class_option = option(
    "--unknown-class",
    str,
    "Class of the codes that the class table lacks, one of its own or a new one; else they are left out.",
)
class_options = together(
    option("--class-table", str, f"{TABLES}; else each value is a class."),
    option("--name-field", str, "Field with the crop's name, where each value is a class."),
    unknown_class_option,
)

folding_options = together(
    option(
        "--split",
        click.Choice(SPLITS),
        "What stays together: single parcels, those of one square (blocks), of one value of --split-field "
        "(group), or of one year (of --split-field, else each store's season); one year is tested, the others train.",
        DEFAULTS.split,
    ),
    option("--block-size-m", click.FloatRange(min=1), "Side of the squares of --split blocks.", DEFAULTS.block_size_m),
    option("--split-field", str, "Field with the group, or the year, of each parcel."),
)

device_option = option("--device", str, "auto, cpu, cuda or mps.", DEFAULTS.device)

training_options = together(
    _recipe("--epochs", click.IntRange(min=1), "Times that every training parcel is seen.", DEFAULTS.epochs),
    _recipe("--batch-size", click.IntRange(min=2), "Parcels per step.", DEFAULTS.batch_size),
    _recipe(
        "--learning-rate",
        click.FloatRange(min=0, min_open=True),
        "The highest, where a schedule moves it.",
        DEFAULTS.learning_rate,
    ),
    _recipe("--schedule", click.Choice(SCHEDULES), "The learning rate's course.", DEFAULTS.schedule),
    _recipe("--weight-decay", click.FloatRange(0, 1), "Pull of the weights to 0 (AdamW).", DEFAULTS.weight_decay),
    _recipe(
        "--patience", click.IntRange(min=0), "Epochs without a better one, then stop; 0: never.", DEFAULTS.patience
    ),
    _recipe("--loss", click.Choice(LOSSES), "What is lowered; focal: gamma 1.", DEFAULTS.loss),
    _recipe("--class-weights", click.Choice(CLASS_WEIGHTS), "Rare classes count more.", DEFAULTS.class_weights),
    _recipe(
        "--date-dropout",
        click.FloatRange(0, 1, max_open=True),
        "Share of dates taken from each training sample, filled as clouds are.",
        DEFAULTS.date_dropout,
    ),
    _recipe(
        "--precision",
        click.Choice(PRECISIONS),
        "Of the networks while they train; bfloat16 is slower on processors without it.",
        DEFAULTS.precision,
    ),
    option("--seed", click.IntRange(min=0), "Decides all that is random.", DEFAULTS.seed),
    option("--min-samples", click.IntRange(min=5), "Rarer classes are left out.", DEFAULTS.min_samples),
    device_option,
)
