"""A zip that holds a workbook: what kind it is, and its parts unpacked without the risk of a bomb."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from xml.parsers import expat

from ..problems import Problem, Problems

MAX_UNPACKED = 200_000_000
MAX_RATIO = 200
RATIO_FLOOR = 20_000_000
MAX_ENTRIES = 10_000
"""Unpacked bytes, unpacked to packed bytes of an entry larger than the floor, entries (reliability page, threats)."""

_ENTRY = b"PK\x01\x02"
_TEXT_PARTS = (".xml", ".rels")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def unpack(raw: bytes, *, file: str) -> dict[str, bytes]:
    """The XML parts by name, their checksums verified; every other entry as b"".

    Raises Problems: ``zip_bomb``, ``file_damaged``.
    """
    if raw.count(_ENTRY) > MAX_ENTRIES:
        raise Problems([Problem(code="zip_bomb", file=file)])
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            entries = package.infolist()
            if _is_bomb(entries):
                raise Problems([Problem(code="zip_bomb", file=file)])
            return {entry.filename: _part(package, entry) for entry in entries}
    except _DAMAGED:
        raise Problems([Problem(code="file_damaged", file=file)]) from None


def packed(parts: Mapping[str, bytes]) -> io.BytesIO:
    """The parts as a package again, stored uncompressed: what another reader gets cannot grow."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as stored:
        for name, content in parts.items():
            if content:
                stored.writestr(name, content)
    plain.seek(0)
    return plain


def kind_of(parts: Mapping[str, bytes]) -> str | None:
    """ "xlsx", "ods"; a kind that is refused by its name, or None for another package."""
    mimetype = parts.get("mimetype", b"")
    if "xl/workbook.xml" in parts:
        return "xlsx"
    if "xl/workbook.bin" in parts:
        return ".xlsb"
    if "opendocument.spreadsheet" in mimetype.decode("latin-1") and "content.xml" in parts:
        return "ods"
    if any(name.endswith(".iwa") or name == "Index.zip" for name in parts):
        return "Apple Numbers"
    return None


def holds_files(parts: Mapping[str, bytes]) -> bool:
    """A zip of files that somebody packed together, rather than the package of one document."""
    return "[Content_Types].xml" not in parts and "mimetype" not in parts


def _is_bomb(entries: list[zipfile.ZipInfo]) -> bool:
    swollen = any(
        entry.file_size > RATIO_FLOOR and entry.file_size > MAX_RATIO * max(entry.compress_size, 1) for entry in entries
    )
    return swollen or sum(entry.file_size for entry in entries) > MAX_UNPACKED


def _part(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One entry, never more than the size it declares, whatever its stream holds."""
    if entry.filename != "mimetype" and not entry.filename.endswith(_TEXT_PARTS):
        return b""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("a workbook is stored or deflated")
    with package.open(entry) as stream:
        content = stream.read(entry.file_size)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile("an entry is cut")
    return content


def parse_xml(
    xml: bytes,
    start: Callable[[str, dict[str, str]], object],
    end: Callable[[str], object] | None = None,
    characters: Callable[[str], object] | None = None,
) -> None:
    """Run through a part; names carry their namespace before a space.

    Raises ValueError for a document type, which could hide an entity bomb, and ExpatError for what is no XML.
    """

    def refuse(*_: object) -> None:
        raise ValueError("a part with a document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.Parse(xml, True)
