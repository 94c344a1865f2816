"""The formats of Label Studio that edge writes: configuration, tasks, project. Written by hand: no SDK.

A task says no more of its clip than a rater may see: file names and columns of the table tell speaker or
label too often. What belongs to edge travels in `data.edge`; the clip is named by a digest of its bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import quote
from xml.etree import ElementTree

from calibration.labels.guideline import Guideline
from edge.bundle.manifest import Manifest
from edge.items import Floats
from edge.labels import Labels
from edge.words import Language, word

Kind = Literal["audio", "video"]
CANNOT_TELL = "cannot_tell"
"""What stands for a clip that shows no label; no label may have this name."""
CHOICE, MEDIA = "emotion", "media"
"""Names of the two controls in the configuration."""
HEIGHT = "360"
"""Of the picture on the page (pixels): the labels stay in sight."""
HOTKEYS = "123456789qwe"
"""Of the labels, in their order; 0: nobody can tell."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What ties a task to the export that made it."""

    project: str
    """Digest of all below and of the clips."""
    bundle: str
    """Digest of the bundle whose labels these are."""
    labels: tuple[str, ...]
    guideline: str
    """Version of what raters are told."""
    predictions: bool
    """Whether raters are shown what the bundle thinks."""


def facts_of(manifest: Manifest, guideline: Guideline, clips: Sequence[str], *, predictions: bool) -> Facts:
    """Facts of an export. clips: their digests, in order."""
    bundle, labels = str(manifest.digest or "")[:16], tuple(manifest.labels)
    whole = json.dumps([bundle, labels, guideline.version, predictions, *clips])
    project = hashlib.sha256(whole.encode()).hexdigest()[:12]
    return Facts(project, bundle, labels, guideline.version, predictions)


def configuration(labels: Labels, kind: Kind, guideline: Guideline, language: Language) -> str:
    """The labelling configuration (XML): the medium, one radio button a label in both languages, hotkeys."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Header", value=word(f"label_studio_{kind}", language), size="4")
    media = {"name": MEDIA, "value": f"${kind}"}
    if kind == "audio":
        ElementTree.SubElement(view, "Audio", media, hotkey="space")
    else:
        ElementTree.SubElement(view, "Video", media, height=HEIGHT)
    choices = ElementTree.SubElement(
        view, "Choices", name=CHOICE, toName=MEDIA, choice="single-radio", required="true", showInline="true"
    )
    for name, key in zip(labels, HOTKEYS, strict=False):
        shown = " / ".join(dict.fromkeys(labels.both(name, language)))
        ElementTree.SubElement(choices, "Choice", value=shown, alias=name, hotkey=key)
    both = (word(CANNOT_TELL, one) for one in (language, "en" if language == "ja" else "ja"))
    ElementTree.SubElement(choices, "Choice", value=" / ".join(both), alias=CANNOT_TELL, hotkey="0")
    version = word("label_studio_version", language, version=guideline.version)
    ElementTree.SubElement(view, "Header", value=version, size="6")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def project(
    title: str, config: str, guideline: Guideline, raters: int, *, predictions: bool
) -> dict[str, Any]:
    """What `POST /api/projects` of Label Studio takes."""
    return {
        "title": title[:50],
        "label_config": config,
        "expert_instruction": guideline.html(),
        "show_instruction": True,
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "show_collab_predictions": predictions,
        "maximum_annotations": raters,
    }


def task(number: int, file: str, kind: Kind, clip: str, facts: Facts) -> dict[str, Any]:
    """One task. file: of the copy, below the folder that Label Studio serves. clip: its digest."""
    url = f"/data/local-files/?d={quote(file)}"
    return {"id": number, "data": {kind: url, "clip": clip, "edge": asdict(facts)}}


def prediction(facts: Facts, probabilities: Floats) -> dict[str, Any]:
    """What the bundle thinks of a clip, as a pre-annotation. probabilities: [labels]."""
    best = int(probabilities.argmax())
    result = result_of(facts.labels[best]) | {"score": round(float(probabilities[best]), 4)}
    return {"model_version": facts.bundle, "score": result["score"], "result": [result]}


def result_of(label: str) -> dict[str, Any]:
    """A choice as Label Studio writes it."""
    return {"from_name": CHOICE, "to_name": MEDIA, "type": "choices", "value": {"choices": [label]}}


def facts_in(data: Mapping[str, Any]) -> Facts | None:
    """What ties a task to its export; None where edge did not write it."""
    said = data.get("edge")
    if not isinstance(said, dict) or set(said) != set(Facts.__slots__):
        return None
    texts = all(isinstance(said[name], str) for name in ("project", "bundle", "guideline"))
    labels = said["labels"]
    if not texts or not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
        return None
    return Facts(**{**said, "labels": tuple(labels), "predictions": bool(said["predictions"])})
