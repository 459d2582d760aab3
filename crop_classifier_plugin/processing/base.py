"""What every algorithm of the provider shares: its behaviour in QGIS, and the run of an engine job."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, ClassVar, Mapping, Optional, Tuple

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtGui import QIcon

from ..engine import locate
from ..engine.errors import EngineCancelled, EngineProblem
from ..engine.feedback import EngineFeedback, Listener
from ..engine.logs import new_log
from ..engine.process import run_job
from ..engine.protocol import Job
from ..icons import icon
from ..plain_text import without_markup
from ..translation import tr

__all__ = ["EngineAlgorithm", "EngineFeedback", "Parameters", "advanced", "explained"]

Parameters = Mapping[str, Any]
HELP_ADDRESS = "https://example.org/crop-classifier/help"


def explained(parameter: QgsProcessingParameterDefinition, words: str) -> QgsProcessingParameterDefinition:
    """The same parameter with a sentence of help."""
    parameter.setHelp(words)
    return parameter


def advanced(parameter: QgsProcessingParameterDefinition, words: str) -> QgsProcessingParameterDefinition:
    """The same parameter, among the advanced ones, with a sentence of help."""
    parameter.setHelp(words)
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return parameter


class EngineAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that runs in the engine. `example`: values of its parameters, by name."""

    example: ClassVar[Tuple[Tuple[str, str], ...]] = ()

    def createInstance(self) -> EngineAlgorithm:
        return type(self)()

    def icon(self) -> QIcon:
        return icon(self.name())

    def helpUrl(self) -> str:
        return f"{HELP_ADDRESS}#{self.name()}"

    def canExecute(self) -> Tuple[bool, str]:
        """Whether the engine is set up; else what to do."""
        status = locate.status()
        return status.ready, without_markup(status.problem)

    def description_text(self) -> str:
        """What the algorithm does, in a few sentences; translated."""
        raise NotImplementedError

    def shortHelpString(self) -> str:
        """The description, and how to run the algorithm in a shell: parameters have the same names in all places."""
        return f"{self.description_text()}\n\n{tr('Example:')}\n{self.command_line()}"

    def command_line(self) -> str:
        """The example as `qgis_process` takes it."""
        values = " ".join(f"{name}={value}" for name, value in self.example)
        return f"qgis_process run crop_classifier:{self.name()} -- {values}"

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        """A problem that would stop a long run later; empty where none is known."""
        return ""

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> Tuple[bool, str]:
        accepted, message = super().checkParameterValues(parameters, context)
        if not accepted:
            return accepted, without_markup(message)
        problem = without_markup(self.problem(parameters, context))
        return not problem, problem

    def run_engine(
        self,
        command: str,
        arguments: Mapping[str, Any],
        feedback: QgsProcessingFeedback,
        start: float = 0.0,
        share: float = 1.0,
    ) -> Any:
        """The values of the engine's result; arguments without a value are left to the engine's own defaults.

        The job is the part from `start` to `start + share` of the whole run. Raises QgsProcessingException with what
        happened, what to do and the stable code.
        """
        job = Job(command, {name: value for name, value in arguments.items() if value not in (None, "", [])})
        try:
            return run_job(job, Listener(feedback, start, share), feedback.isCanceled, log=new_log(command))
        except EngineCancelled as error:
            raise QgsProcessingException(without_markup(str(error))) from error
        except EngineProblem as error:
            raise QgsProcessingException(without_markup(f"{error}\n[{error.code}]")) from error

    # Values that are given, or None

    def given(self, parameters: Parameters, name: str) -> bool:
        """Whether the user set this parameter, or it has a default."""
        value = parameters.get(name, self.parameterDefinition(name).defaultValue())
        return value is not None and str(value) not in ("", "NULL")

    def text(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> Optional[str]:
        return self.parameterAsString(parameters, name, context).strip() or None

    def integer(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> Optional[int]:
        return self.parameterAsInt(parameters, name, context) if self.given(parameters, name) else None

    def number(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> Optional[float]:
        return self.parameterAsDouble(parameters, name, context) if self.given(parameters, name) else None
