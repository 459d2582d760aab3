"""The pages of the window beside their list, which shows where something is still to be done."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional, Sequence

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...icons import icon
from ...plain_text import tooltip
from ...translation import tr
from ..form import scrolling
from ..log_view import LogView
from ..plain_widgets import plain_label
from .data_page import DataPage
from .task import DATA, MODEL, PREPARATION, RESULTS, RUN, Problem, Task

LIST_PX = 150
NOTHING_YET = 0  # a task without a page of its own shows the empty one
INPUTS = (DATA, PREPARATION, MODEL)  # cannot be changed during a run


class Pages(QWidget):
    """`task_chosen` carries the task of the button pressed, `page_changed` the number of the page."""

    task_chosen = pyqtSignal(object)
    page_changed = pyqtSignal(int)

    def __init__(self, tasks: Sequence[Task], data: DataPage, log: LogView, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.stack = QStackedWidget()
        self._own = {page: QStackedWidget() for page in (PREPARATION, MODEL, RUN, RESULTS)}
        for page, stack in self._own.items():
            stack.addWidget(_empty(page))
            for task in tasks:
                if page in task.pages:
                    stack.addWidget(task.pages[page])
        self._buttons = self._task_buttons(tasks)
        for page, title in titles().items():
            self.list.addItem(QListWidgetItem(title))
            self.stack.addWidget(self._page(page, data, log))
        self._lay_out()
        self.list.currentRowChanged.connect(self._on_row)
        self.list.setCurrentRow(DATA)

    def _task_buttons(self, tasks: Sequence[Task]) -> dict[str, QPushButton]:
        group = QButtonGroup(self)  # exclusive
        buttons = {}
        for task in tasks:
            button = QPushButton(icon(task.algorithm_id.partition(":")[2]), task.title)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked, task=task: self.task_chosen.emit(task))
            group.addButton(button)
            buttons[task.name] = button
        return buttons

    def _page(self, page: int, data: DataPage, log: LogView) -> QWidget:
        if page == DATA:
            return data
        if page != RUN:
            return self._own[page]
        widget = QWidget()
        layout = QVBoxLayout(widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._own[RUN], 5)
        layout.addWidget(log, 1)
        return scrolling(widget)  # where a message above leaves too little room

    def _lay_out(self) -> None:
        self.list.setFixedWidth(LIST_PX)
        self.list.setIconSize(QSize(16, 16))
        self.list.setSpacing(2)
        head = QHBoxLayout()
        for button in self._buttons.values():
            head.addWidget(button)
        head.addStretch(1)
        body = QHBoxLayout()
        body.addWidget(self.list)
        body.addWidget(self.stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(body, 1)

    # What is shown

    def show_task(self, task: Task) -> None:
        self._buttons[task.name].setChecked(True)
        for page, stack in self._own.items():
            own = task.pages.get(page)
            stack.setCurrentIndex(NOTHING_YET) if own is None else stack.setCurrentWidget(own)

    def page(self) -> int:
        return self.list.currentRow()

    def show_page(self, page: int) -> None:
        self.list.setCurrentRow(page)

    def has_next(self) -> bool:
        return self.page() < self.list.count() - 1

    def show_next(self) -> None:
        if self.has_next():
            self.show_page(self.page() + 1)

    def _on_row(self, row: int) -> None:
        self.stack.setCurrentIndex(row)
        self.page_changed.emit(row)

    def mark(self, problems: Sequence[Problem]) -> None:
        """Marks the pages on which something is to be done, with what it is."""
        for page in range(RUN + 1):
            texts = [problem.text for problem in problems if problem.page == page]
            item = self.list.item(page)
            item.setIcon(QgsApplication.getThemeIcon("/mIconWarning.svg" if texts else "/mIconSuccess.svg"))
            item.setToolTip(tooltip("\n".join(texts)))

    def enable_inputs(self, enabled: bool) -> None:
        """What a run has read cannot be changed while it lasts; the log and the results can be looked at."""
        for page in INPUTS:
            self.stack.widget(page).setEnabled(enabled)
        for button in self._buttons.values():
            button.setEnabled(enabled)


def titles() -> dict[int, str]:
    """The pages in the order of the work."""
    return {
        DATA: tr("Data"),
        PREPARATION: tr("Preparation"),
        MODEL: tr("Model"),
        RUN: tr("Run"),
        RESULTS: tr("Results"),
    }


def _empty(page: int) -> QWidget:
    text = tr("The results appear here after a run.") if page == RESULTS else ""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.addWidget(plain_label(text, wrap=True))
    layout.addStretch(1)
    return widget
