"""Trained torch networks -> the four FP32 ONNX files of a bundle."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from edge.bundle.manifest import AudioSpec, TextSpec, VisionSpec
from edge.items import MODALITIES
from export.students.networks import TOKEN, VisionStudent
from export.students.to_onnx import export_onnx

FACES_A_CALL = 2
"""Static batch of the vision network: a hop of one second brings two new sampled faces."""


def audio_tokens(spec: AudioSpec, window_s: float) -> int:
    """Tokens the audio student gives a window: its stem takes time down by 8."""
    frames = round(spec.rate * window_s) // spec.hop
    return -(-frames // 8)


def write_networks(
    networks: Mapping[str, nn.Module],
    audio: AudioSpec,
    vision: VisionSpec,
    text: TextSpec,
    window_s: float,
    folder: Path,
) -> dict[str, Path]:
    """Write audio, vision, text and fusion .onnx (docs/bundle.md) into a folder; name -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = round(audio.rate * window_s) // audio.hop
    heard = audio_tokens(audio, window_s)
    inputs = {
        "audio": {"features": torch.randn(1, audio.mels, frames), "voice": torch.randn(1, TOKEN)},
        "vision": {"faces": torch.randn(FACES_A_CALL, 1, vision.size, vision.size)},
        "text": {
            "ids": torch.ones(1, text.length, dtype=torch.int32),
            "mask": torch.ones(1, text.length),
        },
        "fusion": {
            "audio": torch.randn(1, heard, TOKEN),
            "vision": torch.randn(1, vision.faces, TOKEN),
            "text": torch.randn(1, text.length, TOKEN),
            "vision_mask": torch.ones(1, vision.faces),
            "text_mask": torch.ones(1, text.length),
            "present": torch.ones(1, len(MODALITIES)),
            "quality": torch.ones(1, len(MODALITIES)),
        },
    }
    paths = {}
    for name, module in networks.items():
        outputs = ["logits", "weights"] if name == "fusion" else ["tokens", "logits"]
        paths[name] = folder / f"{name}.onnx"
        export_onnx(fused(module).eval(), inputs[name], outputs, paths[name])
    return paths


def fused(module: nn.Module) -> nn.Module:
    """The network as it runs: the vision student with its blocks merged, in a copy; others as they are."""
    return copy.deepcopy(module).fuse() if isinstance(module, VisionStudent) else module
