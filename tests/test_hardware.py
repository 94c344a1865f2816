"""Training through accelerate: one process as it always was, two that share their gradients."""

import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import create_autospec

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from edge.errors import ConfigError
from export.training import loop
from export.training.hardware import TIMED, accelerator, batches, cpu_epoch_s, share_gradients
from export.training.history import read_history
from export.training.loop import Hyperparameters, Task, finished, train

K, STEPS = 3, 12

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from export.training.hardware import accelerator
from test_hardware import model_and_task
from export.training.loop import Hyperparameters, train
hardware = accelerator("cpu")
model, task = model_and_task()
train(task, Hyperparameters(6, 1e-2, seed=3), Path(sys.argv[1]), hardware)
Path(sys.argv[1], f"rank{{hardware.process_index}}").write_text(str(task.score(model)))
"""


def model_and_task():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
    model.append(Head())
    centres = torch.tensor(np.random.default_rng(1).standard_normal((K, 8)), dtype=torch.float32)

    def drawn(rng):
        labels = torch.from_numpy(rng.integers(0, K, 32))
        noise = torch.from_numpy(rng.standard_normal((32, 8)).astype(np.float32))
        return centres[labels] + 1.3 * noise, labels

    def epoch(rng):
        for _ in range(STEPS):
            inputs, labels = drawn(rng)
            yield (inputs,), torch.nn.functional.one_hot(labels, K).float()

    def score(network):
        rng, right = np.random.default_rng(9), []
        for _ in range(20):
            inputs, labels = drawn(rng)
            with torch.no_grad():
                right.append((network(inputs)[1].argmax(1) == labels).float().mean())
        return float(torch.stack(right).mean())

    return model, Task("t", model, epoch, STEPS, torch.full((K,), 1 / K), score)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(16, K)

    def forward(self, x):
        return x, self.linear(x)


def test_one_process_gives_the_same_weights_with_and_without_accelerate(tmp_path):
    plain, task = model_and_task()
    train(task, Hyperparameters(2, 1e-2, seed=3), tmp_path / "plain")
    through, task = model_and_task()
    train(task, Hyperparameters(2, 1e-2, seed=3), tmp_path / "through", accelerator("cpu"))
    for a, b in zip(plain.state_dict().values(), through.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_batches_prepared_ahead_are_as_many_and_drawn_by_seeds_of_their_own():
    _, task = model_and_task()
    ahead = [inputs[0] for inputs, _ in batches(task, (3, 0), STEPS, workers=2)]
    again = [inputs[0] for inputs, _ in batches(task, (3, 0), STEPS, workers=2)]
    assert len(ahead) == STEPS
    assert all(torch.equal(a, b) for a, b in zip(ahead, again, strict=True))
    assert len({float(a.sum()) for a in ahead}) == STEPS


def test_gradients_of_several_processes_are_averaged():
    class Doubling:
        def reduce(self, tensor, how):
            assert how == "mean"
            return 2 * tensor

    model = nn.Linear(2, 2)
    model(torch.ones(1, 2)).sum().backward()
    before = [p.grad.clone() for p in model.parameters()]
    share_gradients(model, Doubling())
    assert all(torch.equal(2 * a, p.grad) for a, p in zip(before, model.parameters(), strict=True))


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_a_gpu_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="torch sees no GPU"):
        accelerator("cuda")


def test_what_an_epoch_takes_on_the_processor_is_told_from_a_few_batches():
    model, task = model_and_task()
    asked = []

    def drawn(rng):
        for batch in task.batches(rng):
            asked.append(batch)
            time.sleep(0.02)
            yield batch

    before, state = [p.clone() for p in model.parameters()], torch.get_rng_state()
    seconds = cpu_epoch_s(replace(task, batches=drawn), lambda network, batch: network(*batch[0])[1].sum())
    assert STEPS * 0.02 <= seconds < STEPS * 1.0
    assert len(asked) == TIMED + 1
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)


def test_an_epoch_on_a_gpu_is_said_beside_the_processors(tmp_path, monkeypatch, capsys):
    gpu = create_autospec(Accelerator, instance=True)
    gpu.configure_mock(num_processes=1, process_index=0, is_main_process=True)
    gpu.device = SimpleNamespace(type="cuda")
    model, task = model_and_task()
    monkeypatch.setattr(model, "to", lambda device: model)
    monkeypatch.setattr(loop, "cpu_epoch_s", lambda task, loss_of: 61.4)
    monkeypatch.setattr(loop, "device_name", lambda device: "NVIDIA H200")
    train(task, Hyperparameters(2, 1e-2, seed=3), tmp_path, gpu)
    said = capsys.readouterr().err
    assert len(re.findall(r"t +epoch [12]/2 .* [\d.]+ s on NVIDIA H200  0 min left", said)) == 2
    assert said.count("the processor would take about 61 s") == 1
    assert [(e.device, e.cpu_seconds) for e in read_history(tmp_path / "t.jsonl")] == [
        ("NVIDIA H200", 61.4)
    ] * 2
    gpu.wait_for_everyone.assert_called_once_with()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_says_its_name_and_the_processors_time(tmp_path, capsys):
    _, task = model_and_task()
    train(task, Hyperparameters(2, 1e-2, seed=3), tmp_path, accelerator("auto"))
    first, _ = read_history(tmp_path / "t.jsonl")
    assert first.device == torch.cuda.get_device_name()
    assert first.cpu_seconds is not None
    assert 0 < first.cpu_seconds < 60
    assert first.device in capsys.readouterr().err


@pytest.mark.slow
def test_two_processes_reach_the_score_of_one(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent)))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    command += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["--main_process_port", "0", str(script), str(tmp_path / "two")]
    clean = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=clean)
    assert done.returncode == 0, done.stderr
    scores = [float((tmp_path / "two" / f"rank{rank}").read_text()) for rank in (0, 1)]
    assert scores[0] == scores[1]  # both end with the same weights
    alone, task = model_and_task()
    train(task, Hyperparameters(6, 1e-2, seed=3), tmp_path / "one")
    assert scores[0] == pytest.approx(task.score(alone), abs=0.04)
    assert finished(model_and_task()[0], "t", tmp_path / "two")
