"""One raster that holds several bands, of one date or of many: bands, dates and tiles by the layers' descriptions.

Whatever the order of the layers: each belongs to the band, date and tile that its description names, and a band of a
date and tile to one layer. Bands may be given by option where descriptions name none.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from backend.errors import BadArgument, BadMetadata, EngineError, MissingBands
from backend.imagery.acquisition import ImageryOptions, Mask, Scene, Skipped
from backend.imagery.labels import Label, labels_of, labels_of_files
from backend.imagery.names import moment_in, moment_of, moment_of_folder, platform_in, tile_in
from backend.imagery.own_masks import preferred
from backend.imagery.rasters import RasterFacts
from backend.memory import require_memory

_MOST_NAMED = 3

Group = Mapping[str, Sequence[int]]  # the layers, counted from 0, that claim a band or a kind of mask


def claims(facts: RasterFacts, options: ImageryOptions) -> bool:
    return True  # the last reader: every raster that no other one knows


def scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    """Raises BadArgument where `band_names` contradicts the names that a file itself gives."""
    found, skipped = [], []
    for facts in rasters:
        labels = layer_labels(facts)
        require_agreement(facts, labels, options.band_names)
        try:
            found += _scenes_of(facts, _named(facts, labels, options), options)
        except MissingBands as error:
            skipped.append(Skipped(facts.path, error.code, f"{error.message} {error.advice}"))
        except EngineError as error:
            require_memory(error)
            skipped.append(Skipped(facts.path, error.code, error.message))
        else:
            skipped += _doubtful(facts, labels)
    return found, skipped


def layer_labels(facts: RasterFacts) -> tuple[Label, ...]:
    """What the layers' descriptions name; where a VRT has none, what the files name that its layers are made of."""
    if facts.layer_files and not any(facts.descriptions):
        files = labels_of_files([path.stem for path in facts.layer_files])
        return tuple(_dated(label, path) for label, path in zip(files, facts.layer_files))
    return labels_of(facts.descriptions)


def _dated(label: Label, path: Path) -> Label:
    return label if label.moment else replace(label, moment=moment_of_folder(path))


def require_agreement(facts: RasterFacts, labels: Sequence[Label], given: Sequence[str]) -> None:
    """Raises BadArgument where a name that is given is not the one that the file itself has for that layer."""
    if len(given) != len(labels):
        return
    if any(label.band and label.band != name for label, name in zip(labels, given)):
        own = ",".join(label.band or label.mask or "?" for label in labels)
        raise BadArgument(
            "band_names", f"no names, or {own} as {facts.path.name} itself names its layers", ",".join(given)
        )


def _named(facts: RasterFacts, labels: Sequence[Label], options: ImageryOptions) -> tuple[Label, ...]:
    """The labels, with the names that the option gives. Raises BadArgument where it gives more or fewer than layers."""
    if not options.band_names:
        return tuple(labels)
    if len(options.band_names) != len(facts.layers):
        raise BadArgument(
            "band_names", f"{len(facts.layers)} names, one per layer of {facts.path.name}", options.band_names
        )
    masks = [labels_of([name])[0].mask for name in options.band_names]
    return tuple(
        replace(label, band="" if mask else name, mask=mask)
        for label, name, mask in zip(labels, options.band_names, masks)
    )


def _scenes_of(facts: RasterFacts, labels: Sequence[Label], options: ImageryOptions) -> list[Scene]:
    if not any(label.band for label in labels):
        raise MissingBands(facts.path, [], filter(None, facts.descriptions), unnamed=True)
    _require_dates(facts, labels)
    groups: dict[tuple[datetime, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, label in enumerate(labels):
        if label:
            moment = label.moment or _moment_of(facts, labels)
            groups[moment, label.tile][label.band or label.mask].append(index)
    dated = {key: group for key, group in groups.items() if any(labels[at[0]].band for at in group.values())}
    return [_scene(facts, labels, key, group, len(dated) > 1, options) for key, group in sorted(dated.items())]


def _moment_of(facts: RasterFacts, labels: Sequence[Label]) -> datetime:
    """The only date that descriptions name, else the file's."""
    described = {label.moment for label in labels} - {None}
    if len(described) == 1:
        return described.pop()  # type: ignore[return-value]
    return moment_of(facts.path, facts.tags)


def _require_dates(facts: RasterFacts, labels: Sequence[Label]) -> None:
    """Raises BadArgument where layers are of numbered images, as Earth Engine's toBands has them, without a date."""
    numbers = sorted({label.number for label in labels if label.band and not label.moment}, key=lambda n: (len(n), n))
    if len(numbers) > 1:
        named = f"those of {len(numbers)} images, numbered {', '.join(n or 'without a number' for n in numbers)}"
        names = ", ".join(label.text for label in labels if label.band)
        raise BadArgument(
            "dates_file", f"a list of {len(numbers)} dates for {facts.path.name}, whose layers are {named}",
            f"no list, and no date in {names[:40]} ...",
        )  # fmt: skip


def _scene(
    facts: RasterFacts, labels: Sequence[Label], key: tuple[datetime, str], group: Group, several: bool,
    options: ImageryOptions,
) -> Scene:  # fmt: skip
    moment, tile = key
    for name, indexes in group.items():
        if len(indexes) > 1:
            both = " and ".join(f"{index + 1} ({labels[index].text})" for index in indexes[:2])
            expected = f"{name} of {moment:%Y-%m-%d} in one layer"
            raise BadMetadata(facts.path, f"expected {expected}; the layers {both} both claim to be it")
    tags = " ".join(facts.tags.values())
    bands = {name: facts.layers[at[0]] for name, at in group.items() if labels[at[0]].band}
    masks = [Mask(facts.layers[at[0]].source, name, at[0] + 1) for name, at in group.items() if labels[at[0]].mask]
    return Scene(
        name=" ".join([_file_name(facts), *([f"{moment:%Y-%m-%d}", tile] if several else [])]).strip(),
        moment=moment,
        layers=bands,
        grid=facts.grid,
        product=_product(facts, several),
        platform=platform_in(facts.path.stem) or platform_in(tags),
        tile=tile or tile_in(facts.path.stem),
        masks=preferred(masks, options),
    )


def _product(facts: RasterFacts, several: bool) -> str:
    if several:
        return "GeoTIFF stack"
    return "GeoTIFF, one per date" + (", simulated" if "SIMULATED" in facts.tags else "")


def _file_name(facts: RasterFacts) -> str:
    """With its folder, where that has the date."""
    dated = moment_in(facts.path.stem) or any(map(moment_in, facts.descriptions)) or not moment_of_folder(facts.path)
    return facts.path.stem if dated else f"{facts.path.parent.name} {facts.path.stem}"


def _doubtful(facts: RasterFacts, labels: Sequence[Label]) -> list[Skipped]:
    """Layers that hold a band's name and are something else are not used, which is reported."""
    names = [label.text for label in labels if label.doubtful]
    if not names:
        return []
    listed = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
    reason = f"layers whose name holds that of a band and more are not used: {listed}"
    return [Skipped(facts.path, MissingBands.code, reason)]
