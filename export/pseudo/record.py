"""What one round of pseudo-labels found, as it is kept on disk."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from edge.bundle.manifest import Spec
from edge.errors import InputError
from edge.system.private import write_whole
from export.progress import tell


class PseudoLabel(Spec):
    """One pseudo-label and where it comes from."""

    clip: str
    """Hash of its sound."""
    label: int
    probabilities: tuple[float, ...]
    """Calibrated, by label."""
    soft: tuple[float, ...]
    """The label that is trained on: the probabilities sharpened."""
    agreement: float
    """Share of the folds that name the label."""
    head: bool
    """Whether the second head names it."""
    weight: float
    """Beside a human-labelled clip."""


class Scores(Spec):
    """What the gate looks at, on the frozen clips that people labelled."""

    macro_f1: float
    negative_recall: float
    """Mean recall of the negative labels; 0 where there are none."""
    unweighted_recall: float


class Round(Spec):
    """What one round found, before its audit."""

    number: int
    model: str
    """Short hash of the ensemble's weights."""
    temperature: float
    thresholds: tuple[float, ...]
    prior: tuple[float, ...]
    """Share of each label that the quotas were for."""
    left_out: dict[str, int]
    """Clips without a label, by the reason."""
    guesses: tuple[PseudoLabel, ...]
    negative: tuple[str, ...]
    """Names of the negative labels."""
    before: Scores
    after: Scores

    @property
    def passes(self) -> bool:
        """The gate: neither macro F1 nor the recall of negative labels falls."""
        return (
            self.after.macro_f1 >= self.before.macro_f1
            and self.after.negative_recall >= self.before.negative_recall
        )

    @property
    def change(self) -> InputError:
        """The gate's numbers in words."""
        return InputError.of(
            "round_change",
            f1_before=self.before.macro_f1,
            f1_after=self.after.macro_f1,
            names=", ".join(self.negative),
            recall_before=self.before.negative_recall,
            recall_after=self.after.negative_recall,
        )


def read_round(file: Path) -> Round | None:
    """The findings in a file; None when there are none."""
    try:
        return Round.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:  # of an older version: what it held can be found again
        tell("say_version", file=file)
        return None


def write_round(file: Path, found: Round) -> None:
    """Write whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, found.model_dump_json(indent=1))
