"""All architectures on one split of one simulated region: scores on the held-out fifth, and seconds.

    python benchmarks/models.py [--parcels 1000] [--epochs 50] [--folder DIR]

Each model is trained by the engine's own command with the paper's recipe (Adam, 1e-3, batch 32, 3:1:1, best validation
epoch) and the same seed, hence on the same parcels. The table is printed as Markdown. The region is made up: the
figures compare the models with each other, and say nothing about real fields. Finished models are kept in DIR.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def engine(*arguments: object) -> Any:
    command = [sys.executable, "-m", "backend", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def trained(name: str, folder: Path, store: Path, epochs: int) -> dict[str, Any]:
    """The result of training one model; read again where an earlier run left it."""
    result = folder / f"{name}.json"
    if not result.exists():
        crops = ("--class-field", "CODE_CULTU", "--class-table", "paper")
        model = ("--model", name, "--epochs", epochs, "-o", folder / f"{name}.cropmodel")
        result.write_text(json.dumps(engine("train", store, *crops, *model)), encoding="utf-8")
    return json.loads(result.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="models-"))
    folder.mkdir(parents=True, exist_ok=True)
    region, store = folder / "region", folder / "region.parcels"
    if not region.exists():
        engine("simulate", region, "--parcels", chosen.parcels, "--dates", 24, "--seed", 0)
    engine("extract", region / "imagery", region / "parcels.gpkg", "--masks", region / "masks", "-o", store)
    print("| model | parameters | OA | mean F | precision | recall | seconds |\n|---|---|---|---|---|---|---|")
    for row in sorted(engine("models"), key=lambda row: row["view"], reverse=True):
        done = trained(row["name"], folder, store, chosen.epochs)
        figures = " | ".join(f"{done['scores'][key]:.3f}" for key in ("oa", "mean_f", "mean_precision", "mean_recall"))
        parameters = f"{row['parameters']:,}" if row["parameters"] else "-"
        print(f"| {row['name']} | {parameters} | {figures} | {done['seconds']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
