"""A4 sheets on which texts, tables and figures are set one below the other, with matplotlib alone."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib
import matplotlib.image
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextToPath

from backend.reports.drawing import INK, RULE, SOFT, STYLE, drawn
from backend.reports.figures import Drawing

WIDTH_PT, HEIGHT_PT = 595.3, 841.9  # A4
LEFT_PT, TOP_PT, BOTTOM_PT = 52.0, 50.0, 58.0
INNER_PT = WIDTH_PT - 2 * LEFT_PT
LINE = 1.42  # height of a line, in sizes of its font
ROW_PT, CELL_PT, HEAD_PT = 17.0, 8.5, 7.5  # height of a table's row, sizes of its fonts
SWATCH_PT = 7.5
CAPTION_PT = 8.5
PRINT_DPI = 220  # of the figures on a sheet
LEAST_SCALE = 0.6  # to which a figure shrinks so that the sheet is filled, rather than to begin another one
PDF_STYLE: Any = {**STYLE, "pdf.fonttype": 42}  # texts can be selected and searched
_WIDTHS = TextToPath()


@dataclass(frozen=True)
class Column:
    """`share` of the table's width; numbers are right-aligned."""

    title: str
    share: float
    number: bool = True


class Sheets:
    """`to_pdf` gives the sheets, each with `footer` and its number. Used within `in_style`."""

    def __init__(self, footer: str) -> None:
        self.pages: list[Figure] = []
        self._footer = footer
        self._y = 0.0  # from the top of the sheet
        self.new_page()

    def new_page(self) -> None:
        self.pages.append(Figure(figsize=(WIDTH_PT / 72, HEIGHT_PT / 72), facecolor="white"))
        self._y = TOP_PT

    def need(self, height_pt: float) -> None:
        """Goes on with a new sheet where less is left."""
        if self._y + height_pt > HEIGHT_PT - BOTTOM_PT:
            self.new_page()

    def space(self, height_pt: float) -> None:
        self._y += height_pt

    # Texts

    def text(self, words: str, size: float = 9.5, colour: str = INK, bold: bool = False, indent: float = 0.0) -> None:
        """A paragraph, broken at spaces."""
        lines = broken(words, size, INNER_PT - indent, bold)
        for line in lines:
            self.need(size * LINE)
            self._write(line, LEFT_PT + indent, self._y + size, size, colour, bold)
            self._y += size * LINE

    def heading(self, words: str, room_pt: float = 60.0) -> None:
        """A heading, on the sheet of at least `room_pt` of what follows it."""
        self.space(14)
        self.need(22 + room_pt)
        self.text(words, 13, bold=True)
        self.space(3)

    def items(self, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            self.need(9.5 * LINE)
            self._write("•", LEFT_PT + 2, self._y + 9.5, 9.5, SOFT)
            self.text(sentence, indent=14)
            self.space(2)

    def box(self, words: str, back: str) -> None:
        """A paragraph on a coloured ground."""
        lines = broken(words, 9.5, INNER_PT - 20)
        height = len(lines) * 9.5 * LINE + 12
        self.need(height)
        self._fill(LEFT_PT, self._y, INNER_PT, height, back)
        self.space(6)
        for line in lines:
            self._write(line, LEFT_PT + 10, self._y + 9.5, 9.5)
            self.space(9.5 * LINE)
        self.space(6 + 6)

    def tiles(self, cells: Sequence[tuple[str, str, str]]) -> None:
        """Large numbers with their units and names."""
        if not cells:
            return
        self.need(58)
        width = INNER_PT / len(cells)
        self._fill(LEFT_PT, self._y, INNER_PT, 52, "#f3f6f8")
        for at, (number, unit, name) in enumerate(cells):
            middle = LEFT_PT + (at + 0.5) * width
            shown = f"{number} {unit}".strip()
            self._write(shown, middle, self._y + 26, min(17, 17 * (width - 6) / _width(shown, 17, True)), bold=True,
                        align="center")  # fmt: skip
            self._write(name, middle, self._y + 42, min(8, 8 * (width - 4) / _width(name, 8)), SOFT, align="center")
        self.space(60)

    # Tables

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], colours: Sequence[str] = (),
              last_bold: bool = False) -> None:  # fmt: skip
        """One line for each row; the head comes again on each sheet. `colours`: a swatch before each row's name."""
        self.need(3 * ROW_PT)
        self._head(columns)
        for at, row in enumerate(rows):
            rows_together = 2 if last_bold and at == len(rows) - 2 else 1  # no sheet begins with the last row
            if self._y + rows_together * ROW_PT > HEIGHT_PT - BOTTOM_PT:
                self.new_page()
                self._head(columns)
            if at < len(colours):
                self._fill(
                    LEFT_PT + 1, self._y + (ROW_PT - SWATCH_PT) / 2, SWATCH_PT, SWATCH_PT, colours[at], "#00000040"
                )
            bold = last_bold and at == len(rows) - 1
            self._cells(columns, row, bold, INK, SWATCH_PT + 5 if colours else 0)
            self._rule("#e8ecef")
        self.space(6)

    def _head(self, columns: Sequence[Column]) -> None:
        self._cells(columns, [column.title for column in columns], True, SOFT, 0, HEAD_PT)
        self._rule(RULE)

    def _cells(self, columns: Sequence[Column], row: Sequence[str], bold: bool, colour: str, indent: float,
               size: float = CELL_PT) -> None:  # fmt: skip
        left = LEFT_PT
        for at, (column, words) in enumerate(zip(columns, row, strict=True)):
            width = column.share * INNER_PT
            own = indent if at == 0 else 0
            shown = fitted(words, size, width - own - 6, bold)
            x = left + width - 2 if column.number else left + own + 1
            align = "right" if column.number else "left"
            self._write(shown, x, self._y + ROW_PT / 2 + size * 0.36, size, colour, bold, align)
            left += width
        self.space(ROW_PT)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values; long values are broken into lines."""
        name_pt = 0.26 * INNER_PT
        for name, value in rows:
            lines = broken(value, CELL_PT, INNER_PT - name_pt - 4)
            self.need(CELL_PT * LINE + 4)
            self._write(fitted(name, CELL_PT, name_pt - 8), LEFT_PT + 1, self._y + CELL_PT, CELL_PT, SOFT)
            for line in lines:
                self.need(CELL_PT * LINE)
                self._write(line, LEFT_PT + name_pt, self._y + CELL_PT, CELL_PT)
                self.space(CELL_PT * LINE)
            self.space(1)
            self._rule("#e8ecef")
            self.space(3)

    # Figures

    def figure(self, drawing: Drawing) -> None:
        """A figure with its title and caption, as large as it is made, or smaller where a sheet does not hold it."""
        width_pt, height_pt = (72 * inches for inches in drawing.size_in)
        around_pt = len(broken(drawing.caption, CAPTION_PT, INNER_PT)) * CAPTION_PT * LINE + 52  # caption and title
        whole_pt = HEIGHT_PT - TOP_PT - BOTTOM_PT - around_pt
        scale = min(1.0, INNER_PT / width_pt, whole_pt / height_pt)
        left = (HEIGHT_PT - BOTTOM_PT - self._y - around_pt) / height_pt
        if LEAST_SCALE * scale < left < scale:
            scale = left
        self.heading(drawing.title, scale * height_pt + around_pt - 52)
        self._place(drawing, scale)
        self.text(drawing.caption, CAPTION_PT, SOFT)

    def _place(self, drawing: Drawing, scale: float) -> None:
        """Drawn at the size that it is made for, so that its texts do not overlap, then scaled as a picture."""
        width_pt, height_pt = (72 * scale * inches for inches in drawing.size_in)
        with matplotlib.rc_context():
            png = drawn(drawing.size_in, drawing.draw, "png", PRINT_DPI * scale)
        box = (LEFT_PT / WIDTH_PT, 1 - (self._y + height_pt) / HEIGHT_PT, width_pt / WIDTH_PT, height_pt / HEIGHT_PT)
        axes = self.pages[-1].add_axes(box)
        axes.imshow(matplotlib.image.imread(io.BytesIO(png), format="png"), aspect="auto", interpolation="none")
        axes.set_axis_off()
        self.space(height_pt + 6)

    # What all are made of

    def _write(self, words: str, x: float, y: float, size: float, colour: str = INK, bold: bool = False,
               align: str = "left") -> None:  # fmt: skip
        """`x` and `y`, of the base line, in points from the left and the top."""
        self.pages[-1].text(
            x / WIDTH_PT, 1 - y / HEIGHT_PT, words, size=size, color=colour, weight="bold" if bold else "normal",
            ha=align, va="baseline",
        )  # fmt: skip

    def _fill(self, x: float, y: float, width: float, height: float, colour: str, edge: str = "none") -> None:
        page = self.pages[-1]
        corner = (x / WIDTH_PT, 1 - (y + height) / HEIGHT_PT)
        page.add_artist(
            Rectangle(corner, width / WIDTH_PT, height / HEIGHT_PT, facecolor=colour, edgecolor=edge, linewidth=0.4,
                      transform=page.transFigure)
        )  # fmt: skip

    def _rule(self, colour: str) -> None:
        self._fill(LEFT_PT, self._y - 0.3, INNER_PT, 0.6, colour)

    def to_pdf(self, title: str) -> bytes:
        """The same sheets are the same bytes."""
        output = io.BytesIO()
        total = len(self.pages)
        with PdfPages(output, metadata={"Title": title, "CreationDate": None}) as pdf:
            for number, page in enumerate(self.pages, 1):
                y = 1 - (HEIGHT_PT - 30) / HEIGHT_PT
                footer = fitted(self._footer, 7.5, INNER_PT - 60)
                page.text(LEFT_PT / WIDTH_PT, y, footer, size=7.5, color=SOFT)
                page.text(1 - LEFT_PT / WIDTH_PT, y, f"{number} / {total}", size=7.5, color=SOFT, ha="right")
                pdf.savefig(page)
        return output.getvalue()


def broken(words: str, size: float, width_pt: float, bold: bool = False) -> list[str]:
    """The lines of a paragraph; a word that is longer than a line is cut into pieces."""
    lines: list[str] = []
    for paragraph in words.replace(" %", "\N{NO-BREAK SPACE}%").splitlines() or [""]:
        line = ""
        for word in _pieces(paragraph.split(" "), size, width_pt, bold):
            longer = f"{line} {word}" if line else word
            if line and _width(longer, size, bold) > width_pt:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _pieces(words: Sequence[str], size: float, width_pt: float, bold: bool) -> list[str]:
    pieces = []
    for word in words:
        while _width(word, size, bold) > width_pt and len(word) > 1:
            most = max(int(len(word) * width_pt / _width(word, size, bold)), 1)
            pieces.append(word[:most])
            word = word[most:]
        pieces.append(word)
    return pieces


def fitted(words: str, size: float, width_pt: float, bold: bool = False) -> str:
    """One line, ended by an ellipsis where it is too long."""
    words = " ".join(words.split())
    if _width(words, size, bold) <= width_pt:
        return words
    while words and _width(f"{words}…", size, bold) > width_pt:
        words = words[:-1]
    return f"{words.rstrip()}…"


def _width(words: str, size: float, bold: bool = False) -> float:
    """In points; without kerning, which makes texts a little narrower."""
    return sum(_advance(letter, bold) for letter in words) * size


@lru_cache(maxsize=4096)
def _advance(letter: str, bold: bool) -> float:
    """The width of a letter, in sizes of its font."""
    font = FontProperties(family="sans-serif", size=100, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        both = _WIDTHS.get_text_width_height_descent(f"{letter}|", font, ismath=False)[0]  # else a space has none
        mark = _WIDTHS.get_text_width_height_descent("|", font, ismath=False)[0]
    return float(both - mark) / 100


def in_style(make: Callable[[], bytes]) -> bytes:
    """Calls `make` with the style of the report's figures."""
    with matplotlib.rc_context(PDF_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return make()
