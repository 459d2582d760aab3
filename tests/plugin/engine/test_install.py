"""The installer, with a made-up uv that notes what it is asked: no network, no packages."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from crop_classifier_plugin.engine import install as installer
from crop_classifier_plugin.engine import interpreter, shell
from crop_classifier_plugin.engine.install import InstallCancelled, InstallError, InstallPlan, install, is_ready, remove

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the made-up uv is a shell script")

UV = """#!/bin/sh
echo "$@" >> "{calls}"
case "$1" in
  --version) echo "uv 0.13.9 (made up)" ;;
  venv) for last; do :; done; mkdir -p "$last/bin"; ln -sf "{python}" "$last/bin/python"; touch "$last/pyvenv.cfg" ;;
  pip) {pip} ;;
esac
"""


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """A made-up uv on PATH: `uv(pip="exit 1")` sets what `uv pip install` does, `uv.calls()` is what it was asked."""
    calls, folder = tmp_path / "calls.txt", tmp_path / "bin"
    folder.mkdir()

    def write(pip: str = "echo Installed 54 packages") -> None:
        (folder / "uv").write_text(UV.format(calls=calls, python=sys.executable, pip=pip))
        (folder / "uv").chmod(0o755)

    write.calls = lambda: [c for c in calls.read_text().splitlines() if c != "--version"] if calls.exists() else []
    write()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(installer, "RUN_ENGINE", "print('doctor was run')")
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    return write


@pytest.fixture
def plan(tmp_path) -> InstallPlan:
    return InstallPlan(tmp_path / "my engine", python=Path(sys.executable), torch="cpu")


def test_makes_the_environment_and_says_what_it_does(uv, plan):
    lines: list[str] = []
    assert install(plan, lines.append) == plan.location / "bin" / "python"
    assert is_ready(plan.location)
    assert "Installed 54 packages" in lines and lines[-1] == "doctor was run"
    assert (plan.location / "install.log").read_text().splitlines() == lines
    made, compared, filled = uv.calls()
    assert "--require-hashes --no-deps" in compared and compared.endswith("backend/digests.txt")
    assert made.startswith("venv ") and made.endswith("my engine")
    assert f"--python {plan.location}/bin/python" in filled and "backend/requirements.txt" in filled


def test_a_ready_environment_is_left_alone_at_once(uv, plan):
    install(plan, lambda line: None)
    before, started = uv.calls(), time.monotonic()
    install(plan, lambda line: None)
    assert uv.calls() == before and time.monotonic() - started < 1


def test_more_extras_complete_the_environment_without_making_it_anew(uv, plan):
    install(plan, lambda line: None)
    install(InstallPlan(plan.location, extras=("test",), torch="cpu"), lambda line: None)
    assert [call.split()[0] for call in uv.calls()] == ["venv", *["pip"] * 4]
    assert "digests.txt -r" in uv.calls()[-2] and uv.calls()[-2].endswith("digests-test.txt")
    assert "requirements-test.txt" in uv.calls()[-1]
    assert is_ready(plan.location, ("test",)) and is_ready(plan.location)


def test_other_lists_of_packages_make_it_unready(uv, plan):
    install(plan, lambda line: None)
    marker = plan.location / "ready.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "requirements": "of an older version"}))
    assert not is_ready(plan.location)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"requirements": 1, "extras": 2}'])
def test_a_damaged_marker_is_not_ready(tmp_path, text):
    (tmp_path / "ready.json").write_text(text)
    assert not is_ready(tmp_path)


def test_a_failure_keeps_its_words_and_the_next_run_starts_afresh(uv, plan):
    uv(pip="echo no matching wheel; exit 3")
    with pytest.raises(InstallError, match="no matching wheel") as caught:
        install(plan, lambda line: None)
    assert not is_ready(plan.location)
    assert str(plan.location / "install.log") in caught.value.advice
    assert "no matching wheel" in (plan.location / "install.log").read_text()
    (plan.location / "half.txt").touch()
    uv()
    install(plan, lambda line: None)
    assert is_ready(plan.location) and not (plan.location / "half.txt").exists()


def test_an_engine_that_does_not_run_is_not_ready(uv, plan, monkeypatch):
    monkeypatch.setattr(installer, "RUN_ENGINE", "raise SystemExit('libcudart.so is missing')")
    with pytest.raises(InstallError, match=r"libcudart\.so is missing"):
        install(plan, lambda line: None)
    assert not is_ready(plan.location)


def test_cancel_ends_a_silent_command_and_its_children(uv, plan, tmp_path):
    uv(pip=f"sleep 60 & echo $! > '{tmp_path}/pid'; wait")
    started = time.monotonic()
    with pytest.raises(InstallCancelled):
        install(plan, lambda line: None, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    assert time.monotonic() - started < 5
    assert not is_ready(plan.location)
    assert _ended(int((tmp_path / "pid").read_text()))


def _ended(pid: int) -> bool:
    """Gone, or dead and not yet collected by whoever inherited it."""
    for _ in range(50):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_folders_of_something_else_are_neither_filled_nor_deleted(uv, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").touch()
    with pytest.raises(InstallError, match="in use for something else"):
        install(InstallPlan(photos), lambda line: None)
    with pytest.raises(InstallError, match="nothing was deleted"):
        remove(photos)
    assert [path.name for path in photos.iterdir()] == ["a.jpg"]


def test_remove_deletes_an_environment_and_none_is_no_error(uv, plan):
    install(plan, lambda line: None)
    remove(plan.location)
    remove(plan.location)
    assert not plan.location.exists()


def test_a_small_disk_is_reported_before_anything_is_fetched(uv, plan, monkeypatch):
    monkeypatch.setattr(installer.shutil, "disk_usage", lambda path: SimpleNamespace(free=2e9))
    with pytest.raises(InstallError, match=r"2\.0 GB free; the engine needs 3 GB"):
        install(plan, lambda line: None)
    assert uv.calls() == []


def test_a_python_that_is_too_old_or_not_a_python_is_refused(uv, plan, tmp_path):
    old = tmp_path / "python3.8"
    old.write_text("#!/bin/sh\necho Python 3.8.10\n")
    old.chmod(0o755)
    for python in (old, tmp_path / "none"):
        with pytest.raises(InstallError, match=r"is not Python 3\.11 or newer"):
            install(InstallPlan(plan.location, python=python), lambda line: None)


def test_without_a_python_uv_fetches_one(uv, plan, monkeypatch):
    monkeypatch.setattr(installer, "find_python", lambda given: None)
    install(InstallPlan(plan.location, torch="cpu"), lambda line: None)
    assert f"--python {interpreter.FETCHED} " in uv.calls()[0]


def test_pytorchs_index_is_left_out_when_it_fails(uv, plan, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    uv(pip='case "$*" in *torch-backend=cpu*) echo no route; exit 2;; esac')
    lines: list[str] = []
    install(plan, lines.append)
    assert "no route" in lines and "--torch-backend" not in uv.calls()[-1]
    assert is_ready(plan.location)


@pytest.mark.parametrize(
    ("torch", "wheel", "backend"),
    [
        ("cpu", None, "cpu"),
        ("cpu", "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", None),
        ("cpu", "torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl", "cpu"),
        ("cuda", "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", "auto"),
    ],
)
def test_the_build_of_torch(tmp_path, monkeypatch, torch, wheel, backend):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    if wheel:
        (tmp_path / wheel).touch()
    assert installer._torch_backend(InstallPlan(tmp_path / "e", torch=torch), (3, 11)) == backend


def test_a_folder_of_wheels_needs_no_internet_and_no_uv(plan, tmp_path, monkeypatch):
    (tmp_path / "click-8.whl").touch()
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(installer, "find_uv", lambda *given: None)
    monkeypatch.setattr(shell.Shell, "run", lambda self, *command: asked.append(command))
    install(InstallPlan(plan.location, python=plan.python, wheels=tmp_path), lambda line: None)
    assert asked[0] == (sys.executable, "-m", "venv", str(plan.location))
    assert asked[1][:4] == (str(plan.location / "bin" / "python"), "-m", "pip", "install")
    for command in asked[1:3]:
        assert command[-3:] == ("--no-index", "--find-links", str(tmp_path))
    assert "--require-hashes" in asked[1] and "--require-hashes" not in asked[2]


def test_packages_are_held_to_the_tested_versions(uv, plan, tmp_path, monkeypatch):
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("numpy==2.4.6\n")  # without digests beside it
    monkeypatch.setattr(installer, "CONSTRAINTS", constraints)
    install(plan, lambda line: None)
    assert f"-c {constraints}" in uv.calls()[-1] and is_ready(plan.location)
    constraints.write_text("numpy==2.4.7\n")
    assert not is_ready(plan.location)


def test_newer_versions_can_be_tried_without_constraints(uv, plan, tmp_path, monkeypatch):
    monkeypatch.setattr(installer, "CONSTRAINTS", tmp_path / "absent.txt")
    install(plan, lambda line: None)
    assert " -c " not in uv.calls()[-1] and is_ready(plan.location)

    assert "--require-hashes" not in " ".join(uv.calls())


def write_wheel(folder: Path, name: str, version: str) -> Path:
    record = f"{name}-{version}.dist-info"
    folder.mkdir()
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{record}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{record}/RECORD", "")
    return Path(wheel.filename or "")


@pytest.mark.parametrize("tampered", [False, True])
def test_a_package_with_other_bytes_is_refused_by_name(tmp_path, monkeypatch, tampered):
    """pip itself compares; of a wheel that is not the listed one the name is in the message, the log in the advice."""
    path = write_wheel(tmp_path / "wheels", "fields", "1.2.3")
    digest = "0" * 64 if tampered else hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(installer, "CONSTRAINTS", tmp_path / "constraints.txt")
    (tmp_path / "constraints.txt").write_text("fields==1.2.3\n")
    (tmp_path / "digests.txt").write_text(f"fields==1.2.3 \\\n    --hash=sha256:{digest}\n")
    plan = InstallPlan(tmp_path, wheels=path.parent)
    command = [sys.executable, "-m", "pip", "install", "--target", str(tmp_path / "target")]
    with (tmp_path / installer.LOG).open("w", encoding="utf-8") as log:
        runner = shell.Shell(log, lambda line: None, lambda: False)
        if not tampered:
            installer._install_tested_files(plan, command, runner)
            return
        with pytest.raises(InstallError, match=r"^fields==1\.2\.3: the file is not the one that was tested") as caught:
            installer._install_tested_files(plan, command, runner)
    assert "install.log" in caught.value.advice and "digests*.txt" in caught.value.advice


def test_uv_names_the_package_with_other_bytes(uv, plan):
    uv(pip="echo 'Hash mismatch for `numpy==2.4.6`'; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo x; done; exit 1")
    with pytest.raises(InstallError, match=r"^numpy==2\.4\.6: the file is not"):
        install(plan, lambda line: None)


def test_a_uv_with_other_bytes_is_refused(tmp_path, monkeypatch):
    """pip itself compares: a wheel of the pinned name and version, made here, has another digest."""
    version = interpreter.PINNED_UV.read_text(encoding="utf-8").split("uv==")[1].split()[0]
    folder = write_wheel(tmp_path / "wheels", "uv", version).parent
    monkeypatch.setattr(interpreter.shutil, "which", lambda name: None)
    lines: list[str] = []
    with (tmp_path / "log").open("w") as log:
        runner = shell.Shell(log, lines.append, lambda: False)
        options = ["--no-index", "--find-links", str(folder)]
        assert interpreter.find_uv(sys.executable, tmp_path / "scratch", options, runner) is None
    assert "HASHES" in "\n".join(lines) and not (tmp_path / "scratch" / "uv").exists()


PYTHON_WITHOUT_VENV = """#!/bin/sh
case "$*" in
  --version) echo "Python 3.12.3" ;;
  *pip*) echo "No module named pip" >&2; exit 1 ;;
  *ensurepip*) echo "No module named ensurepip" >&2; exit 1 ;;
  *) for i in 1 2 3 4 5 6 7 8 9; do echo "The virtual environment was not created successfully"; done; exit 1 ;;
esac
"""


@pytest.mark.parametrize("from_folder", [False, True])
def test_a_python_without_venv_says_in_one_line_what_to_install(plan, tmp_path, monkeypatch, capsys, from_folder):
    python = tmp_path / "python3"
    python.write_text(PYTHON_WITHOUT_VENV)
    python.chmod(0o755)
    (tmp_path / "click-8.whl").touch()
    monkeypatch.setattr(interpreter.shutil, "which", lambda name: None)
    folder = ["--wheels", str(tmp_path)] if from_folder else []
    monkeypatch.setattr(
        sys, "argv", ["install", str(plan.location), "--python", str(python), "--torch", "cpu", *folder]
    )
    assert installer.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{python} cannot make environments")
    assert line.endswith("sudo apt-get install python3-venv")


def test_with_pip_uv_makes_the_environment_where_venv_cannot(tmp_path, monkeypatch):
    python, ran = tmp_path / "python3", []
    python.write_text(
        PYTHON_WITHOUT_VENV.replace("*pip*) echo", '"-m pip --version") echo pip 23; exit;;\n *pip*) echo')
    )
    python.chmod(0o755)
    monkeypatch.setattr(interpreter.shutil, "which", lambda name: None)
    runner = SimpleNamespace(run=lambda *command: ran.append(command), say=lambda line: None)
    assert interpreter.find_uv(str(python), tmp_path / "scratch", [], runner) == str(
        tmp_path / "scratch" / "bin" / "uv"
    )
    assert ran[0][:4] == (str(python), "-m", "pip", "install")


def test_a_folder_without_wheels_is_refused(tmp_path):
    with pytest.raises(InstallError, match="holds no wheels"):
        InstallPlan(tmp_path / "e", wheels=tmp_path)


def test_children_get_the_users_settings_and_none_of_qgiss(monkeypatch):
    for name, value in {
        "PIP_FIND_LINKS": "/a /b",
        "PIP_INDEX_URL": "https://mirror.example.org/simple",
        "HTTPS_PROXY": "http://proxy.example.org:3128",
        "PYTHONHOME": "/usr/share/qgis",
        "LD_LIBRARY_PATH": "/usr/lib/qgis",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("UV_FIND_LINKS", "UV_DEFAULT_INDEX"):
        monkeypatch.delenv(name, raising=False)
    given = shell.environment()
    assert given["UV_FIND_LINKS"] == "/a,/b"
    assert given["UV_DEFAULT_INDEX"] == "https://mirror.example.org/simple"
    assert given["HTTPS_PROXY"] == "http://proxy.example.org:3128"
    assert not {"PYTHONHOME", "LD_LIBRARY_PATH"} & set(given)
    monkeypatch.setenv("UV_FIND_LINKS", "/c")
    assert shell.environment()["UV_FIND_LINKS"] == "/c"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_default_folder_is_the_user_s_and_not_the_plugin_s(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    place = installer.default_location()
    assert place.parts[-2:] == ("crop_classifier", "engine")
    assert installer.ROOT not in place.parents
