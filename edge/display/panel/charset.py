"""Which characters the panel's font can draw, and what stands for those it cannot."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np

from edge.errors import InputError
from edge.system.texts import visible

MISSING = "〓"
"""In place of a character that cannot be drawn; printers have used it so."""
_ALIKE = {"〜": "～", "℃": "°C", "•": "・", "⋅": "・", "☓": "×", "゠": "=", "⋯": "…", "‾": "￣", "⚠": "！"}


@lru_cache(maxsize=1)
def font() -> Any:
    """The built-in face: a sans serif with Japanese to fall back on. Raises InputError."""
    import cv2

    if not hasattr(cv2, "FontFace"):
        raise InputError.of("opencv_old", version=cv2.__version__)
    return cv2.FontFace("sans")


@lru_cache(maxsize=2000)
def drawable(words: str) -> str:
    """Words as the font can draw them: near equivalents, else MISSING; on one line. Raises InputError."""
    if words.isascii() and words.isprintable():
        return words
    return "".join(_stand_in(letter) for letter in unicodedata.normalize("NFC", words))


@lru_cache(maxsize=2000)
def undrawable(words: str) -> str:
    """The characters of words for which only MISSING can stand, each once. Raises InputError."""
    found = [letter for letter in unicodedata.normalize("NFC", words) if letter != MISSING]
    return "".join(dict.fromkeys(letter for letter in found if MISSING in _stand_in(letter)))


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
    """Whether the font has it: for others it draws a question mark, or nothing."""
    return letter == "?" or _picture(letter) not in (_picture("?"), _picture(" "))


@lru_cache(maxsize=2)
def _kept(letter: str) -> bytes:
    return _drawn(letter)


def _picture(letter: str) -> bytes:
    return _kept(letter) if letter in "? " else _drawn(letter)


def _drawn(letter: str) -> bytes:
    import cv2

    image = np.zeros((40, 64), np.uint8)
    cv2.putText(image, letter, (4, 32), (255,), font(), 28, 400)
    return image.tobytes()
