"""Kills the engine at many moments and lets its disk run full, and counts what is left: `python scripts/faults.py`.

Run by the engine's Python, on Linux. Each run is a fork of this process, so that the packages are loaded once. A full
disk is a small tmpfs where root runs this, else a limit on the size of files. The same seed gives the same moments.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import faults_outcomes as found  # noqa: E402
import torch  # noqa: E402
from faults_cases import Case, Inputs, cases_of  # noqa: E402
from faults_outcomes import Expected  # noqa: E402

from backend.__main__ import main as run_engine  # noqa: E402
from backend.commands import COMMANDS  # noqa: E402

LAST_S = 0.2
DISK_MB = 64


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--full", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose name starts with this")
    chosen = parser.parse_args()
    load_all()
    with tempfile.TemporaryDirectory(prefix="faults_") as name:
        inputs = Inputs(Path(name) / "inputs")
        make(inputs)
        cases = [case for case in cases_of(inputs) if case.name.startswith(chosen.only)]
        counts: dict[tuple[str, str], Counter[str]] = {}
        for number, case in enumerate(cases):
            folder, share = Path(name) / case.name.replace(" ", "_"), (number, len(cases))
            randomly = random.Random(f"{chosen.seed} {case.name}")  # noqa: S311 (moments, no secret)
            trial = Trial.of(case, folder)
            counts[case.name, "kill"] = Counter(trial.killed(randomly, n) for n in range(part(chosen.kills, *share)))
            counts[case.name, "full disk"] = Counter(trial.filled(randomly) for _ in range(part(chosen.full, *share)))
            for fault in ("kill", "full disk"):
                show(case.name, fault, counts[case.name, fault])
    total = sum(counts.values(), Counter())
    show("all", "", total)
    return int(any(total[kind] for kind in total if kind not in found.GOOD))


def load_all() -> None:
    """All that a fork would load, so that it starts at once."""
    import importlib

    from backend.commands import FILES

    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    for command in COMMANDS:
        importlib.import_module(f"backend.commands.{FILES.get(command, command)}")
    importlib.import_module("backend.reports.html")
    importlib.import_module("backend.reports.pictures")


def part(total: int, number: int, cases: int) -> int:
    """This case's share of the runs."""
    return total // cases + (number < total % cases)


def show(name: str, fault: str, counts: Counter[str]) -> None:
    words = "  ".join(f"{kind} {counts[kind]}" for kind in found.OUTCOMES if counts[kind])
    print(f"{name:18} {fault:10} {sum(counts.values()):4} runs  {words}", flush=True)


def fork(
    arguments: list[object], kill_after_s: float | None = None, most_bytes: int | None = None
) -> tuple[int, float]:
    """The exit status of an engine's run, and its seconds; -9 where it was killed."""
    began = time.monotonic()
    child = os.fork()
    if not child:
        silence()
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        os._exit(status_of(arguments))
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), time.monotonic() - began
        if kill_after_s is not None and time.monotonic() - began >= kill_after_s:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)


def status_of(arguments: list[object]) -> int:
    try:
        return run_engine([str(argument) for argument in arguments])
    except BaseException:  # a fork must not go on as this process
        return 70


def silence() -> None:
    log = os.open(os.environ.get("FAULTS_LOG", os.devnull), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, target in ((0, nothing), (1, nothing), (2, log)):
        os.dup2(target, number)


@dataclass(frozen=True)
class Trial:
    """A case with what undisturbed runs of it give; `old` is a folder of the former outputs, copied for each run."""

    case: Case
    folder: Path
    old: Path
    expected: Expected
    seconds: float
    needed: int

    @classmethod
    def of(cls, case: Case, folder: Path) -> Trial:
        old, new, former = folder / "old", folder / "new", {}
        for place in (old, new):
            place.mkdir(parents=True)
        if case.replaces:
            require_done(case, fork(case.arguments(old, "old")))
            former = found.readings(old, case.outputs)
            shutil.copytree(old, new, dirs_exist_ok=True)
        seconds = require_done(case, fork(case.arguments(new, "new")))
        expected = Expected(found.readings(new, case.outputs), names_in(new), former)
        needed = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
        return cls(case, folder, old, expected, seconds, needed)

    def killed(self, randomly: random.Random, number: int) -> str:
        """Every second kill is spread over the run, the others over its last 200 ms."""
        first = 0.0 if number % 2 else max(0.0, self.seconds - LAST_S)
        moment = randomly.uniform(first, self.seconds)
        with self.work(self.folder) as work:
            status, _ = fork(self.case.arguments(work, "new"), kill_after_s=moment)
            return self.judged(work, status)

    def filled(self, randomly: random.Random) -> str:
        """With room for a random share of what the outputs need."""
        room = int(self.needed * randomly.uniform(0.02, 1.3))
        if os.geteuid():
            with self.work(self.folder) as work:
                largest = randomly.uniform(0.05, 1.0) * self.needed
                return self.judged(work, fork(self.case.arguments(work, "new"), most_bytes=int(largest))[0])
        with small_disk(self.folder / "disk") as disk, self.work(disk) as work:
            ballast = disk / "ballast"
            fill(ballast, shutil.disk_usage(disk).free - room)
            status, _ = fork(self.case.arguments(work, "new"))
            left = found.states(work, self.case.outputs, self.expected)
            ballast.unlink()
            return self.judged(work, status, left)

    def judged(self, work: Path, status: int, left: dict[str, str] | None = None) -> str:
        """What is left, and whether the next run makes it whole and tidy."""
        left = left or found.states(work, self.case.outputs, self.expected)
        kind = found.outcome(left, status, self.case.resumable)
        if kind not in found.GOOD:
            print(f"  {self.case.name}: {kind} after status {status}: {left}", flush=True)
            return kind
        again, _ = fork(self.case.arguments(work, "new"))
        then = found.states(work, self.case.outputs, self.expected)
        if again or set(then.values()) - {found.NEW, found.SAME}:
            print(f"  {self.case.name}: the next run ends with {again}: {then}, before {left}", flush=True)
            return "WRONG"
        extra = names_in(work) - self.expected.names
        if extra:
            print(f"  {self.case.name}: left over after {kind}: {sorted(extra)}", flush=True)
        return "LEFT OVER" if extra else kind

    @contextmanager
    def work(self, inside: Path) -> Iterator[Path]:
        folder = inside / "work"
        shutil.copytree(self.old, folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def require_done(case: Case, run: tuple[int, float]) -> float:
    if run[0]:
        raise SystemExit(f"{case.name}: the undisturbed run ends with {run[0]}; see FAULTS_LOG=FILE")
    return run[1]


def names_in(folder: Path) -> frozenset[str]:
    return frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True)  # noqa: S607 (where it is differs between systems)  # nosec B607
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)  # noqa: S607  # nosec B607
        folder.rmdir()


def fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, size))


def make(inputs: Inputs) -> None:
    inputs.folder.mkdir()
    for run in inputs.runs():
        if fork(run)[0]:
            raise SystemExit(f"{run} failed; see FAULTS_LOG=FILE")
        time.sleep(1)  # models are told apart by the second in which they were made
    inputs.write_series()


if __name__ == "__main__":
    sys.exit(main())
