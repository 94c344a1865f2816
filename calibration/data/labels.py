"""Names people and published corpora use for our labels, in English and Japanese."""

from __future__ import annotations

import unicodedata

from calibration.data.table import shown
from edge.errors import DatasetError
from edge.items import LABELS

NAMES = {
    "neutral": "neutral calm 平静 中立 普通 無表情 冷静 落ち着き ニュートラル",
    "angry": "angry anger 怒り 怒 怒っている いかり 立腹",
    "happy": "happy joy happiness 喜び 喜 嬉しい うれしい 嬉しさ 幸せ 幸福 楽しい よろこび",
    "sad": "sad sadness 悲しみ 悲 悲しい 哀しみ 哀しい かなしみ",
    "worried": "worried fear fearful worry anxiety anxious afraid scared 不安 恐れ 恐怖 怖れ 恐 怖い 心配",
    "surprise": "surprise surprised 驚き 驚 驚いた 驚愕 おどろき びっくり",
}
"""Of each label, without regard to case, width or space around."""
SYNONYMS = {name: label for label, names in NAMES.items() for name in names.split()}
DROPPED = ("disgust", "contempt")
"""Emotions of published corpora that no label of ours stands for."""
OF_DROPPED = {*DROPPED, "disgusted", "嫌悪", "嫌悪感", "嫌", "軽蔑", "侮蔑"}


def plain(name: str) -> str:
    """A name without what people write differently: case, width, space around."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def label_index(name: str, where: object) -> int | None:
    """Index of a label by any of its known names; None for an emotion that is left out.

    where: what says so, for the error. Raises DatasetError for a name nobody knows.
    """
    known = plain(name)
    if known in OF_DROPPED:
        return None
    if known not in SYNONYMS:
        raise DatasetError.of(
            "emotion_unknown",
            where=where,
            name=shown(name),
            known=", ".join(LABELS),
            dropped=", ".join(DROPPED),
        )
    return LABELS.index(SYNONYMS[known])
