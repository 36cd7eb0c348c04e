"""From the bytes of a text file to its characters, whatever program saved it.

A *line* ends in ``\\n``, ``\\r`` or both; lines count from 1, as an editor shows them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ..problems import Problem, Problems

SHOWN = 5
"""Lines named in one warning; of the rest, the count (policy)."""

_SAMPLE = 65_536
_CONTROLS = bytes({*range(1, 32)} - set(b"\t\n\v\f\r\x1a"))
_MOST_CONTROLS = 0.01
"""Characters of a text that may be control characters; a picture or a program has more (policy)."""

_LETTER = r"[^\W\d_]"
_SIGNS = "“”…–—•€\xa0"
_ACCENTS = "éèëêïîíìöôóòüûúùäâáàçñ’"
_LIKELY = re.compile(
    f"(?<={_LETTER})[{_ACCENTS}]|[{_ACCENTS}](?={_LETTER})|(?<!{_LETTER})[{_SIGNS}]|[{_SIGNS}](?!{_LETTER})",
    re.IGNORECASE,
)
"""Accents inside a word as Dutch and French have them, and signs beside a word."""

_DOS_AS_WINDOWS = "‚ˆ‰Š‹‡„ƒ†¡¢¤”“\x81\x8d\x8f\x90\x9d"
_WINDOWS = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(256))
_UPPER_HALF = re.escape(_WINDOWS[0x80:0xC0])
_MAC_HALF = "©®´™¨≠ß±°æØºª"
_BROKEN = re.compile(
    f"\ufffd|[ÂÃÄÅ][{_UPPER_HALF}]|â[€‚‰][{_UPPER_HALF}]|√[{_MAC_HALF}]|[├┬]"
    f"|(?<={_LETTER})[{_DOS_AS_WINDOWS}](?={_LETTER})|(?<={_LETTER})[‚ˆ‰‹¢](?!{_LETTER})"
)
"""What is left of an accented letter that was read in the wrong encoding: UTF-8 as Windows-1252, Mac or MS-DOS text,
and MS-DOS text as Windows-1252."""
_BREAKERS = f"\ufffdÂÃÄÅâ√├┬{_DOS_AS_WINDOWS}"
"""The characters of which ``_BROKEN`` needs one."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text without its byte order mark. ``warnings`` have the first line as row, but no file."""

    text: str
    warnings: tuple[Problem, ...] = ()


def decode(raw: bytes, *, file: str) -> Decoded:
    """UTF-8, UTF-16 with or without byte order mark, Windows-1252, old Mac or MS-DOS; also UTF-8 and Windows mixed.

    Warns ``mixed_encoding`` when a few lines differ from the rest, ``broken_text`` when letters were spoiled before.
    Raises Problems: ``not_a_table`` when the bytes are no text.
    """
    sample = raw[:_SAMPLE]
    if encoding := _utf16(sample):
        text, odd = raw.decode(encoding, "replace"), []
        if _half_a_letter_off(text):
            raise Problems([Problem(code="not_a_table", file=file)])
    elif b"\0" in raw or len(sample) - len(sample.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(sample):
        raise Problems([Problem(code="not_a_table", file=file)])
    elif raw.isascii():
        return Decoded(raw.decode("ascii").rstrip("\x1a"))
    else:
        text, odd = _bytewise(raw.removeprefix(b"\xef\xbb\xbf"), file)
    if "\0" in text:
        raise Problems([Problem(code="not_a_table", file=file)])
    warnings = _warning(odd, mixed=True) + _warning(_broken_lines(text), mixed=False)
    return Decoded(text.removeprefix("\ufeff").rstrip("\x1a"), warnings)


def _utf16(sample: bytes) -> str | None:
    """The name of the encoding when every second byte of the sample is zero, or a byte order mark says so."""
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if sample.startswith(b"\xff\xfe") or second > len(sample) / 4 > 40 * first:
        return "utf-16-le"
    if sample.startswith(b"\xfe\xff") or first > len(sample) / 4 > 40 * second:
        return "utf-16-be"
    return None


def _half_a_letter_off(text: str) -> bool:
    """Whether a byte was lost, so that "l" reads as U+6C00 from there on."""
    off = sum(text.count(chr(code << 8)) for code in range(0x20, 0x7F) if code << 8 >= 0x900)
    return off > _MOST_CONTROLS * len(text)


def _bytewise(raw: bytes, file: str) -> tuple[str, Sequence[int]]:
    """The text, and the lines that are in another encoding than most."""
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    lines = raw.splitlines(keepends=True)
    if raw.decode("utf-8", "ignore").isascii():
        return _in_one_byte(raw, lines, file), ()
    accented = {number: line for number, line in enumerate(lines, start=1) if not line.isascii()}
    as_utf8 = {number: text for number, line in accented.items() if (text := _strictly_utf8(line)) is not None}
    if not as_utf8:
        return _in_one_byte(raw, lines, file), ()
    others = accented.keys() - as_utf8.keys()
    texts = [
        as_utf8.get(number) or (_windows(line) if number in others else line.decode("ascii"))
        for number, line in enumerate(lines, start=1)
    ]
    return "".join(texts), sorted(min(others, as_utf8.keys(), key=len))


def _strictly_utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _in_one_byte(raw: bytes, lines: Sequence[bytes], file: str) -> str:
    """Windows-1252, unless another one-byte encoding gives more accents as words have them."""
    accented = b"".join(islice((line[:_SAMPLE] for line in lines if not line.isascii()), _SAMPLE))[: 16 * _SAMPLE]
    old_mac = b"\n" not in raw and b"\r" in raw
    other = "mac_roman" if old_mac else "cp850"
    as_windows, as_other = (len(_LIKELY.findall(text)) for text in (_windows(accented), accented.decode(other)))
    if as_other > as_windows or (old_mac and as_other == as_windows):
        return raw.decode(other)
    text = _windows(raw)
    if not as_windows and re.search("[\x80-\x9f]", text):
        raise Problems([Problem(code="not_a_table", file=file)])
    return text


def _windows(raw: bytes) -> str:
    """Windows-1252; the five bytes it does not define stay control characters."""
    return codecs.charmap_decode(raw, "strict", _WINDOWS)[0]


def _broken_lines(text: str) -> list[int]:
    if not any(sign in text for sign in _BREAKERS):
        return []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [number for number, line in enumerate(lines, start=1) if not line.isascii() and _BROKEN.search(line)]


def _warning(lines: Sequence[int], *, mixed: bool) -> tuple[Problem, ...]:
    if not lines:
        return ()
    code = "mixed_encoding" if mixed else "broken_text"
    return (Problem(code=code, severity="warning", row=lines[0], facts={"rows": lines[:SHOWN], "count": len(lines)}),)
