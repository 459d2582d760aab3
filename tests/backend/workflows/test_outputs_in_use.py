"""A classification into a GeoPackage that another program uses: the result and what is there are both kept."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3
from contextlib import closing

import pyogrio
import pytest

import backend
from backend.errors import NotWritable, TableExists
from backend.parcels import writing
from backend.results_folder import ResultsFolder
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder


@pytest.fixture
def shared(region, tmp_path):
    """A former classification, and the parcels, in one file."""
    output = tmp_path / "crops.gpkg"
    backend.classify(region.store, region.model, output, device="cpu")
    pyogrio.write_dataframe(pyogrio.read_dataframe(region.parcels), output, layer="parcels")
    return output


def layers(path):
    return sorted(str(name) for name in pyogrio.list_layers(path)[:, 0])


def classify(region, output, *more, reporter):
    arguments = ("--model", region.model, "-o", output, "--device", "cpu", *more)
    return run("classify", region.store, *arguments, reporter=reporter).values


def require_both(made, output, reporter, reason):
    """The result is whole, beside the file that was not changed, and the warning names both."""
    kept = output.with_name("crops_2.gpkg")
    assert (made["output"], made["layer"]) == (str(kept), "crops_2")
    assert made["results"] == str(kept.with_suffix(".results")) and made["report"] == str(
        kept.with_name("crops_2_report.html")
    )
    assert layers(kept) == ["crops_2"] and len(pyogrio.read_dataframe(kept)) == made["parcels"]
    assert ResultsFolder.beside(kept).description().layer == str(kept)
    assert ResultsFolder.beside(output).description().layer == str(output)
    expected = f"The result is in {kept}, as {output} could not be replaced: {reason}"
    (message,) = [message for code, message in reporter.warnings if code == "output.kept_elsewhere"]
    assert message.startswith(expected) and message.endswith("Both files are kept.")
    assert [entry.name for entry in output.parent.iterdir() if entry.name.startswith(".")] == []


def test_a_file_that_is_open_all_the_time(region, shared):
    before, reporter = layers(shared), Recorder()
    with closing(sqlite3.connect(shared, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = WAL")
        holder.execute("SELECT count(*) FROM crops").fetchall()
        made = classify(region, shared, "--overwrite", reporter=reporter)
    require_both(made, shared, reporter, "another program has it open")
    assert layers(shared) == before


def test_a_file_that_is_changed_while_the_layer_is_written(region, shared, monkeypatch):
    def change(*written):
        monkeypatch.undo()
        with closing(sqlite3.connect(shared)) as database, database:
            database.execute("CREATE TABLE noted (words TEXT)")
        read_back(*written)

    read_back, reporter = writing.require_written, Recorder()
    monkeypatch.setattr(writing, "require_written", change)
    require_both(
        classify(region, shared, "--overwrite", reporter=reporter), shared, reporter, "another program changed it"
    )
    assert layers(shared) == ["crops", "noted", "parcels"]


def test_a_file_that_is_free_at_the_end_is_added_to(region, shared):
    class Closes(Recorder):
        def progress(self, *progress, **more):
            holder.close()
            super().progress(*progress, **more)

    holder, reporter = sqlite3.connect(shared, isolation_level=None), Closes()
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("SELECT count(*) FROM crops").fetchall()
    made = classify(region, shared, "--output-layer", "newer", reporter=reporter)
    assert (made["output"], made["layer"]) == (str(shared), "newer")
    assert layers(shared) == ["crops", "newer", "parcels"] and not shared.with_name("crops_2.gpkg").exists()


def test_a_layer_of_the_same_name_that_appears_during_the_run(region, shared):
    class Adds(Recorder):
        def progress(self, *progress, **more):
            if "newer" not in layers(shared):
                pyogrio.write_dataframe(pyogrio.read_dataframe(region.parcels), shared, layer="newer")
            super().progress(*progress, **more)

    reporter = Adds()
    made = classify(region, shared, "--output-layer", "newer", reporter=reporter)
    kept = shared.with_name("crops_2.gpkg")
    assert (made["output"], made["layer"], layers(kept)) == (str(kept), "newer", ["newer"])
    (message,) = [message for code, message in reporter.warnings if code == "output.kept_elsewhere"]
    assert "another program added a layer 'newer' to it" in message
    assert "crop_code" not in pyogrio.read_info(shared, layer="newer")["fields"]


def test_what_can_be_known_before_the_run_is_refused_before_it(region, shared):
    with pytest.raises(TableExists):
        classify(region, shared, reporter=Recorder())
    shared.with_name("crops.gpkg-wal").write_text("no log")
    with pytest.raises(NotWritable, match="is not a log of SQLite"):
        classify(region, shared, "--overwrite", reporter=Recorder())
    assert not shared.with_name("crops_2.gpkg").exists()
