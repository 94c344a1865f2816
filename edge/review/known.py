"""Labels of the bundles that wrote into a queue: it is read and judged without these."""

from __future__ import annotations

import sqlite3

from edge.labels import LabelFacts, Labels
from edge.review.item import Item
from edge.review.store import Store
from edge.starter_labels import STARTER, labels_of
from edge.system.texts import utf8

_MET = "SELECT label FROM items UNION SELECT label FROM tallies WHERE label != '' ORDER BY label"


def note_labels(db: sqlite3.Connection, labels: Labels) -> None:
    """Keep what is known of labels; what was kept of one of the same name is replaced."""
    db.executemany(
        "INSERT INTO labels VALUES (?, ?) ON CONFLICT DO UPDATE SET facts = excluded.facts "
        "WHERE facts != excluded.facts",
        [(utf8(name), utf8(facts.model_dump_json())) for name, facts in labels.facts.items()],
    )


def labels_in(store: Store) -> Labels:
    """All labels of a queue; the starter's where it was written before facts were kept."""
    try:
        kept = {
            name: LabelFacts.model_validate_json(facts)
            for name, facts in store.read("SELECT name, facts FROM labels ORDER BY rowid")
        }
    except sqlite3.OperationalError:  # an older version's that may only be read
        kept = {}
    names = [*(kept or STARTER), *(name for (name,) in store.read(_MET))]
    return labels_of(dict.fromkeys(names), kept)


def labels_for(item: Item, labels: Labels) -> Labels:
    """Those an item can be given: of the bundle that read it."""
    return labels_of(item.readings[0]["probabilities"], labels.facts)
