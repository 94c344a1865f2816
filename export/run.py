"""`edge export`: recipe and data in, checked INT8 bundle out. A run killed at any moment goes on where it was."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from export.recipe import Recipe, read_recipe
from export.text_training import train_text
from export.vision_training import train_vision


def run_export(recipe_path: Path, data: Path, out: Path) -> None:
    """Train, quantize, check and pack the bundle the recipe describes into `out`."""
    recipe = read_recipe(recipe_path)
    train_students(recipe, data, out / "work")


def train_students(recipe: Recipe, data: Path, work: Path) -> None:
    """Train the three encoders side by side, a process and its share of the cores each."""
    trainers = {"vision": train_vision, "text": train_text}
    cores = os.cpu_count() or 1
    workers = min(len(trainers), cores)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _limit_threads, (max(1, cores // workers),)) as pool:
        jobs = [
            pool.submit(_train, trainer, recipe, data, work / f"{name}-{recipe.key(name)}")
            for name, trainer in trainers.items()
        ]
        for job in jobs:
            job.result()


def _train(trainer, recipe, data, folder) -> None:
    trainer(recipe, data, folder)


def _limit_threads(threads: int) -> None:
    torch.set_num_threads(threads)
