"""The report as PDF and its figures as files: every number, nothing beside the sheet, only when asked."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import report_documents as documents
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from backend import reports
from backend.reports import figures, pdf, sheets
from backend.reports.document import plain

NAMES = ["Meadows", "Cereal", "Oilseed", "Grapevine"]
MANY = [f"Crop number {at} of a name that is far too long for any column of a table" for at in range(60)]


def pages_of(document: dict) -> list[Figure]:
    made = []
    sheets.in_style(lambda: made.append(pdf._sheets(plain(document), figures.drawings(plain(document)))) or b"")
    return made[0].pages


def texts(pages: list[Figure]) -> list[str]:
    return [text.get_text() for page in pages for text in page.texts]


def test_every_score_of_every_class_is_on_the_sheets():
    document = documents.training(NAMES)
    found = texts(pages_of(document))
    scores = document["scores"]
    for row in scores["classes"]:
        at = found.index(row["name"])
        shown = [*(f"{100 * row[key]:.1f}" for key in ("f", "precision", "recall"))]
        assert found[at + 1 : at + 6] == [*shown, f"{row['support']:,}", f"{row['predicted']:,}"]
    at = found.index("Mean of classes")
    assert found[at + 1 : at + 5] == [
        *(f"{100 * scores[f'mean_{key}']:.1f}" for key in ("f", "precision", "recall")),
        f"{scores['parcels']:,}",
    ]
    assert f"{100 * scores['oa']:.1f} %" in found and f"{scores['parcels']:,}" in found
    low, high = (f"{100 * bound:.1f}" for bound in scores["oa_interval"])
    assert f"between {low} and {high}\N{NO-BREAK SPACE}%" in " ".join(found)


def test_parcels_and_areas_are_those_of_the_document():
    document = documents.classification(NAMES)
    found = texts(pages_of(document))
    parcels = sum(row["parcels"] for row in document["breakdown"])
    for row in document["breakdown"]:
        at = found.index(row["name"])
        assert found[at + 1 : at + 3] == [f"{row['parcels']:,}", f"{100 * row['parcels'] / parcels:.1f}"]
        assert found[at + 3] == f"{row['area_ha']:,.1f}"
    for row in document["flags"]:
        assert not row["parcels"] or any(f"{row['parcels']:,} {row['quality']}" == text for text in found)


def test_a_long_table_goes_over_sheets_with_its_head_and_never_ends_alone():
    pages = pages_of(documents.training(MANY))
    heads = [page for page in pages if "F-score" in texts([page])]
    assert len(heads) >= 2
    last = next(page for page in heads if "Mean of classes" in texts([page]))
    rows = [text for text in texts([last]) if text.startswith("Crop number")]
    assert len(rows) >= 1 and all(text.endswith("…") for text in rows)
    names = [text for page in heads for text in texts([page]) if text.startswith("Crop number")]
    assert len(names) >= len(MANY)


@pytest.mark.parametrize("document", [documents.training(MANY), documents.classification(NAMES)])
def test_nothing_stands_beside_the_sheet_or_on_the_footer(document):
    for page in pages_of(document):
        renderer = FigureCanvasAgg(page).get_renderer()
        width, height = page.bbox.width, page.bbox.height
        for text in page.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 > 0.07 * width and box.x1 < 0.935 * width, text.get_text()
            assert box.y0 > 0.055 * height and box.y1 < 0.96 * height, text.get_text()


def test_lines_are_as_wide_as_measured():
    figure = Figure(dpi=600)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for words in ("Leguminous Fodder 93.7 %", "ÅÉ wide WWW", "iiii llll"):
        for bold in (False, True):
            text = figure.text(0, 0, words, size=20, weight="bold" if bold else "normal")
            drawn = text.get_window_extent(renderer).width * 72 / figure.dpi
            assert sheets._width(words, 20, bold) == pytest.approx(drawn, rel=0.04)
    lines = sheets.broken("one two three " * 20 + "x" * 400, 9, 200)
    assert all(sheets._width(line, 9) <= 200 for line in lines)
    assert "".join("".join(lines).split()) == "onetwothree" * 20 + "x" * 400


def test_the_pdf_is_a_whole_file_and_the_same_again():
    document = plain(documents.training(NAMES))
    first, second = pdf.render(document), pdf.render(document)
    assert first.startswith(b"%PDF-") and first.rstrip().endswith(b"%%EOF") and first == second
    assert len(re.findall(rb"/Type /Page\b", first)) == len(pages_of(document))


def test_figures_are_drawn_for_what_there_is(tmp_path: Path):
    everything = figures.drawings(plain(documents.training(NAMES)))
    assert [drawing.name for drawing in everything] == [
        "confusion",
        "breakdown",
        "reliability",
        "curves",
        "acquisitions",
    ]
    assert figures.drawings({"title": "Nothing yet", "kind": "evaluation"}) == []
    png = io.BytesIO()
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(png, "PNG")
    drawing, *_ = figures.drawings(plain(documents.classification(NAMES)), png.getvalue())
    assert drawing.name == "map" and drawing.size_in[0] / drawing.size_in[1] == pytest.approx(1.5)
    for name, data in figures.files([drawing, *everything]).items():
        if name.endswith(".svg"):
            assert ElementTree.fromstring(data).tag.endswith("svg")
        else:
            wanted = next(d for d in [drawing, *everything] if f"{d.name}.png" == name)
            size = np.array(Image.open(io.BytesIO(data)).size)
            assert np.abs(size / figures.DPI - wanted.size_in).max() < 0.02 and name != "map.svg"


def test_only_what_was_asked_for_is_there_and_what_was_there_before_goes(tmp_path: Path):
    document, page = documents.training(NAMES), tmp_path / "r.html"
    reports.write(document, page, forms=reports.Forms(pdf=True, figures=True))
    folder = tmp_path / "r_figures"
    names = {
        f"{name}.{kind}"
        for name in ("confusion", "breakdown", "reliability", "curves", "acquisitions")
        for kind in ("svg", "png")
    }
    assert {path.name for path in folder.iterdir()} == names and (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    (folder / "mine.txt").write_text("kept")
    reports.write(documents.classification(NAMES), page, forms=reports.Forms(figures=True))
    assert {path.name for path in folder.iterdir()} == {
        *("mine.txt", "breakdown.svg", "breakdown.png", "acquisitions.svg", "acquisitions.png"),
    }
    assert not (tmp_path / "r.pdf").exists()
    reports.write(document, page)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_report_that_is_named_as_a_pdf_is_one_and_a_page(tmp_path: Path):
    assert reports.write(documents.training(NAMES), tmp_path / "r.pdf") == tmp_path / "r.html"
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF") and (tmp_path / "r.html").is_file()


@pytest.mark.parametrize("title", ["$x^$ <b> & \\frac{", "", "W" * 400, "作物 \N{ARABIC LETTER ALEF}\n\tsecond line"])
def test_texts_are_set_as_they_are(title):
    document = {**documents.training([title or "x", "b", "c", "d"]), "title": title}
    found = texts(pages_of(document))
    shown = "".join("".join(found).split())
    assert "".join(title.split())[:30] in shown
    assert pdf.render(plain(document)).startswith(b"%PDF")


def test_a_document_without_data_is_a_title():
    (page,) = pages_of({"title": "Nothing yet", "kind": "evaluation"})
    assert [text.get_text() for text in page.texts][:2] == ["EVALUATION REPORT", "Nothing yet"]
