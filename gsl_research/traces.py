"""Where a pupil is found in a file of any kind: in its text, in a package or a page that is packed, or in code.

A name is found in both orders, whatever stands between its words, without regard to capitals and accents.
"""

from __future__ import annotations

import base64
import html
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import unquote

from .identity import without_accents

FEWEST_LETTERS, FEWEST_SIGNS, FEWEST_DIGITS = 3, 4, 7
"""A name with fewer letters, a code with fewer letters and digits, or a number with fewer digits is looked for in a
pupil's column alone: it stands in every text (policy)."""
LEAST_IN_CODE = 6
"""Letters from which a name is looked for in bytes that are no text: a shorter one is there by luck (policy)."""
DEEPEST = 3
"""Packages within packages that are opened (policy)."""
MOST_UNPACKED = 200_000_000
"""Bytes of one packed part that are looked at (policy)."""

_BETWEEN = r"[\W_]{0,4}"
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_MARKED = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins; other bytes with a zero among them are no text."""
_STREAM = re.compile(rb"stream\r?\n")
_PACKED, _OLD_OFFICE = b"PK", b"\xd0\xcf\x11\xe0"
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What a package says that is damaged, locked, or packed in a way of its own."""


class Trace:
    """What pupils are called, ready to be looked for. The repr shows no name."""

    def __init__(self, pupils: Iterable[str]):
        self._pupils = tuple(dict.fromkeys(filter(_tells, pupils)))
        orders = {order for pupil in self._pupils for order in _orders(_words(pupil))}
        self._text = _one_of(orders)
        self._bytes = tuple({code for pupil in self._pupils for code in _in_code(pupil)})

    def __repr__(self) -> str:
        return f"Trace({len(self._pupils)} pupils)"

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._pupils)

    def in_text(self, text: str) -> bool:
        return self._text is not None and bool(self._text.search(_plain(text)))

    def within(self, raw: bytes) -> bool:
        """Whether the pupil is in these bytes, as they are or in what is packed in them."""
        return bool(self) and any(self._in_layer(layer) for layer in _layers(raw, DEEPEST))

    def _in_layer(self, raw: bytes) -> bool:
        if any(code in raw for code in self._bytes):
            return True
        if b"\0" in raw and not raw.startswith(_MARKED):
            return False
        return any(self.in_text(reading) for text in _texts(raw) for reading in _readings(text))


def sealed(raw: bytes, deep: int = DEEPEST) -> bool:
    """Whether a name may be in these bytes that ``Trace.within`` cannot see.

    So of a package that is damaged, locked, too large or too deep, in whole or in part; of every PDF, since its letters
    may be numbered in an order of their own; and of what is no text, such as a picture or an old workbook.
    """
    if raw.startswith(_PACKED):
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as package:
                return not deep or any(_sealed_part(_part(package, entry), deep) for entry in package.infolist())
        except _BROKEN:
            return True
    return raw.startswith(b"%PDF") or not raw.startswith(_MARKED) and _NO_TEXT.search(raw) is not None


def _sealed_part(part: bytes | None, deep: int) -> bool:
    """A picture in a document counts as one that was looked into: nearly every document has one."""
    return part is None or part.startswith((_PACKED, b"%PDF", _OLD_OFFICE)) and sealed(part, deep - 1)


def _part(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """None where it cannot be unpacked."""
    if entry.file_size > MOST_UNPACKED:
        return None
    try:
        return package.read(entry)
    except _BROKEN:
        return None


def _tells(pupil: str) -> bool:
    """Whether finding this in a text means anything."""
    letters, signs = sum(map(str.isalpha, pupil)), sum(map(str.isalnum, pupil))
    return letters >= FEWEST_LETTERS or signs >= (FEWEST_SIGNS if letters else FEWEST_DIGITS)


def _words(pupil: str) -> list[str]:
    return re.findall(r"[^\W_]+", _plain(pupil))


def _plain(text: str) -> str:
    return without_accents(text).casefold()


def _orders(words: list[str]) -> Iterator[tuple[str, ...]]:
    """As written, and with the last words first: "Jan Van den Broeck" is "Van den Broeck, Jan"."""
    if any(any(map(str.isdecimal, word)) for word in words):
        yield tuple(words)
    else:
        yield from (tuple(words[at:] + words[:at]) for at in range(len(words)))


def _one_of(orders: Iterable[tuple[str, ...]]) -> re.Pattern[str] | None:
    shapes = sorted({_BETWEEN.join(map(re.escape, order)) for order in orders if order}, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(shapes)})(?![^\W_])") if shapes else None


def _in_code(pupil: str) -> Iterator[bytes]:
    """A name as bytes that no text shows: base64 at each of its three places, UTF-16, and letters among other bytes."""
    if sum(map(str.isalnum, pupil)) < LEAST_IN_CODE:
        return
    for text in {pupil, unicodedata.normalize("NFD", pupil), pupil.casefold(), pupil.upper()}:
        yield from (text.encode(encoding, "ignore") for encoding in ("utf-8", "cp1252", "utf-16-le", "utf-16-be"))
        for encoding in ("utf-8", "utf-16-le"):
            raw = text.encode(encoding)
            for ahead in range(3):
                code = base64.b64encode(b"\0" * ahead + raw)
                whole = code[(0, 2, 3)[ahead] :].rstrip(b"=")
                yield whole[:-1] if (ahead + len(raw)) % 3 else whole
                yield (whole[:-1] if (ahead + len(raw)) % 3 else whole).translate(bytes.maketrans(b"+/", b"-_"))


def _texts(raw: bytes) -> Iterator[str]:
    """The bytes as text, in each way that gives text."""
    if raw.startswith(_MARKED):
        yield raw.decode("utf-16", errors="replace")
        return
    try:
        yield raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield raw.decode("cp1252", errors="replace")


def _readings(text: str) -> Iterator[str]:
    """As it stands; then with marks and escapes taken away, as a reader of a page, a file or an address sees it."""
    yield text
    shown = text
    if "\\u" in shown:
        shown = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), shown)
    if "&" in shown:
        shown = html.unescape(shown)
    if "%" in shown:
        shown = unquote(shown)
    if shown != text:
        yield shown
    if "<" in shown:
        yield _TAG.sub("", shown)


def _layers(raw: bytes, deep: int) -> Iterator[bytes]:
    """The bytes, and what is packed in them: a zip's names and parts, the streams of a PDF."""
    yield raw
    if not deep:
        return
    if raw.startswith(_PACKED):
        with suppress(*_BROKEN), zipfile.ZipFile(io.BytesIO(raw)) as package:
            for entry in package.infolist():
                yield entry.filename.encode()
                yield entry.comment
                part = _part(package, entry)
                yield from _layers(part, deep - 1) if part is not None else ()
    elif raw.startswith(b"%PDF"):
        for found in _STREAM.finditer(raw):
            try:
                yield zlib.decompressobj().decompress(raw[found.end() :], MOST_UNPACKED)
            except zlib.error:
                continue
