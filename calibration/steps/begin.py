"""A new site: its folder, settings, script, guideline and checklist. What is there already stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

from calibration.report.render import Texts, render
from calibration.steps import layout
from calibration.steps.script import script
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.errors import InputError
from edge.recording.keys import make_key_file
from edge.system.disk import reason
from edge.system.private import make_private, write_whole
from edge.words import Language

TEMPLATES = Path(__file__).parent / "templates"


def begin(folder: Path, bundle: Path | None, language: Language) -> tuple[list[str], list[str]]:
    """Make the folder of a site; returns the names of what was made and of what was there before.

    bundle: whose labels are recorded; None: the starter's. The key of the recordings is made with the
    user's settings, apart from the disk the recordings may be on. Raises InputError and BundleError.
    """
    labels = open_bundle(bundle or starter_bundle()).manifest.labels
    key = key_place(folder)
    texts = {
        layout.SETTINGS: render(
            TEMPLATES,
            "site.toml.jinja",
            t=Texts(language),
            language=language,
            bundle=json.dumps(_named(folder, bundle), ensure_ascii=False) if bundle else None,
            key=json.dumps(str(key), ensure_ascii=False),
            recordings=layout.RECORDINGS,
            review=layout.REVIEW,
        ),
        layout.SCRIPT: script(labels),
        layout.CRITERIA: _template(layout.CRITERIA),
        "checklist.md": _template(f"checklist.{language}.md"),
        "guideline.md": _template(f"guideline.{language}.md"),
    }
    made: list[str] = []
    kept: list[str] = []
    try:
        make_private(folder)
        for name in layout.FOLDERS:
            (kept if (folder / name).is_dir() else made).append(f"{name}/")
            make_private(folder / name)
        for name, text in texts.items():
            if (folder / name).exists():
                kept.append(name)
            else:
                write_whole(folder / name, text)
                made.append(name)
        if key.exists():
            kept.append(str(key))
        else:
            make_private(key.parent)
            make_key_file(key)
            made.append(str(key))
    except OSError as error:
        raise InputError.of("file_unwritable", path=folder, why=reason(error)) from error
    return made, kept


def key_place(folder: Path) -> Path:
    """Where the key of a site's recordings is: with the user's settings, by the name of the folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "edge" / f"{folder.resolve().name}.key"


def _named(folder: Path, bundle: Path) -> str:
    """A bundle as site.toml names it: from the site's folder where it lies in it."""
    place, site = bundle.resolve(), folder.resolve()
    return str(place.relative_to(site)) if place.is_relative_to(site) else str(place)


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
