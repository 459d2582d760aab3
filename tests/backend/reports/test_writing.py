"""The files of a report: what they hold, what they must not hold, and what happens when they cannot be written."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import report_documents as documents

from backend import reports
from backend.errors import DiskFull, NotWritable

NAMES = ["Meadows", "Cereal", "Oilseed", "Grapevine"]
HOSTILE = "<script>alert(1)</script> & $x^$ \"quoted\" 'single'"


class Page(HTMLParser):
    """The tags of a page with their attributes, its headings and its whole text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "h2":
            self.headings.append(data.strip())
        self.text += data


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a report that has everything."""
    return Page(reports.write(documents.training(NAMES), tmp_path_factory.mktemp("whole") / "r"))


def sections(page: Page) -> list[str]:
    return [heading for heading in page.headings if heading]


def test_writes_its_files_and_names_the_page(tmp_path: Path) -> None:
    page = reports.write(documents.training(NAMES), tmp_path / "new" / "gers.v2")
    assert page == tmp_path / "new" / "gers.v2.html"
    names = {"gers.v2.html", "gers.v2.json", "gers.v2.csv", "gers.v2_confusion.csv"}
    assert {p.name for p in page.parent.iterdir()} == names


def test_the_page_names_its_language(tmp_path: Path) -> None:
    for language in ("en", "fr"):
        page = Page(reports.write(documents.training(NAMES), tmp_path / "r", forms=reports.Forms(language)))
        assert ("html", {"lang": language}) in page.tags


def test_the_confusion_table_says_which_way_it_reads(tmp_path: Path) -> None:
    document = documents.training(NAMES)
    reports.write(document, tmp_path / "r")
    with (tmp_path / "r_confusion.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["truth \\ prediction", "c0", "c1", "c2", "c3"]
    assert [row[0] for row in rows] == head[1:]
    counts = np.array([row[1:] for row in rows], dtype=int)
    assert counts.sum(axis=1).tolist() == [row["support"] for row in document["scores"]["classes"]]
    assert counts.sum(axis=0).tolist() == [row["predicted"] for row in document["scores"]["classes"]]


def test_folds_are_shown_with_their_mean_and_deviation(tmp_path: Path) -> None:
    figures = {"oa": [0.9, 0.8, 0.85], "mean_f": [0.5, 0.6, 0.4]}
    rows = [
        {"fold": n + 1, "parcels": 10 + n, "oa": figures["oa"][n], "mean_f": figures["mean_f"][n]} for n in range(3)
    ]
    document = {
        **documents.training(NAMES),
        "fold_scores": [{**row, "mean_precision": 0.7, "mean_recall": 0.7} for row in rows],
    }
    page = Page(reports.write(document, tmp_path / "r"))
    assert "Scores of the folds" in sections(page)
    for name in figures:
        mean, deviation = 100 * np.mean(figures[name]), 100 * np.std(figures[name], ddof=1)
        assert f"{mean:.1f} ± {deviation:.1f}" in page.text
    alone = {**document, "fold_scores": document["fold_scores"][:1]}
    assert "Scores of the folds" not in sections(Page(reports.write(alone, tmp_path / "alone")))


@pytest.mark.parametrize("ending", [".html", ".json", ".csv", ".HTML"])
def test_an_ending_of_its_own_is_not_doubled(tmp_path: Path, ending: str) -> None:
    assert reports.write(documents.classification(NAMES), tmp_path / f"report{ending}") == tmp_path / "report.html"


def test_a_whole_report_has_every_section(whole: Page) -> None:
    assert sections(whole) == [
        "In short",
        "Scores of each class",
        "Confusion matrix",
        "Parcels and area of each class",
        "Training",
        "Reliability of the confidence",
        "Reliability of each class",
        "Quality flags",
        "Acquisitions",
        "Provenance",
        "Notes",
    ]
    assert sum(tag == "svg" for tag, _ in whole.tags) == 4


def test_sections_without_data_are_left_out(tmp_path: Path) -> None:
    page = Page(reports.write(documents.classification(NAMES), tmp_path / "r"))
    assert sections(page) == [
        "In short",
        "Parcels and area of each class",
        "Quality flags",
        "Acquisitions",
        "Provenance",
    ]
    assert "accuracy" not in page.text.lower()
    bare = {"title": "Nothing yet", "kind": "evaluation"}
    assert sections(Page(reports.write(bare, tmp_path / "bare"))) == []


def test_the_page_is_self_contained(whole: Page) -> None:
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in whole.tags}
    addresses = [v for _, attributes in whole.tags for k, v in attributes.items() if k in ("src", "href", "xlink:href")]
    assert all(str(address).startswith(("#", "data:")) for address in addresses)
    assert "@import" not in whole.text
    assert "url(http" not in whole.text


def test_a_picture_is_shown_inside_the_page(tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    picture.write_bytes(b"\x89PNG picture")
    page = Page(reports.write(documents.classification(NAMES), tmp_path / "r", picture))
    assert "Map" in sections(page)
    assert [a["src"] for tag, a in page.tags if tag == "img"] == ["data:image/png;base64,iVBORyBwaWN0dXJl"]


def test_text_is_escaped_everywhere(tmp_path: Path) -> None:
    document = documents.training([HOSTILE, "Other"])
    document |= dict.fromkeys(("title", "made", "engine"), HOSTILE)
    document |= {"provenance": {HOSTILE: {HOSTILE: [HOSTILE]}}, "notes": [HOSTILE, f"simulated {HOSTILE}"]}
    document["flags"][0] |= {"quality": HOSTILE, "meaning": HOSTILE}
    path = reports.write(document, tmp_path / "r")
    page = Page(path)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script" not in path.read_text("utf-8")
    assert page.text.count(HOSTILE) >= 10


def test_an_invalid_colour_cannot_reach_the_style(tmp_path: Path) -> None:
    document = documents.training(NAMES)
    document["scores"]["classes"][0]["colour"] = "red;background:url(http://example.org)"
    document["breakdown"][1]["colour"] = None
    page = Page(reports.write(document, tmp_path / "r"))
    assert not any("example.org" in (a.get("style") or "") for _, a in page.tags)


def test_the_note_on_simulation_is_at_the_top(whole: Page) -> None:
    simulated, other = documents.training(NAMES)["notes"]
    assert whole.text.index(simulated) < whole.text.index("Overall accuracy") < whole.text.index(other)
    assert whole.text.count(simulated) == 1


def test_figures_on_the_page_are_those_of_the_document(whole: Page) -> None:
    document = documents.training(NAMES)
    scores = document["scores"]
    for share in (scores["oa"], scores["mean_f"], *(row["f"] for row in scores["classes"])):
        assert f"{100 * share:.1f}" in whole.text
    assert f"{sum(row['area_ha'] for row in document['breakdown']):,.1f}" in whole.text


def test_the_reliability_of_each_class_is_a_table(whole: Page) -> None:
    section = whole.text.partition("Reliability of each class")[2].partition("Quality flags")[0]
    for row in documents.class_reliability(NAMES):
        cells = [row["name"], *(f"{100 * row[key]:.1f}" for key in ("probability", "share", "ece"))]
        assert "".join(cells) in section
    assert "Grapevine13.025.06.3" in section


def test_a_class_without_truth_has_no_scores_on_the_page(tmp_path: Path) -> None:
    document = documents.training(NAMES)
    document["scores"] = documents.scored(NAMES, np.array([0, 1, 2, 0]), np.array([0, 1, 2, 3]))
    assert "not in the truth" in Page(reports.write(document, tmp_path / "r")).text


def test_json_is_the_document_in_plain_values(tmp_path: Path) -> None:
    document = documents.training(NAMES) | {
        "provenance": {"mean": np.float32(0.5), "bad": float("nan"), "at": tmp_path}
    }
    document["scores"]["confusion"] = np.array(document["scores"]["confusion"])
    written = json.loads(reports.write(document, tmp_path / "r").with_suffix(".json").read_text("utf-8"))
    assert written["provenance"] == {"mean": 0.5, "bad": None, "at": str(tmp_path)}
    assert written["scores"]["confusion"] == document["scores"]["confusion"].tolist()
    assert written["curves"] == document["curves"]


def test_csv_joins_scores_and_areas(tmp_path: Path) -> None:
    document = documents.training(NAMES)
    document["breakdown"].append({"code": "x", "name": "Rare; one", "colour": "#000000", "parcels": 1, "area_ha": 0.5})
    with reports.write(document, tmp_path / "r").with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    first = document["scores"]["classes"][0]
    assert float(rows["c0"]["f"]) == first["f"]
    assert int(rows["c0"]["support"]) == first["support"]
    assert float(rows["c0"]["area_ha"]) == document["breakdown"][0]["area_ha"]
    assert (rows["x"]["name"], rows["x"]["f"], rows["x"]["parcels"]) == ("Rare; one", "", "1")


def test_the_same_document_is_the_same_page(tmp_path: Path) -> None:
    pages = [reports.write(documents.training(NAMES), tmp_path / name).read_bytes() for name in "ab"]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("blocked", ["r.html", "r.csv"])
def test_a_target_that_exists_is_reported_and_nothing_is_left_over(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).mkdir()
    with pytest.raises(NotWritable, match=blocked):
        reports.write(documents.classification(NAMES), tmp_path / "r")
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable):
        reports.write(documents.classification(NAMES), tmp_path / "file" / "r")


def test_a_failure_leaves_the_report_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = reports.write(documents.classification(NAMES), tmp_path / "r")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull):
        reports.write(documents.training(NAMES), page)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
