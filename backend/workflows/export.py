"""A classified layer in another format, reduced to what is wanted, or its attributes on the layer they are about."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
import pyproj.exceptions

from backend.errors import BadArgument
from backend.files import remove_leftovers
from backend.options import option
from backend.parcels.geopackage import holds, is_geopackage
from backend.parcels.layer_style import LayerStyle
from backend.parcels.writing import check_output, prepare
from backend.protocol import Reporter
from backend.series.store import locked
from backend.staging import Staging, recover, staged
from backend.vocabulary import QUALITY
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.documents import as_document
from backend.workflows.exported_layer import ExportedLayer, Joined, Selection
from backend.workflows.losses import warn_of_losses, warn_of_renamed
from backend.workflows.sidecars import class_table, field_table, sidecar_paths


@dataclass(frozen=True)
class ExportSpec:
    """`predictions`: a classified layer; `output`: the file, in it `output_layer` (None: named as the file).

    `fields` (none: all) and `selection` reduce it; `crs` is the output's. `join` adds the predictions to the features
    of another layer, by `id_field`, which both have. `results`: the folder with the classes' colours (None: the one
    beside the predictions, where there is one). `overwrite` replaces a layer of the name in a GeoPackage of others.
    """

    predictions: Path
    output: Path
    layer: str | None = None
    fields: tuple[str, ...] = ()
    selection: Selection = Selection()
    crs: str | None = None
    join: Path | None = None
    join_layer: str | None = None
    id_field: str | None = None
    results: Path | None = None
    output_layer: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Raises BadArgument where options do not go together."""
        if (self.join is None) != (self.id_field is None):
            missing = "id_field" if self.id_field is None else "join"
            raise BadArgument(missing, "a layer to join to and the field that identifies its parcels", None)
        if self.join_layer is not None and self.join is None:
            raise BadArgument("join_layer", "the layer's file (join)", self.join_layer)
        if self.output_layer is not None and not is_geopackage(self.output):
            raise BadArgument("output_layer", "a GeoPackage (.gpkg) where a layer is named", str(self.output))
        for quality in self.selection.qualities:
            if quality not in QUALITY:
                raise BadArgument("qualities", f"some of {', '.join(QUALITY)}", quality)

    @classmethod
    def of(cls, **options: Any) -> ExportSpec:
        """From options by name, None where one is not given. Raises BadArgument, NotFound."""
        given = typed(options, "export")
        if "min_confidence" in given and not option("min_confidence").accepts(given["min_confidence"]):
            raise BadArgument("min_confidence", option("min_confidence").expected, given["min_confidence"])
        selection, others = own_options(Selection, given)
        own, unknown = own_options(cls, others)
        require_none(unknown)
        return cls(**own, selection=Selection(**selection))

    @property
    def name(self) -> str:
        """The layer's, in the output."""
        return self.output_layer or self.output.stem


@dataclass(frozen=True)
class Export:
    """What came of it (docs/contracts.md)."""

    output: Path
    layer: str
    parcels: int
    left_out: int
    fields: tuple[str, ...]
    renamed: Mapping[str, str]
    joined: Joined | None
    classes: tuple[Mapping[str, Any], ...]
    class_table: Path | None
    field_table: Path | None
    seconds: float


def export(spec: ExportSpec, reporter: Reporter) -> Export:
    """Writes the layer and, beside formats without styles, a table of its classes; all of it or nothing.

    Raises MissingField (no classified layer, or a field of the options), NoParcelsLeft, UnreadableParcels,
    UnknownFormat, TableExists, BadArgument, NotWritable, DiskFull.
    """
    began = time.monotonic()
    _check(spec)
    with locked(spec.output):
        recover(spec.output)
        remove_leftovers(spec.output)
        reporter.progress(0.0, "Reading", spec.predictions.name)
        layer = ExportedLayer.open(spec, _target(spec.crs))
        reporter.progress(0.4, "Writing", spec.output.name)
        with staged(spec.output) as staging:
            tables = _write(layer, spec, staging, reporter)
    _report(layer, reporter)
    return Export(
        spec.output, spec.name, layer.parcels, layer.left_out, layer.fields, layer.renamed, layer.joined,
        tuple(as_document(crop) for crop in layer.classes), *tables, round(time.monotonic() - began, 1),
    )  # fmt: skip


def _check(spec: ExportSpec) -> None:
    """Raises what `check_output` raises, and BadArgument where the output is one of the inputs."""
    for source, layer in ((spec.predictions, spec.layer), (spec.join, spec.join_layer)):
        same = source is not None and source.exists() and spec.output.exists() and spec.output.samefile(source)
        added = is_geopackage(spec.output) and not holds(spec.output, spec.name)
        other = is_geopackage(spec.output) and layer is not None and layer.lower() != spec.name.lower()
        if same and not (added or other):
            raise BadArgument("output", "another file or layer than those that are read", str(spec.output))
    check_output(spec.output, spec.name, spec.overwrite)


def _target(crs: str | None) -> pyproj.CRS | None:
    """Raises BadArgument."""
    try:
        return pyproj.CRS.from_user_input(crs) if crs else None
    except pyproj.exceptions.CRSError as error:
        raise BadArgument("crs", "a coordinate system such as EPSG:31370", crs) from error


def _write(
    layer: ExportedLayer, spec: ExportSpec, staging: Staging, reporter: Reporter
) -> tuple[Path | None, Path | None]:
    """Returns the tables of classes and of field names, where there are such."""
    style = LayerStyle(layer.classes) if layer.has_codes else None
    losses = prepare(layer, spec.output, spec.name, staging, spec.overwrite, style)
    warn_of_losses(losses, reporter)
    classes, fields = sidecar_paths(spec.output)
    own = {} if is_geopackage(spec.output) else {classes: class_table(layer.classes)}
    if layer.renamed:
        own[fields] = field_table(layer.renamed)
    if not is_geopackage(spec.output):
        staging.without(fields)
    staging.write_all(own)
    return (classes if classes in own else None), (fields if fields in own else None)


def _report(layer: ExportedLayer, reporter: Reporter) -> None:
    warn_of_renamed(layer.renamed, reporter)
    joined = layer.joined
    if joined and (joined.without_prediction or joined.without_feature):
        reporter.warning(
            "export.unmatched",
            with_prediction=joined.with_prediction,
            without_prediction=joined.without_prediction,
            without_feature=joined.without_feature,
        )
