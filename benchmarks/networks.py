"""Speed and memory of every network: parcels trained on and classified per second, on one core.

    python benchmarks/networks.py [--dates 24] [--batch 32] [--models a,b]

Made-up samples of 10 bands and 19 classes, already in memory: reading and building samples is not counted. Each network
runs in a process of its own, whose peak memory less that of an empty one is given. Seconds are those that its thread
had the processor, so that other work on the machine counts for less. Printed as Markdown.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROUNDS, ROUND_S = 3, 2.0


def rate(work: Callable[[], object], parcels: int) -> float:
    """Parcels per processor second, the median of three rounds of two seconds, after one run to warm up."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        begun, done = time.process_time(), 0
        while (seconds := time.process_time() - begun) < ROUND_S:
            work()
            done += parcels
        rounds.append(done / seconds)
    return median(rounds)


def measure(name: str, dates: int, batch: int) -> tuple[int, float, float, float]:
    """Parameters, parcels per second in training and in classification, and MB."""
    import torch

    from backend.learning.prediction import BATCH_SIZE
    from backend.models import MODELS
    from backend.models.build import build, count
    from tests.backend.models.inputs import inputs

    torch.set_num_threads(1)
    empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    network = build(name, 10, range(0, 10 * dates, 10), 19)
    optimiser = torch.optim.Adam(network.parameters())
    samples, truth = full(inputs(name, batch, dates)), torch.arange(batch) % 19

    def train() -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(*samples), truth).backward()
        optimiser.step()

    training = rate(train, batch)
    network.eval()
    samples = full(inputs(name, BATCH_SIZE[MODELS[name].view], dates))
    with torch.inference_mode():
        inference = rate(lambda: network(*samples), len(samples[0]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return count(network), training, inference, (peak - empty) / 1024


def full(samples: tuple) -> tuple:
    """Pixel sets without padding, as most parcels above 0.64 ha have them."""
    return tuple(part | True if part.ndim == 2 and part.shape[1] == 64 else part for part in samples)


def main() -> None:
    from backend.models import MODELS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--models", default=",".join(name for name, row in MODELS.items() if row.in_epochs))
    chosen = parser.parse_args()
    print(f"{chosen.dates} dates, training batches of {chosen.batch}, one thread\n")
    print("| model | parameters | train parcels/s | classify parcels/s | MB |\n|---|---|---|---|---|")
    alone = multiprocessing.get_context("spawn")
    for name in chosen.models.split(","):
        with alone.Pool(1) as pool:
            parameters, training, inference, memory = pool.apply(measure, (name, chosen.dates, chosen.batch))
        print(f"| {name} | {parameters:,} | {training:,.0f} | {inference:,.0f} | {memory:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
