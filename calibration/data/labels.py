"""Names that people and published corpora use for emotions -> labels of a bundle or a recipe."""

from __future__ import annotations

from collections import Counter

from calibration.data.table import column_name, shown
from edge.errors import DatasetError, InputError
from edge.labels import Labels, plain
from edge.starter_labels import STARTER

DROPPED = ("disgust", "contempt")
"""Emotions of published corpora that no label of the starter stands for."""
OF_DROPPED = {*DROPPED, "disgusted", "嫌悪", "嫌悪感", "嫌", "軽蔑", "侮蔑"}


class LabelReader:
    """Reads names of emotions as labels, and counts the known ones that none of the labels stands for."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.met = 0
        """Names that were read."""
        self.left_out: Counter[str] = Counter()
        """What none of the labels stands for -> how often it was met."""
        self.undecided = 0
        """Examples that raters do not agree on; they have no label."""
        self.outvoted = 0
        """Faces of a published corpus whose votes have no majority; nobody will decide these."""
        self._columns: dict[str, int | None] = {}

    def index(self, name: str, where: object, wider: str = "") -> int | None:
        """Index of a label by any of its names; None for an emotion that is left out.

        wider: what to take it for where no label has that name. A name of the starter's label means whatever
        label has that one's name. where: what says so, for the error. Raises DatasetError for a name nobody
        knows.
        """
        self.met += 1
        known = False
        for said in filter(None, (name, wider)):
            starter = STARTER.find(said)
            place = self._place(said, starter)
            if place is not None:
                return place
            known = known or starter is not None or plain(said) in OF_DROPPED
        if not known:
            choice = {"known": self.labels.choice, "dropped": ", ".join(DROPPED)}
            raise DatasetError.of("emotion_unknown", where=where, name=shown(name), **choice)
        self.left_out[plain(name)] += 1
        return None

    def of_column(self, name: str) -> int | None:
        """Index of a label by what follows votes_ in the name of a column; None where none stands for it."""
        if name not in self._columns:
            said = next((one for one in self.labels if column_name(one) == name), name.replace("_", " "))
            self._columns[name] = self._place(said, STARTER.find(said))
        return self._columns[name]

    def _place(self, said: str, starter: str | None) -> int | None:
        label = self.labels.find(said) or (self.labels.find(starter) if starter else None)
        return None if label is None else self.labels.index(label)

    def told(self, folder: object) -> list[InputError]:
        """How many were left out of a folder, a line a reason."""
        lines = []
        if self.left_out:
            parts = ", ".join(f"{name} {count}" for name, count in self.left_out.most_common())
            values = {"count": self.left_out.total(), "of": self.met, "parts": parts}
            lines.append(InputError.of("corpus_label_left_out", folder=folder, **values))
        if self.undecided:
            lines.append(InputError.of("votes_untold", folder=folder, count=self.undecided))
        if self.outvoted:
            lines.append(InputError.of("faces_untold", folder=folder, count=self.outvoted, of=self.met))
        return lines
