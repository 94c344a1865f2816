"""Every character of JIS X 0208, and those of names people give, as the panel's font draws them."""

import unicodedata

import numpy as np
import pytest

from edge.display.panel.charset import MISSING, drawable, undrawable
from edge.display.panel.drawing import Canvas, text
from edge.words import WORDS


def jis_x_0208():
    """All its characters, as three codecs map them, and the half-width kana."""
    found = set()
    for codec in ("euc_jp", "euc_jis_2004", "cp932"):
        for high in range(0x81, 0xFF):
            for low in range(0x40, 0xFF):
                try:
                    letter = bytes([high, low]).decode(codec)
                except UnicodeDecodeError:
                    continue
                if len(letter) == 1 and (codec == "euc_jp" or letter.encode("euc_jp", "ignore")):
                    found.add(letter)
    return sorted(found | {chr(code) for code in range(0xFF61, 0xFFA0)} | set("〜～−－‖∥―—¢￠£￡¬￢¦￤"))


def drawn(letter):
    image = np.zeros((40, 64, 3), np.uint8)
    text(Canvas(image), (4, 32), letter, 28, (255, 255, 255))
    return image.tobytes()


def test_every_character_of_japanese_text_is_drawn():
    letters = jis_x_0208()
    assert len(letters) > 6900
    question, nothing, missing = drawn("?"), drawn(" "), drawn(MISSING)
    for letter in letters:
        if letter in "？?〓" or letter.isspace():
            continue
        assert MISSING not in drawable(letter), letter
        assert drawn(letter) not in (question, nothing, missing), (letter, hex(ord(letter)))
    assert drawn("？") not in (nothing, missing)


def test_near_equivalents():
    assert drawable("9〜17時、25℃") == "9～17時、25°C"
    assert drawable("①㈱ｶﾞ") == "①㈱ｶﾞ"
    assert drawable(unicodedata.normalize("NFD", "プレスがた")) == "プレスがた"
    assert drawable("a\tb\nc\u200b") == "a b c"
    assert drawable("plain, why?") == "plain, why?"


def test_what_cannot_be_drawn_is_marked_and_named():
    assert drawable("ライン😀3") == f"ライン{MISSING}3"
    assert undrawable("ライン😀3𠮷😀") == "😀𠮷"
    assert undrawable("ライン3〜😀"[:-1]) == ""


@pytest.mark.parametrize("key", sorted(WORDS))
def test_all_words_of_the_product_are_drawn(key):
    assert not any(undrawable(words) for words in WORDS[key])
