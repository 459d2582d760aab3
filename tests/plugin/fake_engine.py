"""Stands in for the engine in the plugin's tests: each command of a job is another kind of behaviour."""

# SPDX-License-Identifier: GPL-2.0-or-later
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.protocol import Failed, Job, Log, Metric, Progress, Result, Started, Warn, encode

ROOT = Path(__file__).resolve().parents[1]


def send(event) -> None:
    print(encode(event), flush=True)


def echo(job: Job) -> None:
    send(Result({"arguments": job.arguments, "environment": dict(os.environ), "path": sys.path, "name": __name__}))


def garbage(job: Job) -> None:
    sys.stdout.buffer.write(b'import of a library\n{"event": "progress"}\n\xff\xfe\n[]\n{"half": \n\n')
    sys.stdout.buffer.flush()
    send(Log("between the garbage: é 漢"))
    print("no end of line", end="", flush=True)
    print(flush=True)
    send(Result(7))


def fail(job: Job) -> None:
    print("Traceback: the details", file=sys.stderr)
    send(Failed("parcels.empty", "The parcel layer «Été» holds no polygon.\nSecond line.", "Choose another layer."))
    sys.exit(1)


def crash(job: Job) -> None:
    print("\n".join(f"line {n}" for n in range(1000)), file=sys.stderr, flush=True)
    os._exit(41)


def killed(job: Job) -> None:
    """As the kernel ends a process that takes too much memory, or as a shell or a container reports it."""
    if job.arguments.get("by") == "library":
        print("terminate called after throwing an instance of 'std::bad_alloc'", file=sys.stderr, flush=True)
        os.abort()
    if job.arguments.get("by") == "loader":
        print("cannot allocate memory for thread-local data: ABORT", file=sys.stderr, flush=True)
        os._exit(127)
    if job.arguments.get("by") == "container":
        os._exit(137)
    os.kill(os.getpid(), signal.SIGKILL)


def result_then_crash(job: Job) -> None:
    send(Result(1))
    os._exit(3)


def silent(job: Job) -> None:
    """Ends with exit code 0 and without an event."""


def obedient(job: Job) -> None:
    """Works until it is asked to stop."""
    send(Progress(0.1, "Working"))
    asked = sys.stdin.readline()
    Path(job.arguments["mark"]).write_text(asked, encoding="utf-8")
    sys.exit(2)


def stubborn(job: Job) -> None:
    """Neither listens nor ends when it is terminated, and has a worker."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(job.arguments["mark"]).write_text(f"{os.getpid()} {worker.pid}", encoding="utf-8")
    send(Progress(0.1, "Working"))
    time.sleep(600)


def flood(job: Job) -> None:
    """Speaks without a pause."""
    while True:
        send(Progress(0.5, "Working"))


def leaves_worker(job: Job) -> None:
    """Ends with a worker that holds its stdout open."""
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    send(Log(str(worker.pid)))
    os._exit(5)


def orphan(job: Job) -> None:
    """Marks when its parent is gone."""
    send(Progress(0.1, "Working"))
    if sys.stdin.read() == "":
        Path(job.arguments["mark"]).write_text("parent gone", encoding="utf-8")


def all_events(job: Job) -> None:
    send(Started("all_events", "0.1.0", os.getpid()))
    send(Progress(0.25, "Training", "fold 1 of 5", 200.0))
    send(Log("a line"))
    send(Metric("epoch", {"epoch": 3, "train_loss": 0.123456}))
    send(Warn("imagery.gap", "No image in May.", "Nothing to do."))
    send(Result({"done": True}))


def answer(job: Job) -> None:
    """One of the engine's own commands, with the result that the test laid down."""
    document = json.loads((ROOT / f"{job.command}.json").read_text("utf-8"))
    with (ROOT / "jobs.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"command": job.command, "arguments": job.arguments}) + "\n")
    send(Started(job.command, "0.1.0", os.getpid()))
    send(Progress(0.5, "Working"))
    if document["layer"]:
        shutil.copy(document["layer"], job.arguments["output"])
    if job.command == "extract":
        store = Path(job.arguments["output"])
        store.mkdir(parents=True)
        (store / "manifest.json").write_text('{"schema": 2, "complete": true, "season": 2018}', encoding="utf-8")
    send(Result(document["values"]))


def main() -> None:
    job = Job.from_json(Path(sys.argv[sys.argv.index("--job") + 1]).read_text("utf-8"))
    globals().get(job.command, answer)(job)


if __name__ == "__main__":
    main()
