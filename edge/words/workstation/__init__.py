"""What is said where bundles are made: tables, corpora, export, scores; a part of the table in edge/words."""

from __future__ import annotations

from edge.words.workstation.corpora import CORPORA
from edge.words.workstation.export import EXPORT
from edge.words.workstation.graphs import GRAPHS
from edge.words.workstation.measured import MEASURED
from edge.words.workstation.memory import MEMORY
from edge.words.workstation.progress import PROGRESS
from edge.words.workstation.pseudo import PSEUDO
from edge.words.workstation.tables import TABLES
from edge.words.workstation.trials import TRIALS

WORKSTATION: dict[str, tuple[str, str]] = {
    **CORPORA,
    **EXPORT,
    **GRAPHS,
    **MEASURED,
    **MEMORY,
    **PROGRESS,
    **PSEUDO,
    **TABLES,
    **TRIALS,
}
