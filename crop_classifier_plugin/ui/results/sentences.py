"""What the summary says of a classification, in sentences."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Tuple

from ...engine.protocol import vocabulary
from ...translation import tr, translated
from .source import Results, flagged

Number = Callable[[float], str]  # a number in the user's language
Percent = Callable[[Optional[float]], str]
FEW_PARCELS = 30  # below which scores say little
MOST_CODES = 5
UNLIKE_SHARE = 0.2  # of the parcels, above which there is a warning


def comparison_problem(not_judged: Optional[Mapping[str, Any]], judged: Any, truth: str) -> str:
    """Why nothing could be compared with the declared crops, and what to do; empty where something was, or none were
    given.
    """
    if not_judged is None or judged:
        return ""
    counts = {key: not_judged.get(key) or 0 for key in ("class_not_known", "no_declared_crop", "not_classified")}
    text = tr("No parcel could be compared with the declared crops of the field {0}, so there are no scores.").format(
        truth
    )
    reasons = [
        (tr("{0} with a declared crop that is none of the model's classes"), counts["class_not_known"]),
        (tr("{0} without a declared crop"), counts["no_declared_crop"]),
        (tr("{0} not classified"), counts["not_classified"]),
    ]
    listed = ", ".join(words.format(count) for words, count in reasons if count)
    total = tr("Of {0} parcels: {1}.").format(sum(counts.values()), listed)
    codes = list((not_judged.get("codes") or {}).items())
    if codes:
        named = ", ".join(f"{code} ({count})" for code, count in codes[:MOST_CODES])
        total += " " + tr("Their codes: {0}.").format(named + (" …" if len(codes) > MOST_CODES else ""))
    advice = tr(
        "Choose another field of declared crops, or a model whose classes include these codes, and classify again."
    )
    return f"{text} {total} {advice}"


def warnings(results: Results, number: Number, percent: Percent) -> List[str]:
    """What the user should know before trusting the result."""
    report = results.report
    problem = comparison_problem(report.get("not_judged"), report.get("judged"), results.about.truth or "")
    found = [problem] if problem else []
    found += list(results.notices)
    found += _only_seen(report, number, percent) + _unlike(report, number, percent) + _elsewhere(report, number)
    scores = results.scores
    if scores and scores["parcels"] < FEW_PARCELS:
        text = tr("The scores are of {0} parcels only: they may be far from the true ones.")
        found.append(text.format(number(scores["parcels"])))
    return found


def _only_seen(report: Mapping[str, Any], number: Number, percent: Percent) -> List[str]:
    judged = report.get("judged") or []
    if report.get("scores") or not judged:
        return []
    text = tr(
        "There are no scores: the model was trained on all {0} parcels that could be compared. Classify parcels that "
        "it was not trained on."
    )
    return [text.format(number(sum(row["parcels"] for row in judged)))]


def _unlike(report: Mapping[str, Any], number: Number, percent: Percent) -> List[str]:
    transfer = report.get("transfer") or {}
    scored, unlike = transfer.get("scored"), transfer.get("unlike")
    if not scored or not unlike or unlike / scored < UNLIKE_SHARE:
        return []
    text = tr(
        "{0} of the parcels ({1} of {2}) have series unlike those of the training: check some whose crop you know, or "
        "fine-tune the model with labels of this region and year."
    )
    return [text.format(percent(unlike / scored), number(unlike), number(scored))]


def _elsewhere(report: Mapping[str, Any], number: Number) -> List[str]:
    """Another area or another year than those of the training."""
    transfer = report.get("transfer") or {}
    trained, here = transfer.get("trained") or {}, transfer.get("here") or {}
    found, shift = [], transfer.get("shift_days")
    if transfer.get("distance_km"):
        found.append(tr("{0} km away").format(number(round(transfer["distance_km"]))))
    if trained.get("seasons") and here.get("season") and here["season"] not in trained["seasons"]:
        found.append(tr("of another year ({0})").format(here["season"]))
    if shift is not None and abs(shift) > max(2, 2 * (transfer.get("shift_error_days") or 0)):
        words = tr("{0} days later in the season") if shift > 0 else tr("{0} days earlier in the season")
        found.append(words.format(abs(shift)))
    if not found:
        return []
    return [tr("Compared with the training, these parcels are {0}: accuracy may be lower.").format(", ".join(found))]


def scores_text(results: Results, number: Number, percent: Percent) -> List[str]:
    """How many parcels are behind the scores, and whether the model had been trained on them."""
    report, scores = results.report, results.scores
    if not report:
        return [tr("Not known, as the report is missing.")]
    if not results.compared:
        return [tr("No field of declared crops was given, so nothing was compared. Choose one when you classify.")]
    found = []
    if scores:
        text = tr("The scores are of {0} parcels with a declared crop that the model was not trained on.")
        found.append(text.format(number(scores["parcels"])))
        if scores.get("oa_interval"):
            low, high = map(percent, scores["oa_interval"])
            found.append(tr("Overall accuracy between {0} and {1} (95 % interval).").format(low, high))
    for row in report.get("judged") or []:
        if row.get("trained_on") == vocabulary.SEEN:
            text = tr("{0} parcels that the model was trained on are not in the scores; it agrees with {1} of them.")
            found.append(text.format(number(row["parcels"]), percent(row.get("oa"))))
        elif row.get("trained_on") is None:
            text = tr("It is not known of {0} parcels whether the model was trained on them: true scores may be lower.")
            found.append(text.format(number(row["parcels"])))
    left = report.get("not_judged") or {}
    if left.get("class_not_known"):
        text = tr("{0} parcels have a declared crop that is none of the model's classes.")
        found.append(text.format(number(left["class_not_known"])))
    return found


def flags_text(results: Results, number: Number) -> List[Tuple[str, str]]:
    """Of each flag the number of parcels and its meaning."""
    return [
        (number(count), translated(meaning))
        for quality, count in flagged(results.report)
        for meaning in (vocabulary.QUALITY[quality],)
    ]


def model_facts(results: Results) -> List[Tuple[str, str]]:
    """Names and values that say which model it was."""
    about, report = results.about, results.report
    trained = (report.get("transfer") or {}).get("trained") or {}
    box = trained.get("box")
    region = tr("{1} to {3} N, {0} to {2} E").format(*(f"{value:.2f}" for value in box)) if box else ""
    facts = [
        (tr("Model"), Path(about.model).name),
        (tr("Architecture"), about.architecture),
        (tr("SHA-256"), about.model_sha256),
        (tr("Trained on"), region),
        (tr("Years"), ", ".join(map(str, trained.get("seasons") or ()))),
        (tr("Classified"), about.made.replace("T", " ")[:16]),
    ]
    return [(name, value) for name, value in facts if value]
