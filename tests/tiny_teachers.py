"""Tiny models with random weights in the formats teachers come in."""

from __future__ import annotations

import json
from pathlib import Path

import torch

SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 5, "num_attention_heads": 2}
SPEECH = SMALL | {
    "conv_dim": (8, 8),
    "conv_kernel": (10, 4),
    "conv_stride": (5, 4),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
}
PICTURE = SMALL | {"image_size": 24, "patch_size": 8}
WORDS = (
    "the part cannot stand lovely work so tired is it safe what was that today this line runs with some parts"
)
WORDS += " and people near me good bad"


def write_model(folder: Path, kind: str, rate: int = 16000, layers: int = 5) -> Path:
    """A model of one of the transformers kinds, as `save_pretrained` leaves it."""
    import transformers as t

    small = SMALL | {"num_hidden_layers": layers}

    torch.manual_seed(3)
    if kind in ("hubert", "wav2vec2", "wavlm"):
        name = {"hubert": "Hubert", "wav2vec2": "Wav2Vec2", "wavlm": "WavLM"}[kind]
        model = getattr(t, f"{name}Model")(getattr(t, f"{name}Config")(**SPEECH))
        t.Wav2Vec2FeatureExtractor(sampling_rate=rate).save_pretrained(folder)
    elif kind == "whisper":
        sizes = {"encoder_layers": 5, "decoder_layers": 1, "encoder_attention_heads": 2}
        sizes |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24}
        special = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), 1)
        model = t.WhisperModel(t.WhisperConfig(d_model=16, vocab_size=40, **sizes, **special))
        t.WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    elif kind in ("clip", "siglip"):
        text = SMALL | {"vocab_size": 30, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
        name = {"clip": "CLIP", "siglip": "Siglip"}[kind]
        model = getattr(t, f"{name}Model")(
            getattr(t, f"{name}Config")(vision_config=PICTURE, text_config=text, projection_dim=8)
        )
    elif kind == "vit":
        model = t.ViTModel(t.ViTConfig(**PICTURE), add_pooling_layer=False)
    elif kind == "bert":
        model = t.BertModel(t.BertConfig(vocab_size=60, **small), add_pooling_layer=False)
    else:
        assert kind == "llama"
        model = t.LlamaModel(t.LlamaConfig(vocab_size=60, bos_token_id=0, eos_token_id=1, **small))
    model.save_pretrained(folder)
    if kind in ("clip", "siglip", "vit"):
        said = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}
        (folder / "preprocessor_config.json").write_text(json.dumps(said))
    if kind in ("bert", "llama"):
        words = word_tokenizer()
        pad = {"pad_token": "[PAD]"} if kind == "bert" else {}  # decoders come without one
        fast = t.PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", eos_token="[END]", **pad)
        fast.save_pretrained(folder)
    return folder


def word_tokenizer():
    """A token a word."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "[END]", *WORDS.split()])}
    tokenizer = Tokenizer(models.WordLevel(known, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer
