"""The bundle: a folder (or the same folder as .tar) that travels from the workstation to the device.

    bundle.json                                        the manifest, written last
    audio.onnx vision.onnx text.onnx fusion.onnx       networks, INT8 Q/DQ, static shapes
    tokenizer.json face_detector.onnx golden.npz card.md

Every file is checked by sha256 on opening; nothing else in the folder is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge.errors import BundleError
from edge.manifest import SCHEMA, Manifest, ModelEntry

MANIFEST = "bundle.json"
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


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def open_bundle(path: Path) -> Bundle:
    """Open and verify a bundle folder or .tar.

    A .tar is unpacked beside itself, into a folder of its name, once. Raises BundleError.
    """
    if path.is_file() and path.suffix == ".tar":
        path = _unpack(path)
    if not (path / MANIFEST).is_file():
        raise BundleError.of("bundle_none", path=path, name=MANIFEST)
    manifest = _read_manifest(path / MANIFEST)
    _verify(path, manifest)
    return Bundle(path, manifest)


def write_bundle(
    target: Path,
    facts: Mapping[str, Any],
    models: Mapping[str, tuple[Path, Mapping[str, Any]]],
    files: Mapping[str, Path],
) -> Bundle:
    """Write a bundle into the folder `target`, all of it or nothing.

    facts: manifest fields besides models and files. models: name -> (ONNX file, ModelEntry fields
    besides file and sha256). files: name in the bundle -> source file. An existing bundle at
    `target` is replaced; any other non-empty folder is refused. Raises BundleError.
    """
    if target.exists() and not (target / MANIFEST).is_file() and any(target.iterdir()):
        raise BundleError(f"{target} is not empty and holds no bundle; name another folder")
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
        manifest = Manifest(models=entries, files={name: sha256(folder / name) for name in files}, **facts)
        (folder / MANIFEST).write_text(manifest.model_dump_json(by_alias=True, indent=1) + "\n")
        _verify(folder, manifest)
        if target.exists():
            os.replace(target, Path(scratch) / "old")
        os.replace(folder, target)
    return Bundle(target, manifest)


def _read_manifest(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError.of("bundle_json", path=path, why=error) from error
    found = content.get("schema") if isinstance(content, dict) else None
    if found != SCHEMA:
        raise BundleError.of("bundle_schema", path=path, found=found, known=SCHEMA)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "bundle.json"
        raise BundleError.of("bundle_field", path=path, where=where, why=first["msg"]) from error


def _verify(folder: Path, manifest: Manifest) -> None:
    expected = {entry.file: entry.sha256 for entry in manifest.models.values()} | manifest.files
    for name in REQUIRED:
        if name not in expected:
            raise BundleError.of("bundle_unlisted", path=folder, name=name)
    for name, digest in expected.items():
        if Path(name).name != name:
            raise BundleError.of("bundle_outside", path=folder, name=name)
        if not (folder / name).is_file():
            raise BundleError.of("bundle_missing", path=folder, name=name)
        if sha256(folder / name) != digest:
            raise BundleError.of("bundle_changed", path=folder, name=name)


def _unpack(archive: Path) -> Path:
    """Unpack beside the archive, under a name that holds its digest: a new archive meets no old folder."""
    target = archive.with_name(f"{archive.stem}-{sha256(archive)[:12]}")
    if target.is_dir():
        return target
    try:
        with (
            tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=archive.parent) as scratch,
            tarfile.open(archive) as tar,
        ):
            for member in tar.getmembers():
                name = Path(member.name).name
                if member.isfile() and not name.startswith("."):
                    source = tar.extractfile(member)
                    assert source is not None
                    with source, (Path(scratch) / name).open("wb") as out:
                        shutil.copyfileobj(source, out)
            folder = Path(scratch)
            folder.chmod(0o755)
            shutil.copytree(folder, target)
    except (tarfile.TarError, OSError) as error:
        why = str(error).partition(":\n")[0]  # tarfile goes on with what each way to unpack says
        raise BundleError.of("bundle_packed", path=archive, why=why) from error
    return target
