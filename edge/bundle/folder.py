"""The bundle: a folder (or the same folder as .tar) that travels from the workstation to the device.

    bundle.json                                        the manifest, written last
    audio.onnx vision.onnx text.onnx fusion.onnx       networks, INT8 Q/DQ, static shapes
    tokenizer.json face_detector.onnx golden.npz card.md card.ja.md

Every file is checked by sha256 on opening, the manifest by a digest of its own, the graphs' inputs and
outputs against the manifest; a file that it does not list is refused. All this finds accidents. It stops
nobody who means to change a bundle: who can write the files can write their digests.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge.bundle.archive import MANIFEST, unpack
from edge.bundle.manifest import SCHEMAS, UNSEALED, Manifest, ModelEntry
from edge.bundle.site import FAMILIAR_FILE, HEAD_FILE
from edge.checked import first_error
from edge.errors import BundleError, EngineError, InputError
from edge.system.documents import one_line, parse_json, read_json

__all__ = ["MANIFEST", "Bundle", "open_bundle", "sealed", "sha256", "write_bundle"]

REQUIRED = ("tokenizer.json", "face_detector.onnx", "golden.npz", "card.md")


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle, every file verified."""

    folder: Path
    manifest: Manifest

    def path(self, name: str) -> Path:
        """Path of a model (audio, vision, text, fusion) or of a file the manifest lists."""
        entry = self.manifest.models.get(name)
        return self.folder / (entry.file if entry else name)

    def require_unchanged(self) -> None:
        """Raises BundleError when a model's file is another one than was verified: copied over meanwhile."""
        for name, entry in self.manifest.models.items():
            if not self.path(name).is_file() or sha256(self.path(name)) != entry.sha256:
                raise BundleError.of("bundle_moved", path=self.path(name))


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a bundle.json with its digest: sha256 of all else as JSON, keys sorted, no spaces."""
    rest = {name: value for name, value in content.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return {"schema": rest.get("schema"), "digest": hashlib.sha256(text.encode()).hexdigest(), **rest}


def open_bundle(path: Path) -> Bundle:
    """Open and verify a bundle folder or .tar.

    A .tar is unpacked beside itself, into a folder of its name, once. Raises BundleError.
    """
    try:
        if path.is_file():
            if path.suffix.lower() != ".tar":
                raise BundleError.of("bundle_file_kind", path=path)
            path = unpack(path, lambda data: _names_in(path, data), _open_folder)
        return _open_folder(path)
    except OSError as error:
        raise BundleError.of("bundle_unreadable", path=path, why=error.strerror or error) from error


def _open_folder(folder: Path) -> Bundle:
    if not (folder / MANIFEST).is_file():
        raise BundleError.of("bundle_none", path=folder, name=MANIFEST)
    try:
        content = read_json(folder / MANIFEST)
    except InputError as error:
        raise BundleError.of("bundle_json", path=folder / MANIFEST, why=error) from error
    manifest = _manifest(content, folder / MANIFEST)
    _verify(folder, manifest)
    return Bundle(folder, manifest)


def write_bundle(
    target: Path,
    facts: Mapping[str, Any],
    models: Mapping[str, tuple[Path, Mapping[str, Any]]],
    files: Mapping[str, Path],
) -> Bundle:
    """Write a bundle into the folder `target`, all of it or nothing.

    facts: manifest fields besides models and files. models: name -> (ONNX file, ModelEntry fields
    besides file and sha256). files: name in the bundle -> source file. An existing bundle at
    `target` is replaced; a folder that holds anything else is refused. Raises BundleError.
    """
    require_replaceable(target, {*files, *(f"{name}.onnx" for name in models)})
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
        folder = Path(scratch) / "bundle"
        folder.mkdir()
        entries = {}
        for name, (source, described) in models.items():
            shutil.copyfile(source, folder / f"{name}.onnx")
            entries[name] = ModelEntry(
                file=f"{name}.onnx", sha256=sha256(folder / f"{name}.onnx"), **described
            )
        for name, source in files.items():
            shutil.copyfile(source, folder / name)
        stated = {name: value for name, value in facts.items() if name not in ("schema", "digest")}
        manifest = Manifest(models=entries, files={name: sha256(folder / name) for name in files}, **stated)
        content = sealed(parse_json(manifest.model_dump_json(by_alias=True)))
        (folder / MANIFEST).write_text(
            json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        manifest = _open_folder(folder).manifest
        if target.exists():
            os.replace(target, Path(scratch) / "old")
        os.replace(folder, target)
    return Bundle(target, manifest)


def require_replaceable(target: Path, names: set[str]) -> None:
    """Raises BundleError when a folder holds anything that is not a bundle's: it would be lost."""
    if not target.exists() and not target.is_symlink():
        return
    held = {path.name for path in target.iterdir()} if target.is_dir() else {target.name}
    if held and MANIFEST not in held:
        raise BundleError.of("bundle_full", path=target)
    models = {f"{name}.onnx" for name in ("audio", "vision", "text", "fusion")}
    for name in sorted(held - names - models - {MANIFEST, HEAD_FILE, FAMILIAR_FILE, *REQUIRED}):
        raise BundleError.of("bundle_strange", path=target, name=one_line(name, 80))


def _names_in(archive: Path, data: bytes) -> set[str]:
    """Files a packed bundle.json lists."""
    where = archive / MANIFEST
    try:
        content = parse_json(data)
    except InputError as error:
        raise BundleError.of("bundle_json", path=where, why=error) from error
    return set(_expected(archive, _manifest(content, where)))


def _manifest(content: Any, path: Path) -> Manifest:
    found = content.get("schema") if isinstance(content, dict) else None
    if type(found) is not int or found not in SCHEMAS:
        known = ", ".join(map(str, SCHEMAS))
        raise BundleError.of("bundle_schema", path=path, found=one_line(str(found), 40), known=known)
    given = content.get("digest")
    with_digest = found > UNSEALED
    if with_digest != isinstance(given, str):
        why = InputError.of("digest_missing" if with_digest else "digest_early")
        raise BundleError.of("bundle_field", path=path, why=why)
    if with_digest and sealed(content)["digest"] != given:
        raise BundleError.of("bundle_edited", path=path)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise BundleError.of("bundle_field", path=path, why=first_error(error)) from error


def _expected(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Name -> sha256 of each file of a bundle. Raises BundleError."""
    expected = {entry.file: entry.sha256 for entry in manifest.models.values()} | manifest.files
    for name in REQUIRED:
        if name not in expected:
            raise BundleError.of("bundle_unlisted", path=folder, name=name)
    for name in expected:
        if Path(name).name != name or name == MANIFEST:
            raise BundleError.of("bundle_outside", path=folder, name=name)
    return expected


def _verify(folder: Path, manifest: Manifest) -> None:
    expected = _expected(folder, manifest)
    with os.scandir(folder) as entries:
        found = {entry.name: entry for entry in entries}
    for name in expected:
        if name not in found:
            raise BundleError.of("bundle_missing", path=folder, name=name)
    for name, entry in sorted(found.items()):
        if name not in expected and name != MANIFEST:
            raise BundleError.of("bundle_extra", path=folder, name=one_line(name, 80))
        if not entry.is_file(follow_symlinks=False):
            raise BundleError.of("bundle_link", path=folder, name=name)
    models = {entry.file: entry for entry in manifest.models.values()}
    for name, digest in expected.items():
        if name in models or name.endswith(".onnx"):
            _verify_graph(folder, name, digest, models.get(name))
        elif sha256(folder / name) != digest:
            raise BundleError.of("bundle_changed", path=folder, name=name)


def _verify_graph(folder: Path, name: str, digest: str, entry: ModelEntry | None) -> None:
    """entry: what the manifest says of its inputs and outputs; None where it says nothing."""
    from edge.bundle.onnx_file import graph_of, read_bytes  # onnx, which those who only pack do not need

    data = read_bytes(folder / name)
    if hashlib.sha256(data).hexdigest() != digest:
        raise BundleError.of("bundle_changed", path=folder, name=name)
    try:
        model = graph_of(data, folder / name)
    except EngineError as error:
        raise BundleError.of(error.key, **error.values) from error
    if entry:
        _same_tensors(folder, entry, model.graph)


def _same_tensors(folder: Path, entry: ModelEntry, graph: Any) -> None:
    from edge.bundle.onnx_file import shapes

    constant = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constant]
    for side, found, wanted in (
        ("inputs", shapes(inputs), entry.inputs),
        ("outputs", shapes(graph.output), entry.outputs),
    ):
        if found != wanted:
            values = {"path": folder, "side": side, "name": entry.file}
            raise BundleError.of("bundle_graph", **values, found=_told(found), wanted=_told(wanted))


def _told(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return one_line(", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()), 150)
