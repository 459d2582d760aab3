"""Questions to the table of parcels of a classification, as conditions of SQL. No widgets, any thread."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3
from array import array
from contextlib import closing
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from ...engine.protocol import vocabulary

BINS = 20  # of the confidence
SURE, UNSURE = 0.8, 0.5  # a confidence that is high, and one that is low
DIFFERS, DOUBTFUL, FLAGGED = "differs", "doubtful", "flagged"  # reasons to check a parcel
_BIN = f"MIN(CAST(confidence * {BINS} AS INTEGER), {BINS - 1})"
_FRESH = f"(trained_on IS NULL OR trained_on <> '{vocabulary.SEEN}')"
_REASONS = {
    DIFFERS: f"declared <> crop AND confidence >= {SURE}",
    FLAGGED: "quality <> 'ok'",
    DOUBTFUL: f"confidence < {UNSURE}",
}
# Those that differ, the surest first; then those not classified, then the others, the least sure first.
_ORDER = f"CASE WHEN {_REASONS[DIFFERS]} THEN -1 - confidence WHEN crop IS NULL THEN 0 ELSE confidence END, position"
# Results of 0.1.0 lack the columns: there, nothing is declared.
_OLD_TABLE = "(SELECT *, NULL AS declared, NULL AS trained_on FROM parcel)"


class Condition(NamedTuple):
    """What stands after WHERE, and the values of its question marks."""

    where: str
    values: Tuple[Any, ...] = ()


class Row(NamedTuple):
    """A parcel as the lists show it; classes are positions, None for none."""

    position: int
    parcel_id: str
    quality: str
    crop: Optional[int]
    confidence: Optional[float]
    declared: Optional[int]


def compared(truth: Optional[int] = None, prediction: Optional[int] = None) -> Condition:
    """The parcels that the scores are of, with these classes: a cell of the confusion matrix, a row or a column."""
    parts, values = ["declared IS NOT NULL", "crop IS NOT NULL", _FRESH], []
    for column, position in (("declared", truth), ("crop", prediction)):
        if position is not None:
            parts.append(f"{column} = ?")
            values.append(position)
    return Condition(" AND ".join(parts), tuple(values))


def of_class(crop: int) -> Condition:
    return Condition("crop = ?", (crop,))


def in_bins(first: int, last: int, crop: Optional[int] = None) -> Condition:
    """The parcels whose confidence is in the bins from `first` to `last`, of all classes or of one."""
    condition = Condition(f"confidence IS NOT NULL AND {_BIN} BETWEEN ? AND ?", (first, last))
    return condition if crop is None else Condition(f"{condition.where} AND crop = ?", (*condition.values, crop))


def to_check(reason: Optional[str] = None) -> Condition:
    """The parcels to check, for one reason or for any."""
    chosen = _REASONS.values() if reason is None else (_REASONS[reason],)
    return Condition(" OR ".join(f"({condition})" for condition in chosen))


def reasons_of(row: Row) -> List[str]:
    """Why a parcel is to be checked."""
    sure = row.confidence is not None and row.confidence >= SURE
    found = [DIFFERS] if sure and row.declared is not None and row.declared != row.crop else []
    found += [FLAGGED] if row.quality != "ok" else []
    return found + ([DOUBTFUL] if row.confidence is not None and row.confidence < UNSURE else [])


def positions(folder: Any, condition: Condition, to_check_first: bool = False) -> array:
    """The positions of the parcels that a condition takes, in the layer's order or the most urgent first.

    Raises NotResults.
    """
    order = _ORDER if to_check_first else "position"
    query = f"SELECT position FROM {{table}} WHERE {condition.where} ORDER BY {order}"  # noqa: S608 # nosec
    return array("q", (position for (position,) in _asked(folder, query, condition.values)))


def histogram(folder: Any, crop: Optional[int] = None) -> List[int]:
    """Parcels in each of the BINS of the confidence, of all classes or of one. Raises NotResults."""
    condition = in_bins(0, BINS - 1, crop)
    query = f"SELECT {_BIN}, COUNT(*) FROM {{table}} WHERE {condition.where} GROUP BY 1"  # noqa: S608 # nosec
    counts = dict(_asked(folder, query, condition.values))
    return [counts.get(number, 0) for number in range(BINS)]


def rows_at(folder: Any, wanted: Sequence[int]) -> List[Row]:
    """The parcels at some positions, in this order; those that are missing are left out. Raises NotResults."""
    marks = ", ".join("?" * len(wanted))
    columns = "position, parcel_id, quality, crop, confidence, declared"
    query = f"SELECT {columns} FROM {{table}} WHERE position IN ({marks})"  # noqa: S608 # nosec
    found = {row[0]: Row(*row) for row in _asked(folder, query, tuple(wanted))}
    return [found[position] for position in wanted if position in found]


def ids_and_confidences(folder: Any) -> List[Tuple[int, str, Optional[float]]]:
    """Of each parcel its position, id and confidence. Raises NotResults."""
    return _asked(folder, "SELECT position, parcel_id, confidence FROM parcel ORDER BY position", ())


def _asked(folder: Any, query: str, values: Tuple[Any, ...]) -> List[Any]:
    table = "parcel" if folder.has_declared() else _OLD_TABLE
    try:
        with closing(folder.connect()) as database:
            return database.execute(query.format(table=table), values).fetchall()
    except (sqlite3.Error, UnicodeError) as error:
        raise folder.damaged(error) from error
