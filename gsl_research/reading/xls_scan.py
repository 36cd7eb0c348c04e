"""What calamine does not tell about an .xls workbook: whether it is safe to read, and how its cells are shown."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .grid import Merge
from .sheet_cells import MAX_CELLS, percentage
from .sheet_scan import SheetScan

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FREE = 0xFFFFFFF0
"""Sector numbers from here on are marks: end of a chain, free, table."""

_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BOF, _EOF, _FORMULA, _FORMAT, _STYLE, _SHEET, _STRINGS = 0x809, 0x0A, 0x06, 0x41E, 0xE0, 0x85, 0xFC
_NUMBER, _RK, _MANY_RK, _ERROR, _LABEL, _RICH_LABEL, _SHARED_LABEL = 0x203, 0x27E, 0xBD, 0x205, 0x204, 0xD6, 0xFD
_ROW, _COLUMNS, _MERGED, _EXTENT, _PASSWORD, _CONTINUE = 0x208, 0x7D, 0xE5, 0x200, 0x2F, 0x3C


@dataclass(slots=True)
class XlsSheet(SheetScan):
    """A sheet, and how many characters of shared text its cells take."""

    characters: int = 0


def streams(raw: bytes) -> dict[str, bytes]:
    """The named streams of an OLE file that could hold a workbook, or show that it is protected.

    Raises ValueError, IndexError or struct.error for a file that is cut or broken.
    """
    shift, mini_shift = struct.unpack_from("<HH", raw, 30)
    tables, directory = struct.unpack_from("<II", raw, 44)
    cutoff, mini_table, _, more, _ = struct.unpack_from("<IIIII", raw, 56)
    if shift not in (9, 12) or mini_shift != 6 or tables > len(raw) >> shift:
        raise ValueError("no OLE header")

    def sector(number: int) -> bytes:
        start = (number + 1) << shift
        if start >= len(raw):
            raise ValueError("a sector beyond the end")
        return raw[start : start + (1 << shift)]

    def numbers(content: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    places = list(numbers(raw[76:512]))
    while more < _FREE and len(places) < tables:
        *found, more = numbers(sector(more))
        places += found
    table = [number for place in places[:tables] if place < _FREE for number in numbers(sector(place))]

    def chain(first: int, table: list[int]) -> Iterator[int]:
        for _ in range(len(table)):
            if first >= _FREE:
                return
            yield first
            first = table[first]
        raise ValueError("a chain without end")

    def content(first: int) -> bytes:
        return b"".join(sector(number) for number in chain(first, table))

    entries = content(directory)
    small, found, mini = [], {}, b""
    for at in range(0, len(entries) - 127, 128):
        length, kind = struct.unpack_from("<HB", entries, at + 64)
        first, size = struct.unpack_from("<II", entries, at + 116)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
        if kind == 5:
            mini = content(first) if first < _FREE else b""
            small = list(numbers(content(mini_table))) if mini_table < _FREE else []
        elif kind == 2 and name in ("Workbook", "Book", "EncryptedPackage"):
            if size < cutoff:
                stream = b"".join(mini[number << 6 : (number + 1) << 6] for number in chain(first, small))
            else:
                stream = content(first)
            if len(stream) < size:
                raise ValueError("a stream is cut")
            found[name] = stream[:size]
    return found


def scan_xls(stream: bytes) -> list[XlsSheet] | None:
    """Every sheet of a workbook stream in the order of the workbook; None when a password protects it.

    Raises ValueError or struct.error for a stream that is broken or asks for more memory than its size explains.
    """
    formats, styles, places = {9: "%", 10: "%"}, [], []
    wide, previous = False, _BOF
    strings: list[bytes] = []
    for kind, data in _records(stream, 0):
        if kind == _BOF:
            wide = data[:2] == b"\x00\x06"
        elif kind == _PASSWORD and data[:2] != b"\0\0":
            return None
        elif kind == _FORMAT:
            text = data[5 if wide else 3 :]
            formats[int.from_bytes(data[:2], "little")] = text.replace(b"\0", b"").decode("latin-1")
        elif kind == _STYLE:
            styles.append(int.from_bytes(data[2:4], "little"))
        elif kind == _SHEET:
            places.append(int.from_bytes(data[:4], "little"))
        elif kind == _STRINGS:
            strings = [data]
        elif kind == _CONTINUE and previous in (_STRINGS, _CONTINUE) and strings:
            strings.append(data)
        elif kind == _EOF:
            break
        previous = kind
    percent = frozenset(at for at, style in enumerate(styles) if "%" in formats.get(style, ""))
    if len(set(places)) != len(places):
        raise ValueError("sheets share their cells")
    lengths = _lengths(strings)
    left, sheets = MAX_CELLS, []
    for place in places:
        sheets.append(_scan(stream, place, percent, lengths))
        left -= sheets[-1].filled
        if left < 0:
            raise ValueError("sheets share their cells")
    return sheets


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size
    raise ValueError("a stream without end")


def _scan(stream: bytes, place: int, percent: frozenset[int], lengths: list[int]) -> XlsSheet:
    sheet = XlsSheet()
    depth = 0
    for kind, data in _records(stream, place):
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return sheet
        elif depth != 1:
            continue
        elif kind in (_NUMBER, _RK, _FORMULA, _ERROR, _LABEL, _RICH_LABEL, _SHARED_LABEL):
            row, column, style = struct.unpack_from("<HHH", data)
            sheet.add(row, column)
            if kind == _SHARED_LABEL:
                sheet.characters += lengths[int.from_bytes(data[6:10], "little")]
            elif shown := _shown(kind, data, style in percent):
                sheet.shown[row, column] = shown
        elif kind == _MANY_RK:
            row, first = struct.unpack_from("<HH", data)
            for at in range((len(data) - 6) // 6):
                style, rk = struct.unpack_from("<HI", data, 4 + 6 * at)
                sheet.add(row, first + at)
                if style in percent:
                    sheet.shown[row, first + at] = percentage(_rk(rk))
        elif kind == _EXTENT:
            _refuse_extent(data)
        elif kind == _ROW and len(data) >= 16 and data[12] & 0x20:
            sheet.hidden_rows.append(int.from_bytes(data[:2], "little"))
        elif kind == _COLUMNS and data[8] & 1:
            first, last = struct.unpack_from("<HH", data)
            sheet.hidden_columns.append(range(first, last + 1))
        elif kind == _MERGED:
            for at in range(int.from_bytes(data[:2], "little")):
                top, bottom, left, right = struct.unpack_from("<HHHH", data, 2 + 8 * at)
                sheet.merges.append(Merge(top, left, bottom, right))
    raise ValueError("a sheet without end")


def _lengths(pieces: list[bytes]) -> list[int]:
    """How many characters each shared text has; a text may run on from one record into the next."""
    if not pieces:
        return []
    count = int.from_bytes(pieces[0][4:8], "little")
    if count * 3 > sum(map(len, pieces)):
        raise ValueError("more strings than fit")
    lengths = []
    rest = itertools.chain(pieces, itertools.repeat(b""))
    piece, at = next(rest), 8
    for _ in range(count):
        if at >= len(piece):
            piece, at = next(rest), 0
        characters, flags = struct.unpack_from("<HB", piece, at)
        at += 3
        after = 0
        if flags & 8:
            after += 4 * int.from_bytes(piece[at : at + 2], "little")
            at += 2
        if flags & 4:
            after += int.from_bytes(piece[at : at + 4], "little")
            at += 4
        lengths.append(characters)
        wide = flags & 1
        while (room := (len(piece) - at) >> wide) < characters:
            characters -= max(room, 0)
            piece, at = next(rest), 1
            wide = piece[0] & 1
        at += characters << wide
        while at + after > len(piece):
            after -= len(piece) - at
            piece, at = next(rest), 0
            if not piece:
                raise ValueError("a text beyond the end")
        at += after
    return lengths


def _shown(kind: int, data: bytes, percent: bool) -> str | None:
    """An error, or a percentage, as the sheet shows it."""
    if kind == _ERROR:
        return _ERRORS.get(data[6], "#N/A") if data[7] else None
    if kind == _FORMULA and data[12:14] == b"\xff\xff":
        return _ERRORS.get(data[8], "#N/A") if data[6] == 2 else None
    if percent and kind in (_NUMBER, _FORMULA):
        return percentage(struct.unpack_from("<d", data, 6)[0])
    if percent and kind == _RK:
        return percentage(_rk(int.from_bytes(data[6:10], "little")))
    return None


def _rk(packed: int) -> float:
    """A number in four bytes: the top of a double or a whole number, perhaps in hundredths."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 1 << 31 else 0))
    else:
        value = struct.unpack("<d", struct.pack("<II", 0, packed & ~3))[0]
    return value / 100 if packed & 1 else value


def _refuse_extent(data: bytes) -> None:
    """What a sheet says of its own size is set aside in memory before a cell is read."""
    first_row, beyond_row, first_column, beyond_column = struct.unpack_from(
        "<IIHH" if len(data) == 14 else "<HHHH", data
    )
    height, width = beyond_row - first_row, beyond_column - first_column
    if (beyond_row, beyond_column) != (0, 0) and not (0 <= height <= 1 << 16 and 0 <= width <= 1 << 10):
        raise ValueError("a sheet larger than a sheet can be")
