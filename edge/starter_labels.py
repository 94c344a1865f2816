"""The labels of the starter bundle: the default of a recipe, and of bundles that hold names alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge.labels import LabelFacts, Labels


def _label(en: str, ja: str, synonyms: str, *, negative: bool = False, event: bool = False) -> LabelFacts:
    return LabelFacts(en=en, ja=ja, negative=negative, event=event, synonyms=tuple(synonyms.split()))


STARTER = Labels(
    {
        "neutral": _label("neutral", "平静", "calm 中立 普通 無表情 冷静 落ち着き ニュートラル"),
        "angry": _label("angry", "怒り", "anger 怒 怒っている いかり 立腹", negative=True, event=True),
        "happy": _label("happy", "喜び", "joy happiness 喜 嬉しい うれしい 嬉しさ 幸せ 幸福 楽しい よろこび"),
        "sad": _label("sad", "悲しみ", "sadness 悲 悲しい 哀しみ 哀しい かなしみ", negative=True),
        "worried": _label(
            "worried",
            "不安",
            "fear fearful worry anxiety anxious afraid scared 恐れ 恐怖 怖れ 恐 怖い 心配",
            negative=True,
            event=True,
        ),
        "surprise": _label("surprise", "驚き", "surprised 驚 驚いた 驚愕 おどろき びっくり"),
    }
)


def labels_of(names: Iterable[str], facts: Mapping[str, LabelFacts] | None = None) -> Labels:
    """Labels by name. Without facts of its own one has those of the starter's label of that name, if any."""
    known = {**STARTER.facts, **(facts or {})}
    # Names of a file of readings may be anything: they are shown as they are, not checked again.
    return Labels({name: known.get(name) or LabelFacts.model_construct(en=name, ja=name) for name in names})
