"""Names of modalities, held-out sets and scores in the language of a card or a report."""

from __future__ import annotations

from calibration.report.render import Texts
from edge.items import MODALITIES
from edge.words import Language, word

LICENCES = {
    "ravdess": (
        "RAVDESS, acted English speech, CC BY-NC-SA 4.0",
        "RAVDESS、演技の英語音声、CC BY-NC-SA 4.0",
    ),
    "nemo": (
        "nEMO, acted Polish speech, CC BY-NC-SA 4.0",
        "nEMO、演技のポーランド語音声、CC BY-NC-SA 4.0",
    ),
    "emovo": (
        "EMOVO, acted Italian speech, for research only",
        "EMOVO、演技のイタリア語音声、研究目的に限る",
    ),
    "emogator": (
        "EmoGator, vocal bursts without words, Apache-2.0",
        "EmoGator、言葉を含まない発声、Apache-2.0",
    ),
    "fer2013": (
        "FER2013, faces from the web, for research only; with FER+ (MIT), labels of ten raters",
        "FER2013、ウェブ上の顔画像、研究目的に限る。FER+（MIT）がある場合、ラベルは評価者 10 人の多数決",
    ),
    "goemotions": (
        "GoEmotions, English comments from the web, CC BY 4.0",
        "GoEmotions、ウェブ上の英語コメント、CC BY 4.0",
    ),
    "meld": (
        "MELD, English TV dialogue, repository under GPL-3.0; the text belongs to its owners",
        "MELD、英語のテレビドラマの台詞、リポジトリは GPL-3.0、台詞の権利は権利者に帰属",
    ),
    "noise": ("ESC-10, environmental sound, CC BY 3.0", "ESC-10、環境音、CC BY 3.0"),
}
"""Published corpora -> what they are and their licence, in English and Japanese."""


class Names:
    """What templates call for names; `t` gives one of two texts."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.t = Texts(language)

    def named(self, name: str) -> str:
        """A label, a modality or a network."""
        return self.t("fusion", "統合") if name == "fusion" else word(name, self.language)

    def set_name(self, title: str) -> str:
        """A held-out set: audio on ravdess, new voices."""
        if self.language == "en":
            return title
        modality, _, rest = title.partition(" on ")
        corpus, _, new = rest.partition(", ")
        return f"{self.parts_name(modality)}：{corpus}{'（初めての話者）' if new else ''}"

    def parts_name(self, name: str) -> str:
        """What a posterior is of: audio, or fused audio+text."""
        if self.language == "en":
            return name
        kind, _, parts = name.rpartition(" ")
        shown = "＋".join(
            word(p, "ja") if p in MODALITIES else {"fused": "統合", "all": "すべて"}.get(p, p)
            for p in parts.split("+")
        )
        return f"統合（{shown}）" if kind else shown

    def score_name(self, name: str) -> str:
        """A score of a report."""
        if self.language == "ja":
            return word(f"metric_{name}", "ja")
        return name.replace("_", " ").replace(" f1", " F1")

    def measure_name(self, name: str) -> str:
        """What a training calls its score."""
        return word(name, self.language)

    def licence(self, corpus: str) -> str:
        """What a corpus is and its licence; any other corpus is the site's own."""
        return self.t(*LICENCES.get(corpus, ("the site's own recordings", "現場で収集した録画")))
