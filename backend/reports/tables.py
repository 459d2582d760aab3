"""The tables of a report, and their summary in sentences."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from backend.reports.document import classified
from backend.spreadsheet import write_records, write_rows
from backend.vocabulary import SEEN, SEEN_IN_OTHER_SEASON, TRAINED_ON

CSV_COLUMNS = ("code", "name", "colour", "parcels", "area_ha", "precision", "recall", "f", "support", "predicted")
SCORES = ("precision", "recall", "f")
MEASURES = {
    "oa": "Overall accuracy",
    "mean_f": "Mean F-score",
    "mean_precision": "Mean precision",
    "mean_recall": "Mean recall",
}
NAME_WIDTH = 32  # of a class in the table for a terminal
LABEL_LENGTH = 30  # of a class in a plot
FEW_PARCELS, FEW_OF_A_CLASS, MOST_NAMED = 30, 5, 6  # below which a score says little; classes named in a sentence


def as_text(scores: Mapping[str, Any]) -> str:
    """The table of `scores` (docs/contracts.md) in aligned columns, for a terminal; the largest class first."""
    names = [shortened(row["name"], NAME_WIDTH) for row in scores["classes"]]
    width = max([len("Mean of classes"), *map(len, names)])
    head = f"{'Class':<{width}}  {'Precision':>9}  {'Recall':>7}  {'F-score':>7}  {'Truth':>9}  {'Predicted':>9}"
    rows = [_text_row(row, width) for row in by_size(scores["classes"], "support")]
    means = [percent(scores[f"mean_{key}"]) for key in SCORES]
    mean = f"{'Mean of classes':<{width}}  {means[0]:>9}  {means[1]:>7}  {means[2]:>7}"
    overall = f"Overall accuracy {percent(scores['oa'])} % of {scores['parcels']:,} parcels; all scores in per cent."
    if scores.get("oa_interval"):
        accuracy, mean_f = (between(scores[key]) for key in ("oa_interval", "mean_f_interval"))
        overall += f"\n95 % intervals: overall accuracy {accuracy}, mean F-score {mean_f}."
    return "\n".join([*_few(scores), head, "-" * len(head), *rows, "-" * len(head), mean, overall])


def _text_row(row: Mapping[str, Any], width: int) -> str:
    figures = [percent(row[key]) if row["support"] else "-" for key in SCORES]
    counts = f"{row['support']:>9,}  {row['predicted']:>9,}"
    return f"{shortened(row['name'], width):<{width}}  {figures[0]:>9}  {figures[1]:>7}  {figures[2]:>7}  {counts}"


def tried_as_text(tried: Sequence[Mapping[str, Any]]) -> str:
    """What a search compared, for a terminal; empty where there was none."""
    if not tried:
        return ""
    width = max(len(row["candidate"]) for row in tried)
    lines = [f"{'Compared inside the training parts':<{width}}      OA  mean F  seconds  share"]
    for row in tried:
        scores = row["note"] or f"{percent(row['oa']):>6}  {percent(row['mean_f']):>6}"
        share = f"  {row['share']:>5.0%}" if row["share"] else ""
        lines.append(f"{row['candidate']:<{width}}  {scores}  {row['seconds']:>7.1f}{share}")
    return "\n".join(lines)


def compared_as_text(compared: Sequence[Mapping[str, Any]]) -> str:
    """What a fine-tuning compared on the same parcels, for a terminal; empty where there was none."""
    if not compared:
        return ""
    title = f"On the same {compared[0]['parcels']:,} parcels"
    width = max(len(title), *(len(row["title"]) for row in compared))
    lines = [f"{title:<{width}}      OA  (95 % interval)  mean F  (95 % interval)"]
    for row in compared:
        figures = [f"{percent(row[key]):>6}  {_range(row[f'{key}_interval']):>15}" for key in ("oa", "mean_f")]
        lines.append(f"{row['title']:<{width}}  {'  '.join(figures)}")
    return "\n".join(lines)


def _range(interval: Sequence[float]) -> str:
    return f"({' to '.join(map(percent, interval))})"


def as_csv(document: Mapping[str, Any]) -> str:
    """The classes with their parcels, area and scores, one row each; cells are empty where a value is not known."""
    rows: dict[str, dict[str, Any]] = {}
    for source in (document.get("breakdown") or [], (document.get("scores") or {}).get("classes", [])):
        for row in source:
            rows.setdefault(row["code"], {}).update(row)
    text = io.StringIO()
    write_records(text, CSV_COLUMNS, rows.values())
    return text.getvalue()


def confusion_csv(scores: Mapping[str, Any]) -> str:
    """The confusion matrix with the classes' codes: a row for each true class, a column for each predicted one."""
    codes = [row["code"] for row in scores["classes"]]
    text = io.StringIO()
    counted = ([code, *counts] for code, counts in zip(codes, scores["confusion"]))
    write_rows(text, [["truth \\ prediction", *codes], *counted])
    return text.getvalue()


def over_folds(fold_scores: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """Name, mean and standard deviation (of a sample: n - 1) of each score over the folds; none for a single fold."""
    if len(fold_scores) < 2:
        return []
    columns = {name: [row[key] for row in fold_scores] for key, name in MEASURES.items()}
    return [(name, statistics.mean(column), statistics.stdev(column)) for name, column in columns.items()]


def folds_as_text(fold_scores: Sequence[Mapping[str, Any]]) -> str:
    """A line for a terminal; empty for a single fold."""
    figures = [
        f"{name[0].lower()}{name[1:]} {percent(mean)} ± {percent(std)}" for name, mean, std in over_folds(fold_scores)
    ]
    return f"Over {len(fold_scores)} folds, mean ± standard deviation: {', '.join(figures)}." if figures else ""


def by_size(rows: Sequence[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    """The rows with the largest first; those of one size keep their order."""
    return sorted(rows, key=lambda row: -(row[key] or 0))


def with_numbers(classes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The classes, each with its `number` in the confusion matrix, from 1."""
    return [{**row, "number": number} for number, row in enumerate(classes, 1)]


def numbered(classes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether plots show the numbers of classes: a name that is too long is cut and may no longer be unique."""
    return any(len(row["name"]) > LABEL_LENGTH for row in classes)


def labels(classes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The name of each class as a plot shows it."""
    number = "{number} {name}" if numbered(classes) else "{name}"
    return [shortened(number.format_map(row), LABEL_LENGTH) for row in with_numbers(classes)]


def headline(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The numbers at the top of the page as (number, unit, name)."""
    scores, breakdown, flags = document.get("scores"), document.get("breakdown"), document.get("flags")
    if scores:
        tested = (f"{scores['parcels']:,}", "", "Parcels compared")
        return [*((percent(scores[key]), "%", name) for key, name in MEASURES.items()), tested]
    tiles = []
    if flags:
        tiles += [
            (f"{sum(row['parcels'] for row in flags):,}", "", "Parcels"),
            (f"{classified(flags):,}", "", "Classified"),
        ]
    if breakdown:
        area = sum(row.get("area_ha") or 0 for row in breakdown)
        tiles += [(f"{sum(1 for row in breakdown if row['parcels']):,}", "", "Classes found")]
        tiles += [(f"{area:,.0f}", "ha", "Area classified")] if area else []
    if acquisitions := document.get("acquisitions"):
        tiles.append((f"{len(acquisitions):,}", "", "Acquisitions"))
    return tiles


def in_short(document: Mapping[str, Any]) -> list[str]:
    """A summary of the scores or of the classification, in sentences."""
    seen = seen_sentences(document.get("judged") or [], document.get("not_judged"))
    if scores := document.get("scores"):
        return [*_few(scores), *seen, *_agreement(scores), *_extremes(scores), *_mistake(scores)]
    return [*seen, *_coverage(document.get("flags") or []), *_largest(document.get("breakdown") or [])]


def seen_sentences(judged: Sequence[Mapping[str, Any]], not_judged: Mapping[str, Any] | None) -> list[str]:
    """Which parcels a score is of, where it is not simply of all, in sentences."""
    groups = {row["trained_on"]: row for row in judged}
    sentences = []
    if SEEN in groups:
        seen, compared = groups[SEEN], sum(row["parcels"] for row in judged)
        agreed = f"The model was trained on {seen['parcels']:,} of the {compared:,} parcels that could be compared."
        sentences.append(
            f"{agreed} They are left out of the scores: their overall accuracy, {percent(seen['oa'])} %, says little"
            " about other parcels."
        )
        if len(groups) == 1:
            sentences.append("There are no scores: the model was trained on every parcel that could be compared.")
    if None in groups:
        sentences.append(
            f"It is not known whether the model was trained on {groups[None]['parcels']:,} of the parcels compared: the"
            " true scores may be lower."
        )
    if SEEN_IN_OTHER_SEASON in groups:
        again = groups[SEEN_IN_OTHER_SEASON]
        sentences.append(
            f"{again['parcels']:,} of the parcels compared were used for training in another season; their overall"
            f" accuracy is {percent(again['oa'])} %."
        )
    if not_judged and not_judged["class_not_known"]:
        codes = shortened(", ".join(f"{code} ({count})" for code, count in not_judged["codes"].items()), 200)
        start = f"{not_judged['class_not_known']:,} parcels have a declared crop of no known class"
        sentences.append(f"{start} ({codes}): they are not in the scores, though none of them can be classified right.")
    return sentences


def compared_groups(judged: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the table of `judged`, each with its `title`."""
    unknown = "Not known whether used to train the model"
    return [{**row, "title": TRAINED_ON.get(row["trained_on"], unknown)} for row in judged]


def not_compared(counts: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    """Why parcels are not compared, and how many."""
    titles = {
        "class_not_known": "Declared crop is none of the model's classes",
        "no_declared_crop": "No declared crop",
        "not_classified": "Not classified",
    }
    return [(title, counts[key]) for key, title in titles.items() if counts and counts[key]]


def _few(scores: Mapping[str, Any]) -> list[str]:
    """What the number of parcels does not allow to say; before everything else."""
    sentences = []
    if scores["parcels"] < FEW_PARCELS:
        sentences.append(f"These scores are of {scores['parcels']} parcels only: they may be far from the true ones.")
    rare = [row["name"] for row in scores["classes"] if 0 < row["support"] < FEW_OF_A_CLASS]
    if rare:
        names = ", ".join(shortened(name, 60) for name in rare[:MOST_NAMED])
        more = f" and {len(rare) - MOST_NAMED} more" if len(rare) > MOST_NAMED else ""
        start = f"Fewer than {FEW_OF_A_CLASS} parcels were compared of"
        sentences.append(f"{start} {names}{more}: their scores are uncertain.")
    return sentences


def _agreement(scores: Mapping[str, Any]) -> list[str]:
    right, share = round(scores["oa"] * scores["parcels"]), percent(scores["oa"])
    sentences = [f"{right:,} of {scores['parcels']:,} parcels were given their true class ({share} %)."]
    if scores.get("oa_interval") and scores.get("mean_f_interval"):
        accuracy, mean_f = (between(scores[key]) for key in ("oa_interval", "mean_f_interval"))
        sentences.append(
            f"For this number of parcels, the overall accuracy is between {accuracy} and the mean F-score between "
            f"{mean_f} (95 % intervals)."
        )
    return sentences


def between(interval: Sequence[float]) -> str:
    """`81.2 and 90.4 %`."""
    low, high = interval
    return f"{percent(low)} and {percent(high)} %"


def _extremes(scores: Mapping[str, Any]) -> list[str]:
    known = sorted((row for row in scores["classes"] if row["support"]), key=lambda row: -row["f"])
    if len(known) < 2:
        return []
    most = 3 if len(known) >= 6 else 1
    return [f"Highest F-scores: {_with_f(known[:most])}. Lowest: {_with_f(known[: -most - 1 : -1])}."]


def _with_f(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{shortened(row['name'], 60)} ({percent(row['f'])} %)" for row in rows)


def _mistake(scores: Mapping[str, Any]) -> list[str]:
    """The most frequent confusion of two classes."""
    classes, confusion = scores["classes"], scores.get("confusion") or []
    wrong = [(n, i, j) for i, row in enumerate(confusion) for j, n in enumerate(row) if i != j and n]
    if not wrong:
        return []
    count, truth, prediction = max(wrong, key=lambda item: item[0])
    share = percent(count / sum(confusion[truth]))
    true, taken = (shortened(classes[position]["name"], 60) for position in (truth, prediction))
    return [f"The most frequent error: {true} classified as {taken} ({count:,} parcels, {share} % of {true})."]


def _coverage(flags: Sequence[Mapping[str, Any]]) -> list[str]:
    total, done = sum(row["parcels"] for row in flags), classified(flags)
    if not total:
        return []
    left = f"; the other {total - done:,} have a flag with the reason" if done < total else ""
    return [f"{done:,} of {total:,} parcels were classified{left}."]


def _largest(breakdown: Sequence[Mapping[str, Any]]) -> list[str]:
    total = sum(row["parcels"] for row in breakdown)
    largest = [row for row in by_size(breakdown, "parcels")[:3] if row["parcels"]]
    if not largest:
        return []
    shares = ", ".join(f"{row['name']} ({percent(row['parcels'] / total)} % of the parcels)" for row in largest)
    return [f"Most frequent: {shares}."]


def percent(share: float | None) -> str:
    """A share of 0..1 in per cent with one decimal, as the paper gives its scores."""
    return "-" if share is None else f"{100 * share:.1f}"


def shortened(text: str, most: int) -> str:
    """The text, cut with an ellipsis when it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
