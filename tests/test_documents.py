"""The documents: their links, their two languages, their tables of settings, their commands and pictures."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import types
import typing
from pathlib import Path

import annotated_types as limits
import av
import numpy as np
import pytest
from corpora import write_faces, write_sentences, write_voices
from files_page import described as described_file
from pydantic.fields import FieldInfo

from calibration.data.label_section import LabelRecipe
from calibration.int8.settings import QuantizeSettings
from calibration.judge.metrics import Report
from calibration.site.labels import read_site_labels
from edge.app import starter_bundle
from edge.bench.compare import markdown
from edge.bundle.folder import open_bundle
from edge.bundle.manifest import TextSpec, VisionSpec, VotingSettings
from edge.bundle.reference import Reference
from edge.bundle.site import Part, RecordingFacts, SiteCalibration
from edge.cli import main as cli
from edge.config import Site, read_site
from edge.items import Reading
from edge.sections import SECTIONS, ConsentSettings
from edge.shadow.criteria import read_criteria
from edge.sinks.files.jsonl import record
from edge.words import WORDS
from export.recipe import (
    AudioRecipe,
    FusionRecipe,
    Recipe,
    TaughtRecipe,
    TextRecipe,
    TuningRecipe,
    read_recipe,
)

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
GUIDES = [p for p in PAGES if p.name not in ("CHANGELOG.md", "CONTRIBUTING.md", "architecture.md")]
FENCE = re.compile(
    r"(?:<!-- not run: (?P<why>[^\n]*) -->\n+)?^( *)```(?P<kind>\w*)\n(?P<text>.*?)^ *```$", re.M | re.S
)
NOT_RUN = "<!-- not run:"
SECONDS = 5400.0
"""The commands of one page take no longer."""


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A page without its blocks of commands and output."""
    return FENCE.sub("", text)


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ .*$", prose(text), re.M)


def anchor(heading: str) -> str:
    """The name a heading can be linked by, as GitHub makes it."""
    words = re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower())
    return words.replace(" ", "-")


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for link in links(text):
        if re.match(r"https?://", link):
            continue
        path, _, part = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{named(page)} links {link}"
        if part:
            assert part in map(anchor, headings(target.read_text(encoding="utf-8"))), link


def test_every_guide_is_linked_from_the_readme():
    both = links(read("README.md")) + links(read("README.ja.md"))
    linked = {link.partition("#")[0] for link in both}
    for page in PAGES:
        if page.parent == ROOT / "docs":
            assert named(page) in linked, named(page)


# The two languages of a page: X.md and X.ja.md.

TWINS = [
    page
    for folder in (ROOT, ROOT / "docs", ROOT / "jetson")
    for page in sorted(folder.glob("*.md"))
    if page.with_suffix(".ja.md").exists()
]
JAPANESE = r"[\u3040-\u30ff\u4e00-\u9fff]"


def both(page: Path) -> tuple[str, str]:
    return page.read_text(encoding="utf-8"), page.with_suffix(".ja.md").read_text(encoding="utf-8")


def shown(text: str) -> list[tuple[str, str | None, list[str]]]:
    """The blocks of a page: commands and settings without comments, of output what was typed."""
    found = []
    for block in FENCE.finditer(text):
        lines = block["text"].splitlines()
        if block["kind"] == "text":
            lines = [" ".join(line.split()[1:3]) for line in lines if line.startswith("$ ")]
        else:
            lines = [re.sub(r"(^|\s+)# (?![\w-]+\.toml$).*", "", line) for line in lines]
        found.append((block["kind"], block["why"], lines))
    return found


def same_line(english: str, japanese: str) -> bool:
    """A text that people read may be in Japanese: purpose = "..."."""
    if re.search(JAPANESE, japanese):
        english, japanese = (re.sub(r'"[^"]*"', '""', line) for line in (english, japanese))
    return english == japanese


def inline(text: str) -> list[str]:
    """Commands, keys and names of files between backquotes; a line that is printed has its own language."""
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(text))]
    return sorted(
        {s for s in spans if re.match(r"(edge|script/)\b", s) or re.fullmatch(r"[\w.\[\]/-]+", s, re.A)}
    )


def place(page: Path, link: str) -> str:
    """Where a link leads, the same for both languages: the English page and the number of the heading."""
    if re.match(r"https?://", link):
        return link
    path, _, part = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    names = [anchor(line) for line in headings(target.read_text(encoding="utf-8"))] if part else []
    english = re.sub(r"\.ja\.md$", ".md", re.sub(r"-ja\.png$", "-en.png", named(target)))
    return f"{english}#{names.index(part)}" if part else english


@pytest.mark.parametrize("page", TWINS, ids=named)
def test_both_languages_have_the_same_shape(page):
    texts = both(page)
    levels = [[line.split()[0] for line in headings(text)] for text in texts]
    assert levels[0] == levels[1]
    english, japanese = map(shown, texts)
    assert [block[:2] for block in english] == [block[:2] for block in japanese]
    for (_, _, ours), (_, _, theirs) in zip(english, japanese, strict=True):
        assert len(ours) == len(theirs), f"{ours}\n{theirs}"
        different = [pair for pair in zip(ours, theirs, strict=True) if not same_line(*pair)]
        assert not different
    for block, twin in zip(*map(FENCE.finditer, texts), strict=True):
        if twin["kind"] == "text" and not re.search(JAPANESE, twin["text"]):
            assert block["text"] == twin["text"], "output in English is that of the English page"
    assert inline(texts[0]) == inline(texts[1])
    tables = [[row.split(" | ") for row in re.findall(r"^\| (.*) \|$", prose(text), re.M)] for text in texts]
    assert [len(row) for row in tables[0]] == [len(row) for row in tables[1]]
    for row, twin in zip(*tables, strict=True):
        if len(row) == 4 and row[0].startswith("`"):  # a setting: its name, default and bounds
            values = [re.findall(r"`[^`]+`|[\d.]+", " ".join(cells[:3])) for cells in (row, twin)]
            assert values[0] == values[1]


@pytest.mark.parametrize("page", TWINS, ids=named)
def test_both_languages_link_the_same(page):
    twin = page.with_suffix(".ja.md")
    english, japanese = (links(text) for text in both(page))
    assert sorted(place(page, link) for link in english) == sorted(place(twin, link) for link in japanese)
    for link in japanese:
        path = link.partition("#")[0]
        if path.endswith(".md") and not path.endswith(".ja.md") and not path.startswith("http"):
            target = (page.parent / path).resolve()
            assert target == page or not target.with_suffix(".ja.md").exists(), f"{link} has a Japanese twin"


@pytest.mark.parametrize("page", TWINS, ids=named)
def test_the_japanese_page_is_japanese(page):
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", prose(both(page)[1]))
    assert len(re.findall(JAPANESE, text)) > len(re.findall(r"[A-Za-z]", text))


@pytest.mark.parametrize("page", TWINS, ids=named)
def test_a_japanese_paragraph_is_one_line(page):
    """A line break within it is shown as a blank."""
    lines = prose(both(page)[1]).splitlines()
    for line, following in itertools.pairwise(lines):
        wraps = line.strip() and following.strip() and not re.match(r"[|#]|<!--", line)
        assert not wraps or re.match(r" *([-|#>]|\d+\. |<!--)", following), following


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_is_short(name):
    assert len(read(name).splitlines()) <= 120


# Settings.

RECIPE = {
    "The file": Recipe,
    "[audio]": AudioRecipe,
    "[vision]": TaughtRecipe,
    "[text]": TextRecipe,
    "tuning": TuningRecipe,
    "[fusion]": FusionRecipe,
    "[quantize]": QuantizeSettings,
    "[labels]": LabelRecipe,
    "[face_crop]": VisionSpec,
    "[tokens]": TextSpec,
}
SITE = {
    "The file": Site,
    "[voting]": VotingSettings,
    **{f"[{name}]": model for name, model in SECTIONS.items()},
    "[review.consent]": ConsentSettings,
}


def described(name: str) -> dict[str, dict[str, list[str]]]:
    """Heading -> key -> its cells: default, what is allowed, meaning. A heading may name several sections."""
    found: dict[str, dict[str, list[str]]] = {}
    for part in re.split(r"^## ", read(name), flags=re.M)[1:]:
        heading, _, text = part.partition("\n")
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", text, re.M)
        assert len(rows) == len({row[0] for row in rows}), f"{name}: {heading} names a key twice"
        for section in re.split(r", | and ", heading.replace("`", "")):
            found[section] = found.get(section, {}) | {key: cells for key, *cells in rows}
    return {section: rows for section, rows in found.items() if rows}


def marks(kind, metadata):
    """What pydantic is told about a type, at any depth."""
    for mark in metadata:
        yield from marks(None, mark.metadata) if isinstance(mark, FieldInfo) else [mark]
    if typing.get_origin(kind) is typing.Annotated:
        inner, *rest = typing.get_args(kind)
        yield from marks(inner, rest)
    elif typing.get_origin(kind) in (typing.Union, types.UnionType):
        for part in typing.get_args(kind):
            yield from marks(part, [])


def number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def bounds(field: FieldInfo) -> str:
    """As a table shows them: 1 to 64, above 0 to below 1; empty without any."""
    low, high = "", ""
    for mark in marks(field.annotation, field.metadata):
        if isinstance(mark, limits.Ge):
            low = number(mark.ge)
        elif isinstance(mark, limits.Gt):
            low = f"above {number(mark.gt)}"
        elif isinstance(mark, limits.Le):
            high = number(mark.le)
        elif isinstance(mark, limits.Lt):
            high = f"below {number(mark.lt)}"
    return f"{low} to {high}" if low else ""


def default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "required"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (str, Path)) and value:
        return f'`"{value}"`'
    if isinstance(value, dict) and value:
        return "`{" + ", ".join(f"{key} = {part}" for key, part in value.items()) + "}`"
    return f"`{value:g}`" if isinstance(value, (int, float)) else "none"


@pytest.mark.parametrize(
    ("page", "section", "model"),
    [("docs/recipes.md", *item) for item in RECIPE.items()]
    + [("docs/site-toml.md", *item) for item in SITE.items()],
)
def test_every_setting_is_described(page, section, model):
    rows = described(page)[section]
    assert set(rows) == set(model.model_fields), f"{page} {section}"
    for key, field in model.model_fields.items():
        given, allowed, meaning = rows[key]
        part = isinstance(field.default, (VisionSpec, TuningRecipe)) or f"[{key}]" in described(page)
        if not part:
            assert given == default(field), f"{page} {section} {key}"
        assert bounds(field) in allowed, f"{page} {section} {key}: {bounds(field)}"
        choices = typing.get_args(field.annotation)
        if typing.get_origin(field.annotation) is typing.Literal:
            assert allowed == ", ".join(f'`"{choice}"`' for choice in choices), f"{page} {section} {key}"
        assert len(meaning) > 10, f"{page} {section} {key} says what it means"


def test_every_section_of_a_page_is_one_of_its_file():
    assert set(described("docs/recipes.md")) <= set(RECIPE)
    assert set(described("docs/site-toml.md")) <= set(SITE)


# What a page says that a command prints.


@pytest.mark.parametrize(("page", "language"), [("troubleshooting.md", 0), ("troubleshooting.ja.md", 1)])
def test_symptoms_are_lines_that_are_really_printed(page, language):
    said = "\n".join(re.sub(r"\{[^}]*\}", "...", line[language]) for line in WORDS.values())
    symptoms = re.findall(r"^\| `([^`]+)` \|", read(f"docs/{page}"), re.M)
    assert len(symptoms) > 30
    for symptom in symptoms:
        assert symptom in said, symptom


def test_keys_of_files_are_described():
    text = read("docs/files.md")
    keys = [*record(Reading(time=1.0, state="no_face"), ["happy"]), *Report.__dataclass_fields__]
    for key in keys:
        assert f"`{key}`" in text, key
    keys, named = described_file("Calibration")
    assert keys == set(SiteCalibration.model_fields)
    assert named >= {*RecordingFacts.model_fields, *Part.model_fields, *Reference.model_fields}


# Blocks: commands are ```sh, output ```text, settings ```toml.


def blocks(page: Path) -> list[re.Match[str]]:
    return list(FENCE.finditer(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_blocks_say_what_they_are(page):
    text = page.read_text(encoding="utf-8")
    assert {block["kind"] for block in blocks(page)} <= {"sh", "text", "toml"}
    assert not re.search(r"^(?:    |\t)\S", prose(text), re.M), "a block of commands has a fence"
    marked = [block for block in blocks(page) if block["why"]]
    assert len(marked) == text.count(NOT_RUN), "each mark stands before a block"
    assert all(re.match(r"needs |starts ", block["why"]) for block in marked)


def test_most_commands_are_run():
    """A Japanese page has the blocks of the English one."""
    run, left_out = 0, 0
    for page in GUIDES:
        for block in blocks(page) if not page.name.endswith(".ja.md") else []:
            lines = len(block["text"].splitlines()) if block["kind"] == "sh" else 0
            run, left_out = run + lines * (not block["why"]), left_out + lines * bool(block["why"])
    assert run > 20
    assert left_out <= run


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_settings_shown_are_valid(page, tmp_path):
    for number, block in enumerate(block for block in blocks(page) if block["kind"] == "toml"):
        path = tmp_path / f"{number}.toml"
        path.write_text(block["text"], encoding="utf-8")
        if page.name.startswith("calibrate."):  # labels of a site
            assert read_site_labels(path, open_bundle(starter_bundle()).manifest).own
            continue
        if block["text"].startswith("[labels]"):  # a section of a recipe alone
            text = (ROOT / "recipes" / "starter.toml").read_text(encoding="utf-8")
            path.write_text(text + block["text"], encoding="utf-8")
        recipe = "corpora = " in path.read_text(encoding="utf-8")
        if "[minimum]" in block["text"]:
            assert read_criteria(path).minimum.days
        else:
            assert read_recipe(path).name if recipe else read_site(path)


@pytest.fixture
def site(tmp_path):
    """A small site in a folder laid out as the repository: corpora and what the pages take for granted."""
    for name in ("edge", "recipes", "script"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "docs").mkdir()
    corpora = tmp_path / "corpora"
    write_people(corpora / "line3", ["nemo-IC0", "nemo-KD0", "nemo-KS0", "nemo-MK0", "nemo-EB0"])
    write_people(corpora / "ravdess", [f"ravdess-{number}" for number in range(14, 21)])
    write_faces(corpora / "fer2013", 900)
    write_sentences(corpora / "goemotions")
    return tmp_path


def write_people(folder: Path, names: list[str]) -> None:
    """A labelled folder of these people."""
    write_voices(folder, speakers=len(names), clips=3)
    table = folder / "metadata.csv"
    text = table.read_text(encoding="utf-8")
    for number, name in enumerate(names):
        own = name.rpartition("-")[2]
        (folder / f"s{number}").rename(folder / own)
        text = text.replace(f",s{number},", f",{name},").replace(f"\ns{number}/", f"\n{own}/")
    table.write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("page", [page for page in GUIDES if not page.name.endswith(".ja.md")], ids=named)
def test_commands_work(page, site):
    """All blocks of a page in order, in one folder; settings that begin with `# name.toml` are its files."""
    steps = ["set -eu"]
    for block in blocks(page):
        name = re.match(r"# ([\w-]+\.toml)\n", block["text"])
        if block["kind"] == "toml" and name:
            text = block["text"]
            if "[fusion]" in text:  # quicker: fewer windows, and no search for what INT8 loses on tones
                text = re.sub(r"^windows = \d+$", "windows = 256", text, flags=re.M)
                text += "\n[quantize]\nmax_drop = 100\nmin_cosine = -1\n"
            steps.append(f"cat > {name[1]} <<'END'\n{text}END")
        elif block["kind"] == "sh" and not block["why"]:
            steps.append(block["text"])
    own = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "PYTHONPATH")}
    own |= {
        "PATH": f"{Path(sys.executable).parent}:{own['PATH']}",
        "LC_ALL": "C.UTF-8",
        "HOME": str(site / "home"),
        "XDG_CACHE_HOME": str(site / "cache"),
        "PS4": "running: ",
    }
    done = subprocess.run(
        ["bash", "-x", "-c", "\n".join(steps)], cwd=site, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


# The pictures.


def saved(path: Path) -> np.ndarray:
    with av.open(str(path)) as picture:
        return next(picture.decode(video=0)).to_ndarray(format="rgb24")


def test_the_pictures_are_made_by_the_commands(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    lines = read("docs/running.md").splitlines()
    commands = [line for line in lines if re.match(r"edge (run|replay) .*demo\.jsonl", line)]
    assert [command.split()[1] for command in commands] == ["run", "replay", "replay"]
    for command in commands:
        made = command.replace("demo.jsonl", str(tmp_path / "demo.jsonl")).replace("docs/", f"{tmp_path}/")
        monkeypatch.setattr("sys.argv", made.split())
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code in (0, None)
    for name in ("panel-en.png", "panel-ja.png"):
        made, kept = saved(tmp_path / name), saved(ROOT / "docs" / name)
        different = np.abs(made.astype(int) - kept).max(axis=2) > 40
        assert different[:45].mean() < 0.002  # the bundle's name
        assert different.mean() < 0.02  # numbers may move a little


def test_the_table_of_times_is_the_committed_one():
    """After `edge bench --compare --out docs/bench.json`, script/readme_bench writes the table."""
    shown = read("docs/speed.md").split("<!-- bench -->\n")[1].split("\n<!-- /bench -->")[0]
    assert shown == markdown(json.loads(read("docs/bench.json")))


def test_the_script_writes_that_table(tmp_path):
    """script/readme_bench puts the numbers where the page shows them."""
    for name in ("docs/speed.md", "docs/bench.json", "script/readme_bench"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    page = tmp_path / "docs" / "speed.md"
    before, rest = read("docs/speed.md").split("<!-- bench -->\n")
    page.write_text(f"{before}<!-- bench -->\nold\n<!-- /bench -->{rest.split('<!-- /bench -->')[1]}")
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(["bash", tmp_path / "script" / "readme_bench"], check=True, env=own)
    assert page.read_text(encoding="utf-8") == read("docs/speed.md")
