"""Teachers in the transformers format: HuBERT, wav2vec2, WavLM, Whisper; CLIP, SigLIP, ViT; text models."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edge.errors import ConfigError, MissingExtraError
from edge.items import Bytes, Floats
from export.teachers.base import RATE, WEIGHTS, Teacher, first_line, identity_of

LAYERS = 4
"""Last hidden layers of an audio teacher that are summed."""
LENGTH = 128
"""Tokens of a sentence that a text teacher reads at most."""
UNUSED = ("pooler.", ".pooler.", "masked_spec_embed", "position_ids")
"""Weights that a checkpoint may lack: nothing here asks for their output."""


class _Pretrained(ABC):
    """What all teachers in this format share: the folder, and the network that is loaded when first asked."""

    kind: str

    def __init__(self, folder: Path, name: str, trusted: bool = False) -> None:
        self.folder, self.name, self._trusted = folder, name, trusted
        self._network: nn.Module | None = None
        files = [*folder.glob("*.json"), *folder.glob("*.model"), *folder.glob("*.txt"), *folder.glob("*.py")]
        weights = [file for pattern in WEIGHTS for file in folder.glob(pattern)]
        self.identity = identity_of(self.kind, sorted([*files, *weights]))
        self.config: dict[str, Any] = self._json("config.json")
        self._headed = "AutoModel" not in self.config.get("auto_map", {"AutoModel": ""})
        if "auto_map" in self.config and not trusted:
            raise ConfigError.of("teacher_code", name=name)

    @abstractmethod
    def network(self, *, hollow: bool = False) -> nn.Module:
        """A fresh copy of the network, in eval mode, on the GPU where there is one.

        hollow: without weights, on torch's meta device, to see how large it is.
        """

    @abstractmethod
    def features(self, item: Any, /) -> Floats:
        """Vector [d] of one clip, face or sentence."""

    def kept(self) -> nn.Module:
        """The network as it came, loaded once."""
        if self._network is None:
            self._network = self.network()
        return self._network

    def _json(self, name: str) -> dict[str, Any]:
        file = self.folder / name
        try:
            return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
        except (ValueError, OSError, RecursionError) as error:
            raise self._broken(error) from error

    def _load(self, *, hollow: bool) -> Any:
        """The bare encoder. Raises ConfigError when weights are damaged or missing."""
        transformers = _transformers()
        model = transformers.AutoModelForCausalLM if self._headed else transformers.AutoModel
        gpu = torch.cuda.is_available()
        if hollow:
            code = {"trust_remote_code": self._trusted}
            config = transformers.AutoConfig.from_pretrained(self.folder, local_files_only=True, **code)
            with torch.device("meta"):
                return self._bare(model.from_config(config, **code))
        try:
            loaded, found = model.from_pretrained(
                self.folder,
                local_files_only=True,
                trust_remote_code=self._trusted,
                dtype="auto" if gpu else torch.float32,
                output_loading_info=True,
            )
        except Exception as error:  # whatever a file of unknown origin makes the loader say
            raise self._broken(error) from error
        lacking = [key for key in found["missing_keys"] if not any(part in key for part in UNUSED)]
        wrong = [str(key) for key in found.get("mismatched_keys", ())]
        if lacking or wrong:
            raise ConfigError.of(
                "teacher_partial",
                name=self.name,
                folder=self.folder,
                count=len(lacking + wrong),
                first=sorted(lacking + wrong)[0],
            )
        return self._bare(loaded).eval().to("cuda" if gpu else "cpu")

    def _bare(self, loaded: Any) -> Any:
        """Without a language model's head or a decoder."""
        inner = loaded.base_model if self._headed else loaded
        return inner.get_encoder() if inner.config.is_encoder_decoder else inner

    def _broken(self, error: BaseException) -> ConfigError:
        return ConfigError.of(
            "teacher_folder_unloaded", name=self.name, folder=self.folder, why=first_line(error)
        )


class AudioTransformer(_Pretrained):
    """A speech encoder: f = mean over t of sum over l of h_l(t), l the last LAYERS hidden layers.

    Clips are resampled to the rate in preprocessor_config.json; without one the model is refused. Whisper
    hears 30 s at most, and only the frames of the clip count.
    """

    kind = "audio"

    def __init__(self, folder: Path, name: str, trusted: bool = False) -> None:
        super().__init__(folder, name, trusted)
        rate = self._json("preprocessor_config.json").get("sampling_rate")
        if not isinstance(rate, int):
            raise ConfigError.of("teacher_rate", name=name, folder=folder)
        self.rate = rate
        self._extractor: Any = None

    def network(self, *, hollow: bool = False) -> nn.Module:
        """The encoder."""
        model: nn.Module = self._load(hollow=hollow)
        return model

    def features(self, samples: Floats) -> Floats:
        """Vector [d] of a clip [n] at 16 kHz."""
        return np.asarray(self.frames(samples).mean(axis=0))

    @torch.no_grad()
    def frames(self, samples: Floats) -> Floats:
        """Sum over the layers, [t, d], of a clip [n] at 16 kHz."""
        model = self.kept()
        if self._extractor is None:
            try:
                self._extractor = _transformers().AutoFeatureExtractor.from_pretrained(
                    self.folder, local_files_only=True
                )
            except Exception as error:
                raise self._broken(error) from error
        heard = samples if self.rate == RATE else soxr.resample(samples, RATE, self.rate)
        # The first convolutions need 25 ms.
        heard = np.pad(heard, (0, max(0, self.rate // 20 - len(heard))))
        found = self._extractor(heard, sampling_rate=self.rate, return_tensors="pt")
        name = next(key for key in ("input_values", "input_features") if key in found)
        some = next(model.parameters())
        inputs = {name: found[name].to(some.device, some.dtype)}
        layers = model(**inputs, output_hidden_states=True).hidden_states[1:][-LAYERS:]
        summed = torch.stack(layers).sum(dim=0)[0].float()
        if self.config.get("model_type") == "whisper":
            frames = -(-len(heard) // (2 * self._extractor.hop_length))
            summed = summed[:frames]
        return summed.cpu().numpy()


class VisionTransformer(_Pretrained):
    """A vision tower: CLIP's and SigLIP's pooled output, else the class token of the last layer.

    Faces are resized to the model's square and standardised by preprocessor_config.json.
    """

    kind = "vision"

    def __init__(self, folder: Path, name: str, trusted: bool = False) -> None:
        super().__init__(folder, name, trusted)
        tower = self.config.get("vision_config", self.config)
        said = self._json("preprocessor_config.json")
        self.size = tower.get("image_size")
        if not isinstance(self.size, int) or not {"image_mean", "image_std"} <= set(said):
            raise ConfigError.of("teacher_pictures", name=name, folder=folder)
        self.mean, self.std = (torch.tensor(said[key])[:, None, None] for key in ("image_mean", "image_std"))

    def network(self, *, hollow: bool = False) -> nn.Module:
        """Pictures [b, 3, size, size] -> pooled [b, d]."""
        model = self._load(hollow=hollow)
        return _Tower(getattr(model, "vision_model", model))

    def prepare(self, faces: Sequence[Bytes], rng: np.random.Generator | None = None) -> tuple[Tensor, ...]:
        """Pictures [b, 3, size, size] of grey faces [h, w] of one size; every other one mirrored with rng."""
        pixels = torch.from_numpy(np.stack(faces))[:, None].float()
        if rng is not None:
            turned = torch.from_numpy(rng.random(len(pixels)) < 0.5)
            pixels[turned] = pixels[turned].flip(3)
        shape = (self.size, self.size)
        wide = F.interpolate(pixels, shape, mode="bicubic", align_corners=False, antialias=True)
        return ((wide.clamp(0, 255) / 255 - self.mean) / self.std,)

    @torch.no_grad()
    def features(self, face: Bytes) -> Floats:
        """Vector [d] of a grey face [h, w]."""
        return self.kept()(*self.prepare([face]))[0].cpu().numpy()  # type: ignore[no-any-return]


class TextTransformer(_Pretrained):
    """A text encoder or decoder: mean of its last hidden layer over the tokens of a sentence."""

    kind = "text"

    def __init__(self, folder: Path, name: str, trusted: bool = False) -> None:
        super().__init__(folder, name, trusted)
        self._tokenizer: Any = None

    def network(self, *, hollow: bool = False) -> nn.Module:
        """Token ids [b, t] and mask [b, t] -> pooled [b, d]."""
        return _Reader(self._load(hollow=hollow))

    @property
    def decoder(self) -> bool:
        """Whether it is a causal language model, too large to train but by LoRA."""
        _transformers()
        from transformers.models.auto import modeling_auto as known

        kind = self.config.get("model_type")
        causal = kind in known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
        masked = kind in known.MODEL_FOR_MASKED_LM_MAPPING_NAMES
        return (causal and not masked) or "AutoModelForCausalLM" in self.config.get("auto_map", ())

    def prepare(self, texts: Sequence[str], rng: np.random.Generator | None = None) -> tuple[Tensor, ...]:
        """Token ids [b, t] and mask [b, t] of sentences; t is that of the longest."""
        if self._tokenizer is None:
            try:
                self._tokenizer = _transformers().AutoTokenizer.from_pretrained(
                    self.folder, local_files_only=True, trust_remote_code=self._trusted
                )
            except Exception as error:
                raise self._broken(error) from error
            if self._tokenizer.pad_token is None:
                self._tokenizer.pad_token = self._tokenizer.eos_token
            self._tokenizer.padding_side = "right"
        found = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=LENGTH, return_tensors="pt"
        )
        return found["input_ids"], found["attention_mask"]

    @torch.no_grad()
    def features(self, text: str) -> Floats:
        """Vector [d] of a sentence."""
        return self.kept()(*self.prepare([text]))[0].cpu().numpy()  # type: ignore[no-any-return]


KINDS: dict[str, Callable[[Path, str, bool], Teacher]] = {
    "audio": AudioTransformer,
    "vision": VisionTransformer,
    "text": TextTransformer,
}


class _Tower(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, pictures: Tensor) -> Tensor:
        some = next(self.model.parameters())
        found = self.model(pixel_values=pictures.to(some.device, some.dtype))
        last: Tensor = found.last_hidden_state
        if last.ndim == 4:  # a convolutional network: [b, d, h, w]
            return last.mean(dim=(2, 3)).float()
        # A ViT's own pooler is trained for another purpose, or not at all.
        pooled = found.pooler_output if self.model.config.model_type.endswith("_vision_model") else None
        return (last[:, 0] if pooled is None else pooled).float()


class _Reader(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        device = next(self.model.parameters()).device
        ids, mask = ids.to(device), mask.to(device)
        last = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weight = mask[:, :, None].float()
        pooled: Tensor = (last * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        return pooled


def _transformers() -> Any:
    try:
        transformers: Any = import_module("transformers")
    except ModuleNotFoundError as error:
        raise MissingExtraError("transformers", "teachers") from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers
