"""Which characters the panel's fonts can draw, and what stands for those it cannot."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np

from edge.display.panel.fonts import write
from edge.system.texts import visible
from edge.words import Language

MISSING = "〓"
"""In place of a character that cannot be drawn; printers have used it so."""
_ALIKE = {"〜": "～", "℃": "°C", "•": "・", "⋅": "・", "☓": "×", "゠": "=", "⋯": "…", "‾": "￣", "⚠": "！"}


@lru_cache(maxsize=2000)
def drawable(words: str) -> str:
    """Words as the fonts can draw them: near equivalents, else MISSING; on one line. Raises InputError."""
    if words.isascii() and words.isprintable():
        return words
    return "".join(_stand_in(letter) for letter in unicodedata.normalize("NFC", words))


@lru_cache(maxsize=2000)
def undrawable(words: str) -> str:
    """The characters of words for which only MISSING can stand, each once. Raises InputError."""
    found = [letter for letter in unicodedata.normalize("NFC", words) if letter != MISSING]
    return "".join(dict.fromkeys(letter for letter in found if MISSING in _stand_in(letter)))


def legible(words: str) -> str:
    """Words that can be drawn as they are, else none: for what stands beside its translation."""
    return "" if undrawable(words) else words


def drawn_language(language: Language) -> Language:
    """The panel's language: English where no font has Japanese. Raises InputError."""
    return language if legible("日本語") else "en"


@lru_cache(maxsize=8000)
def _stand_in(letter: str) -> str:
    if unicodedata.category(letter) == "Cs":  # as in a name that is no text; it would end the process
        return visible(letter)
    if letter.isspace():
        return "\u3000" if letter == "\u3000" else " "
    if unicodedata.category(letter) in ("Cc", "Cf", "Cs") or "\ufe00" <= letter <= "\ufe0f":  # nothing to see
        return ""
    if _is_drawn(letter):
        return letter
    if letter in _ALIKE:
        return _ALIKE[letter]
    for form in ("NFKC", "NFKD"):  # a circled letter is drawn plain, an accent is left out
        alike = unicodedata.normalize(form, letter)
        alike = "".join(part for part in alike if not unicodedata.combining(part))
        if alike and alike != letter and all(map(_is_drawn, alike)):
            return alike
    return MISSING


def _is_drawn(letter: str) -> bool:
    """Whether a font has it: for others a question mark is drawn, or nothing."""
    return letter == "?" or _picture(letter) not in (_picture("?"), _picture(" "))


@lru_cache(maxsize=2)
def _kept(letter: str) -> bytes:
    return _drawn(letter)


def _picture(letter: str) -> bytes:
    return _kept(letter) if letter in "? " else _drawn(letter)


def _drawn(letter: str) -> bytes:
    image = np.zeros((40, 64), np.uint8)
    write(image, letter, (4, 32), (255,), 28, 400)
    return image.tobytes()
