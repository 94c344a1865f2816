"""`edge bundle`: signed updates, from the workstation's keys to the slot a device uses."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.help import Command, Group, misused
from edge.cli.options import LocaleOption, language_of, needing, telling
from edge.errors import InputError
from edge.system.disk import writing
from edge.system.output import say, warn
from edge.words import Language, asked_language, word

if TYPE_CHECKING:
    from edge.update.install import Content
    from edge.update.repository import Published
    from edge.update.slots import Record, Slots

app = typer.Typer(
    name="bundle",
    cls=Group,
    help="help_bundle",
    no_args_is_help=True,
    rich_markup_mode=None,
)

PASSPHRASE = "EDGE_KEY_PASSPHRASE"


class Slot(str, Enum):
    """The slots of a device."""

    a = "a"
    b = "b"


class Backend(str, Enum):
    """What runs the networks."""

    auto = "auto"
    tensorrt = "tensorrt"
    onnxrt = "onnxrt"
    openvino = "openvino"


KeysOption = Annotated[Path, typer.Option(metavar="FOLDER", help="opt_bundle_keys")]
RepoOption = Annotated[Path, typer.Option(metavar="FOLDER", help="opt_bundle_repo")]
DaysOption = Annotated[
    int, typer.Option("--expires-days", metavar="DAYS", min=1, max=3650, help="opt_bundle_days")
]
StateOption = Annotated[Path, typer.Option(metavar="FOLDER", help="opt_bundle_state")]
PackageOption = Annotated[bool, typer.Option("--package", help="opt_bundle_package")]
BackendOption = Annotated[
    Backend, typer.Option(metavar="auto|tensorrt|onnxrt|openvino", help="opt_bundle_backend")
]


@app.command(cls=Command, help="help_bundle_keygen")
def keygen(
    keys: Annotated[Path, typer.Argument(metavar="KEYS", help="opt_bundle_keygen")],
    plain: Annotated[bool, typer.Option("--plain", help="opt_bundle_plain")] = False,
    lang: LocaleOption = None,
) -> None:
    """Make the keys that sign a repository, and the root metadata that devices trust."""
    with needing("update"):
        from edge.update.keys import make_keys

    language = language_of(lang)
    with telling(language), writing(keys):
        make_keys(keys, None if plain else _passphrase(twice=True))
    say(word("keys_made", language, path=keys, root=keys / "root.json"))
    if plain:
        warn(word("keys_plain", language, path=keys))


@app.command(cls=Command, help="help_bundle_publish")
def publish(
    repo: RepoOption,
    keys: KeysOption,
    bundle: Annotated[Path | None, typer.Argument(help="opt_bundle_publish")] = None,
    wheelhouse: Annotated[Path | None, typer.Option(metavar="FOLDER", help="opt_bundle_wheelhouse")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="opt_bundle_publish_name")] = None,
    days: DaysOption = 365,
    lang: LocaleOption = None,
) -> None:
    """Add a bundle, or the package itself, to a repository and sign it."""
    with needing("update"):
        from edge.update.repository import publish as add
        from edge.update.repository import publish_package

    language = language_of(lang)
    if (bundle is None) == (wheelhouse is None):
        raise misused("publish_either", "--wheelhouse")
    with telling(language), writing(repo):
        if bundle:
            done = add(repo, keys, _passphrase, days, bundle, name)
        elif wheelhouse:
            done = publish_package(repo, keys, _passphrase, days, wheelhouse, name)
    _tell(done, repo, language)


@app.command(cls=Command, help="help_bundle_sign")
def sign(repo: RepoOption, keys: KeysOption, days: DaysOption = 365, lang: LocaleOption = None) -> None:
    """Sign a repository anew, before it expires."""
    with needing("update"):
        from edge.update.repository import sign as anew

    language = language_of(lang)
    with telling(language), writing(repo):
        done = anew(repo, keys, _passphrase, days)
    _tell(done, repo, language)


@app.command(cls=Command, help="help_bundle_install")
def install(
    where: Annotated[str, typer.Argument(metavar="REPOSITORY", help="opt_bundle_where")],
    state: StateOption,
    root: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_bundle_root")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="opt_bundle_name")] = None,
    probation: Annotated[
        float, typer.Option(metavar="MINUTES", min=0.0, max=10080.0, help="opt_bundle_probation")
    ] = 10.0,
    backend: BackendOption = Backend.auto,
    package: PackageOption = False,
    lang: LocaleOption = None,
) -> None:
    """Fetch a bundle, verify it, prove it on this machine, and use it from the next start on."""
    with needing("update"):
        from edge.update.fetch import SUFFIX, WHEELS, Offer, find, keep_trust, trust
    from edge.update.install import install as put

    language = language_of(lang)

    def found() -> Offer:
        trusted = trust(state, root)
        offer = find(where, state, trusted, name, WHEELS if package else SUFFIX)
        keep_trust(state, trusted)
        return offer

    with telling(language), writing(state):
        slots, content = _slots(state, package, backend, language)
        done = put(slots, found, 60.0 * probation, content)
    if not done.new:
        say(word("update_same", language, name=done.record.name, slot=done.slot))
        return
    say(word("update_installed", language, name=done.record.name, slot=done.slot))
    path = slots.state / ("start" if package else "current")
    if done.record.standing == "new":
        say(word("package_start" if package else "update_restart", language, path=path, minutes=probation))
    else:
        say(word("package_start_good" if package else "update_restart_good", language, path=path))


@app.command("list", cls=Command, help="help_bundle_list")
def list_(state: StateOption, package: PackageOption = False, lang: LocaleOption = None) -> None:
    """Show what is in the slots of a device."""
    from edge.update.install import listed

    language = language_of(lang)
    for slot, used, record in listed(_slots(state, package, Backend.auto, language)[0]):
        say(f"{'*' if used else ' '} {slot}  {_slot_told(record, language)}")


@app.command(cls=Command, help="help_bundle_activate")
def activate(
    slot: Annotated[Slot, typer.Argument(metavar="a|b", help="opt_bundle_slot")],
    state: StateOption,
    backend: BackendOption = Backend.auto,
    package: PackageOption = False,
    lang: LocaleOption = None,
) -> None:
    """Use a slot from the next start on, without a probation."""
    from edge.update.install import activate as use

    language = language_of(lang)
    with telling(language), writing(state):
        slots, content = _slots(state, package, backend, language)
        record = use(slots, slot.value, content)
    say(word("update_active", language, slot=slot.value, name=record.name))


@app.command(cls=Command, help="help_bundle_rollback")
def rollback(state: StateOption, package: PackageOption = False, lang: LocaleOption = None) -> None:
    """Go back to the other slot."""
    from edge.update.install import rollback as back

    language = language_of(lang)
    with telling(language), writing(state):
        slot, record = back(*_slots(state, package, Backend.auto, language))
    say(word("update_active", language, slot=slot, name=record.name))


def _slots(state: Path, package: bool, backend: Backend, language: Language) -> tuple[Slots, Content]:
    """Those of the bundles of a device, or of its package, and what they hold."""
    from edge.update.install import Bundles
    from edge.update.package import Packages
    from edge.update.slots import Slots

    if package:
        return Slots(state / "package"), Packages()
    return Slots(state), Bundles(backend.value, language)


def _passphrase(twice: bool = False) -> bytes:
    """From the environment, else asked for on the terminal. Raises InputError where there is neither."""
    given = os.environ.get(PASSPHRASE, "")
    if not given and not sys.stdin.isatty():
        raise InputError.of("passphrase_none", name=PASSPHRASE)
    language = asked_language()
    if not given:
        again = word("passphrase_again", language) if twice else False
        given = typer.prompt(word("passphrase", language), hide_input=True, confirmation_prompt=again)
    return str(given).encode()


def _tell(done: Published, repo: Path, language: Language) -> None:
    values = {"path": repo, "names": ", ".join(done.names), "version": done.version}
    say(word("published", language, **values, day=done.expires.date().isoformat()))
    if done.root_expires < done.expires:
        warn(word("published_root", language, day=done.root_expires.date().isoformat()))


def _slot_told(record: Record | None, language: Language) -> str:
    if record is None:
        return word("slot_empty", language)
    values = {"created": _local(record.created, "%Y-%m-%d"), "installed": _local(record.installed)}
    standing = word(f"slot_{record.standing}", language)
    return word("slot", language, name=record.name, **values, standing=standing)


def _local(moment: str, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment by the clock of this place; as it stands where it is none."""
    try:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone().strftime(form)
    except ValueError:
        return moment
