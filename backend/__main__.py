"""The command line: reads arguments or a job, guards stdout, dispatches, sets the exit code.

0 done, 1 an error with a code, 2 wrong arguments, 3 cancelled, 70 a fault of the engine's own.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from backend import __version__, installation

installation.require_command_line(sys.argv[1:])  # before the first import of a package that may be missing

import click  # noqa: E402

from backend.commands import COMMANDS, FILES, Outcome  # noqa: E402
from backend.console import Cancellation, ConsoleReporter, EventReporter, take_stdout  # noqa: E402
from backend.errors import BadArgument, BadJob, Cancelled, EngineError  # noqa: E402
from backend.inputs import require_path  # noqa: E402
from backend.memory import explains, true_cause  # noqa: E402
from backend.messages import ERRORS, compose  # noqa: E402
from backend.protocol import MOST_JOB_CHARACTERS, Failed, Job, Result, Started  # noqa: E402

_HELP = {"help_option_names": ["-h", "--help"]}


class Commands(click.Group):
    """Loads a command's file when it is used, so that help needs neither torch nor GDAL."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"backend.commands.{FILES.get(name, name)}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings=_HELP)
@click.version_option(__version__, prog_name="crop classifier engine")
def cli() -> None:
    """Classify the crop on each agricultural parcel from a season of Sentinel-2 images.

    Every command takes --json (one JSON document on stdout) and --events (protocol lines on stdout).
    """


def run() -> None:
    """The console script `crop-classifier`, the same as `python -m backend`."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one command; the only function besides the plugin's edge that catches every exception."""
    if not arguments or {"-h", "--help", "--version"} & set(arguments):
        return cli.main(list(arguments) or ["--help"], standalone_mode=False) or 0
    stdout = take_stdout()
    # Threads that spin while they wait make a shared machine crawl: with it, a training beside another job took
    # an eighth of the time. Read by the OpenMP runtime when torch is loaded, so set before.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    cancellation = Cancellation()
    cancellation.on_signals()
    plain = [argument for argument in arguments if argument not in ("--json", "--events")]
    events = EventReporter(stdout, cancellation) if "--events" in arguments or plain[:1] == ["--job"] else None
    try:
        outcome = _run_whole(plain, events or ConsoleReporter(cancellation), cancellation)
    except click.UsageError as error:
        return _fail(
            2, Failed("argument.invalid", error.format_message(), _usage(error)), events, "--json" in arguments, stdout
        )
    except Cancelled as error:
        return _fail(3, _failed(error), events, "--json" in arguments, stdout)
    except EngineError as error:
        return _fail(1, _failed(true_cause(error)), events, "--json" in arguments, stdout)
    except Exception as error:
        traceback.print_exc()
        if explains(error):
            return _fail(1, _failed(true_cause(error)), events, "--json" in arguments, stdout)
        facts = {"kind": type(error).__name__, "problem": str(error)}
        fault = Failed("engine.fault", *compose(ERRORS["engine.fault"], facts), facts)
        return _fail(70, fault, events, "--json" in arguments, stdout)
    if events:
        events.emit(Result(outcome.values))
    else:
        stdout.write((json.dumps(outcome.values, indent=1) if "--json" in arguments else outcome.text) + "\n")
    stdout.flush()
    return 0


def _run_whole(arguments: list[str], reporter: Any, cancellation: Cancellation) -> Outcome:
    """Runs the command; an import that fails for want of a package names all that are missing."""
    try:
        return _run(arguments, reporter, cancellation)
    except ModuleNotFoundError as error:
        raise installation.problem() or error from error


def _run(arguments: list[str], reporter: Any, cancellation: Cancellation) -> Outcome:
    if arguments[:1] == ["--job"]:
        job = _read_job(Path(arguments[1]) if len(arguments) > 1 else Path())
        cancellation.on_stdin()
        arguments = [job.command, *_as_arguments(job)]
    if isinstance(reporter, EventReporter):
        reporter.emit(Started(arguments[0], __version__, os.getpid()))
    return _command(arguments, reporter)


def _command(arguments: list[str], reporter: Any) -> Outcome:
    """Any argument may be a path, so one that no disk can hold is an argument's fault wherever it is first used."""
    try:
        return cli.main(arguments, standalone_mode=False, obj=reporter)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise BadArgument("path", "a shorter path", str(error.filename)[:100]) from error


def _read_job(path: Path) -> Job:
    require_path("job", "a job's file (JSON)", path)
    try:
        with path.open(encoding="utf-8") as file:
            job = Job.from_json(file.read(MOST_JOB_CHARACTERS + 1))
    except (OSError, ValueError) as error:
        raise BadJob(path, str(error)) from error
    if job.command not in COMMANDS:
        raise BadJob(path, f"there is no command {job.command!r}")
    return job


def _as_arguments(job: Job) -> list[str]:
    """A job's named arguments as the command line would have them, so that both are checked by the same rules."""
    command = cli.get_command(click.Context(cli), job.command)
    known = {parameter.name: parameter for parameter in command.params} if command else {}
    options, positional = [], {}
    for name, value in job.arguments.items():
        parameter = known.get(name)
        if parameter is None:
            raise BadArgument(name, f"one of {', '.join(sorted(filter(None, known)))}", name)
        _require_kind(parameter, name, value)
        if value is False and parameter.secondary_opts:  # "no", where that is not the same as nothing
            options.append(_long(parameter.secondary_opts))
        if value is None or value is False or value == "":
            continue
        values = [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]
        if isinstance(parameter, click.Argument):
            positional[name] = values
        elif value is True:
            options.append(_long(parameter.opts))
        else:
            options += [f"{_long(parameter.opts)}={item}" for item in values]
    ordered = [item for name in known for item in positional.get(name, [])]
    return [*options, "--", *ordered]


def _require_kind(parameter: click.Parameter, name: str, value: Any) -> None:
    """Raises BadArgument for values that the command line cannot give: `--epochs` without a value, or twice."""
    is_flag = isinstance(parameter, click.Option) and parameter.is_flag
    if is_flag and not (value is None or isinstance(value, bool)):
        raise BadArgument(name, "true or false", value)
    if isinstance(value, bool) and not is_flag:
        raise BadArgument(name, "a value", value)
    if isinstance(value, list) and not (parameter.multiple or parameter.nargs != 1):
        raise BadArgument(name, "a single value", value)


def _long(names: Sequence[str]) -> str:
    """`--output` of `-o, --output`: `-o=x` would mean the value "=x"."""
    return max(names, key=len)


def _usage(error: click.UsageError) -> str:
    return f"See: {error.ctx.command_path} --help" if error.ctx else "See: python -m backend --help"


def _failed(error: EngineError) -> Failed:
    return Failed(error.code, error.message, error.advice, error.fields)


def _fail(status: int, failed: Failed, events: EventReporter | None, as_json: bool, stdout: TextIO) -> int:
    if events:
        events.emit(failed)
    else:
        sys.stderr.write(f"Error [{failed.code}]: {failed.message}\n{failed.advice}\n")
        if as_json:
            stdout.write(json.dumps({"failed": asdict(failed)}) + "\n")
    stdout.flush()
    return status


if __name__ == "__main__":
    run()
