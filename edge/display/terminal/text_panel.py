"""One reading as a panel of text, for a terminal: what the window shows, without the picture."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from edge.display.judging import label_key
from edge.display.panel.palette import COLOURS
from edge.display.view import TIMELINE_S, View, doubtful, offset_words, sureness, trouble
from edge.items import MODALITIES, Health, Reading
from edge.words import Language, word

FILLED, OUTLINED = "●▲★▼◆■✚⬢⧗✖▬▮", "○△☆▽◇□✛⬡⧖✕▭▯"
"""Shapes of the labels by their place in the bundle's list, as on the panel."""
QUIET_DB = -70.0
"""The left end of the level meter."""
_WIDEST = 78  # a wider terminal gets no wider panel
_BANNER = "bold #F2F5F8 on #3A2E12"
_ALARM = "bold #FFFFFF on #B33C00"
_PAUSED = "bold #0D1117 on #F0B84A"
_WARN, _MUTED = "#F0B84A", "dim"
_NAMES = 20  # cells a label's name may take beside its bar
_METER = 24  # cells of the level meter and of the weights


class TextPanel:
    """A view as lines no wider and no more than the console has room for; of too many the least needed go.

    said: a line that was printed meanwhile. window: whether a key opens a window.
    """

    def __init__(self, view: View, said: str = "", window: bool = False) -> None:
        self._view, self._language = view, view.look.language
        self._said, self._window = said, window

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(_WIDEST, options.max_width - 2)
        rows = self._rows(console, max(width, 20))
        while len(rows) > options.max_height and (last := max(rank for rank, _ in rows)):
            rows.pop(max(i for i, (rank, _) in enumerate(rows) if rank == last))
        for _, row in rows:
            row.truncate(width, overflow="ellipsis")
            yield Text(" ") + row

    def _rows(self, console: Console, width: int) -> list[tuple[int, Text]]:
        """Every line with its rank: 0 always stays, the highest goes first."""
        view, said = self._view, self._language
        reading, blank = view.present, (9, Text())
        purpose = Text(view.setup.purpose or word("purpose", said)).wrap(console, width)
        rows = [(0, self._header(width))]
        if view.look.paused:
            words = f"{word('paused_big', said)}  {word('paused_how', said)}"
            rows += [(0, Text(set_cell_size(words, width), _PAUSED))]
        rows += [(0, Text(set_cell_size(part.plain, width), _BANNER)) for part in purpose]
        if reading is not None and reading.alarm:
            own, other = self._words("alarm_up")
            rows += [(0, Text(set_cell_size(f" ! {own}  {other}", width), _ALARM))]
        rows += [blank, *((0, row) for row in self._headline(reading))]
        rows += [(6, _ends(word("all_labels", said), word("prior", said) if view.setup.marks else "", width))]
        rows += [(2, row) for row in self._bars(reading, width)]
        rows += [blank, (3, self._weights(reading)), (5, self._votes(reading)), blank]
        rows += [(6, _ends(word("timeline", said), word("gap", said), width))]
        columns = min(int(TIMELINE_S), width)
        rows += [(1, self._timeline(columns)), (7, self._axis(columns)), blank]
        rows += [(4, row) for row in self._devices()]
        rows += [(1, row) for row in self._sinks()]
        for name in reading.unfamiliar if reading else ():
            told = Text(f"! {word(f'unfamiliar_{name}', said)}", _WARN)
            rows += [(1, row) for row in told.wrap(console, width)]
        if view.drift and (changed := view.drift.told(said)):
            rows += [(1, row) for row in Text(f"! {changed}", _WARN).wrap(console, width)[:3]]
        rows += [(2, row) for row in self._verdict(reading)]
        if self._said:
            rows += [(1, row) for row in Text(self._said, _MUTED).wrap(console, width)[:3]]
        return [*rows, (3, self._help())]

    def _header(self, width: int) -> Text:
        """Bundle, source, rates and the clock; the least needed go where there is no room."""
        view, said = self._view, self._language
        camera, offset = _health(view, "camera"), view.offset_ms
        running = f"{word('recording_time', said)} {view.clock}" if view.wall is None else view.clock
        ranked = [
            (1, view.source),
            (3, word("frame_rate", said, rate=f"{camera.rate:.0f}") if camera else ""),
            (4, "" if offset is None else offset_words(offset, said)),
            (2, "" if view.celsius is None else f"{view.celsius:.0f} °C"),
            (0, running if view.clock else ""),
        ]
        facts = [(rank, fact) for rank, fact in ranked if fact]
        name = f"edge  {view.setup.bundle}"
        most = width - min(cell_len(name), _NAMES)
        while len(facts) > 1 and cell_len("".join(f"   {fact}" for _, fact in facts)) > most:
            facts.remove(max(facts))
        right = "   ".join(fact for _, fact in facts)
        row = _ends(_fit(name, max(4, width - cell_len(right) - 3)).rstrip(), right, width)
        row.stylize("bold", 0, 4)
        return row

    def _headline(self, reading: Reading | None) -> list[Text]:
        """Three lines: the label or the state in both languages, how sure, what else it may be."""
        view, said = self._view, self._language
        if reading is None or reading.label is None:
            key, values = "waiting", {}
            if reading is not None:
                key = reading.state
            elif view.current is not None:
                key, values = "stale", {"seconds": f"{view.silent_s:.0f}"}
            return [
                self._person(reading) + self._both(self._words(key, **values), "–", "bold"),
                Text(),
                Text(),
            ]
        known, index = reading.probabilities, view.setup.labels.index(reading.label)
        shape = (OUTLINED if doubtful(reading, view.setup) else FILLED)[index % len(FILLED)]
        label = self._both(view.setup.labels.both(reading.label, said), shape, f"bold {_colour(index)}")
        how = Text("   " if known is None else f"   {known[index]:.0%}  ")
        how.append(word(sureness(reading, view.setup), said))
        if view.age_s is not None:
            how.append(f"   {word('as_of', said, seconds=f'{max(1.0, view.age_s):.0f}')}", _MUTED)
        several = Text(f"   {word('held', said)}" if reading.held else "", _WARN)
        if len(reading.candidates) > 1:
            several.append(f"   {word('one_of', said, labels='').strip()}", _MUTED)
            for name in reading.candidates:
                place = view.setup.labels.index(name)
                several.append(f"  {OUTLINED[place % len(OUTLINED)]} ", _colour(place))
                several.append(view.setup.labels.said(name, said))
        if reading.state != "needs_check":
            return [self._person(reading) + label, how, several]
        call = self._both(self._words("needs_check"), "?", f"bold {_WARN}", words=f"bold {_WARN}")
        return [self._person(reading) + call, label + how, several]

    def _person(self, reading: Reading | None) -> Text:
        if reading is None or reading.person is None:
            return Text()
        return Text(f"{word('person', self._language, number=reading.person)}  ", _MUTED)

    def _words(self, key: str, **values: object) -> tuple[str, str]:
        """A key's words in the panel's language and in the other one."""
        other: Language = "en" if self._language == "ja" else "ja"
        return word(key, self._language, **values), word(key, other, **values)

    @staticmethod
    def _both(both: tuple[str, str], sign: str, style: str, words: str = "bold") -> Text:
        """A sign, and words in the panel's language and, where they differ, in the other one."""
        own, second = both
        row = Text.assemble((f"{sign}  ", style), (own, words))
        return row if own == second else row.append(f"  {second}", _MUTED)

    def _bars(self, reading: Reading | None, width: int) -> list[Text]:
        """Voted probability of each label, with a mark at its prior."""
        setup = self._view.setup
        names = [setup.labels.said(label, self._language) for label in setup.labels]
        wide = min(_NAMES, max(map(cell_len, names)))
        cells = max(4, width - wide - (12 if setup.queue else 10))
        known, rows = reading.probabilities if reading else None, []
        for index, name in enumerate(names):
            share = 0.0 if known is None else float(known[index])
            bar = _bar(share, cells, _colour(index))
            if setup.marks:
                mark = min(cells - 1, int(setup.prior[index] * cells))
                bar = bar[:mark] + Text("│", "bold") + bar[mark + 1 :]
            sign = (FILLED[index % len(FILLED)], _colour(index))
            key = f"{label_key(index) or ' '} " if setup.queue else ""
            row = Text.assemble((key, "bold"), sign, f"  {_fit(name, wide)}  ", bar)
            rows.append(row.append("" if known is None else f" {share:4.0%}"))
        return rows

    def _weights(self, reading: Reading | None) -> Text:
        """How much of the newest window's reading rests on sound, picture and words."""
        said = self._language
        shares = dict(reading.weights) if reading is not None and reading.label else {}
        row = Text.assemble((word("weights", said), _MUTED))
        for name in [name for name in MODALITIES if name in shares]:
            row.append(f"   {word(name, said)} {shares[name]:.0%} ")
            row.append("█" * round(shares[name] * _METER), _MUTED)
        return row if shares else row.append(f"   {word('nothing', said)}")

    def _votes(self, reading: Reading | None) -> Text:
        if reading is None or reading.label is None:
            return Text()
        said, seconds = self._language, f"{reading.delay_ms / 1000.0:.1f}"
        numbers = word("vote_numbers", said, votes=reading.votes, lead=f"{reading.margin:.0%}")
        return Text(f"{numbers}   {word('vote_delay', said, delay=seconds)}")

    def _timeline(self, columns: int) -> Text:
        """The last minute: the shape of each reading's label, a dot for a state, a gap where nothing came."""
        view = self._view
        cells = [(" ", "")] * columns
        wide = max(1, round(view.setup.hop_s * columns / TIMELINE_S))
        for reading in view.readings:
            sign, style = "·", _MUTED
            if reading.label is not None:
                index = view.setup.labels.index(reading.label)
                signs = OUTLINED if doubtful(reading, view.setup) else FILLED
                sign, style = signs[index % len(signs)], _colour(index)
            end = columns - int(max(0.0, view.now - reading.time) * columns / TIMELINE_S + 1e-6)
            for place in range(max(0, end - wide), max(0, end)):
                cells[place] = (sign, style)
        return Text.assemble(*cells)

    def _axis(self, columns: int) -> Text:
        """Seconds below the timeline."""
        row = ""
        for seconds in range(int(TIMELINE_S), 0, -15):
            place = round(columns * (1.0 - seconds / TIMELINE_S))
            row = set_cell_size(row, place) + word("seconds_ago", self._language, seconds=-seconds)
        now = word("now", self._language)
        return Text(set_cell_size(row, columns - cell_len(now)) + now, _MUTED)

    def _devices(self) -> list[Text]:
        """Microphone with its level, camera, each with what hampers it."""
        rows, said = [], self._language
        names = [word(name, said) for name in ("microphone", "camera")]
        for name, key in zip(names, ("microphone", "camera"), strict=True):
            row = Text(f"{set_cell_size(name, max(map(cell_len, names)))}  ", _MUTED)
            rows.append(row)
            health = _health(self._view, key)
            if health is None:
                row.append("-")
                continue
            if health.level_db is not None and health.state == "running":
                share = min(1.0, max(0.0, 1.0 - health.level_db / QUIET_DB))
                row.append_text(_bar(share, _METER, "")).append(f" {health.level_db:4.0f} dB  ", "")
            wrong = trouble(health)
            row.append(f"! {word(wrong, said)}" if wrong else word("running", said), _WARN if wrong else "")
        return rows

    def _sinks(self) -> list[Text]:
        """Each sink in trouble, and why."""
        said = self._language
        return [
            Text(f"! {word('sink_trouble', said, name=word(f'sink_{name}', said), why=why)}", _WARN)
            for name, why in self._view.troubles.items()
        ]

    def _verdict(self, reading: Reading | None) -> list[Text]:
        """What became of a verdict, else the keys for one; without a queue how to set one, at a check."""
        view, said = self._view, self._language
        if view.note is not None:
            return [
                Text(view.note.told(said, view.setup.labels), f"bold {_WARN}" if view.note.wrong else "bold")
            ]
        if view.setup.queue:
            return [Text(word("keys_verdict", said), _MUTED)]
        asked = reading is not None and reading.state == "needs_check"
        return [Text(word("no_queue", said), _WARN)] if view.setup.queue is False and asked else []

    def _help(self) -> Text:
        keys = word("keys_terminal", self._language)
        return Text(f"{keys}   {word('keys_window', self._language)}" if self._window else keys, _MUTED)


def _bar(share: float, cells: int, style: str) -> Text:
    full = round(share * cells)
    return Text.assemble(("█" * full, style), ("░" * (cells - full), _MUTED))


def _ends(left: str, right: str, width: int) -> Text:
    """Words at the left, in what room they leave those at the right."""
    left = _fit(left, width).rstrip()
    room = width - cell_len(left) - 3
    right = right if cell_len(right) <= room else _fit(right, room) if room > 0 else ""
    gap = " " * (width - cell_len(left) - cell_len(right))
    return Text.assemble((left, _MUTED), gap, (right, _MUTED))


def _fit(words: str, cells: int) -> str:
    """Words in exactly so many cells; longer ones end in an ellipsis."""
    if cell_len(words) > cells:
        words = set_cell_size(words, cells - 1).rstrip() + "…"
    return set_cell_size(words, cells)


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _health(view: View, name: str) -> Health | None:
    return next((health for health in view.healths if health.name == name), None)
