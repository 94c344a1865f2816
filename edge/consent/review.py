"""Whether those named in [review.consent] of site.toml have a consent in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from edge.consent.store import Consents
from edge.errors import InputError
from edge.sections import ConsentSettings

_SCOPES = {"face": "picture", "sound": "sound"}


def all_agree(path: Path, settings: ConsentSettings) -> bool | None:
    """Whether nobody who stands in a file of consents lacks one today: to what is kept, and to raters.

    People are found by pseudonym or name. Who does not stand there is answered for by the section alone, as
    is everybody where there is no file. None: the file cannot be read now.
    """
    wanted = [*(_SCOPES[scope] for scope in settings.scope), "label"]
    try:
        with Consents(path) as consents:
            known = {row.subject for row in consents.rows()}
            called = {name: subject for subject, name in consents.names().items()}
            people = {called.get(" ".join(who.split()), who) for who in settings.who} & known
            today = date.today()
            return all(consents.valid(one, scope, today) for one in people for scope in wanted)
    except InputError:
        return None
