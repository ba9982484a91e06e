"""From the bytes of an uploaded file to rows of text, in whatever encoding and with whatever delimiter it was saved."""

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from contacts.csvtext import unguarded
from contacts.refusal import Refused

MOST_BYTES = 50 * 1024 * 1024
SAMPLE_ROWS = 5
_HEAD = 4096
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?')  # what Excel writes above the heading to name its delimiter
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_MOST_COLUMNS = 100


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a file is to be read. encoding_is_guessed: say so, and show the sample before anything is imported."""

    encoding: str
    encoding_is_guessed: bool
    delimiter: str
    header: list[str]
    sample: list[list[str]]


def inspect(file: IO[bytes], *, size: int) -> Layout:
    """Find out how to read a file, from its bytes alone. size: bytes. The file is left at its beginning.

    Raises Refused(field="file") for what is not a CSV file, or is too big, empty or unreadable.
    """
    if size > MOST_BYTES:
        raise _no(_("The file is bigger than %(most)d MB: split it.") % {"most": MOST_BYTES // 1024**2})
    file.seek(0)
    head = file.read(_HEAD)
    _refuse_other_kinds(head)
    encoding, guessed = _sniff_encoding(file, head)
    delimiter = _sniff_delimiter(file, encoding)
    rows = [
        row for _number, row in islice(numbered_rows(file, encoding=encoding, delimiter=delimiter), SAMPLE_ROWS + 1)
    ]
    file.seek(0)
    header = [" ".join(cell.split()) for cell in rows[0]] if rows else []
    if not any(header):
        raise _no(_("The file is empty, or its first row is."))
    if len(header) > _MOST_COLUMNS:
        raise _no(_("The file has more than %(most)d columns.") % {"most": _MOST_COLUMNS})
    if len(rows) == 1:
        raise _no(_("The file has a heading and no rows below it."))
    return Layout(encoding=encoding, encoding_is_guessed=guessed, delimiter=delimiter, header=header, sample=rows[1:])


def numbered_rows(file: IO[bytes], *, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """All rows with their spreadsheet numbers, the heading first as row 1; blank rows count but are left out.

    Streams: memory does not grow with the file. Raises Refused with the row number where a row cannot be read.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield from _numbered(csv.reader(text, delimiter=delimiter), encoding, delimiter)
    finally:
        with contextlib.suppress(ValueError):  # closed meanwhile, and by its owner
            text.detach()  # or it would close the file with itself


def _numbered(reader: Iterator[list[str]], encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            sentence = _("Row %(row)d cannot be read: look for a quotation mark that is opened and never closed.")
            raise _no(sentence % {"row": number + 1}) from None
        except UnicodeError:
            sentence = _("The text after row %(row)d cannot be read as %(encoding)s.")
            raise _no(sentence % {"row": number, "encoding": encoding}) from None
        if number == 0 and len(cells) <= 2 and _SEPARATOR_LINE.fullmatch(delimiter.join(cells)):
            continue
        number += 1
        cells = [unguarded(cell.replace("\x00", "").strip()) for cell in cells]
        if any(cells):
            yield number, cells


def _refuse_other_kinds(head: bytes) -> None:
    if not head.strip():
        raise _no(_("The file is empty."))
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _no(_("This is a spreadsheet, not a CSV file: open it, choose “Save as” and the type “CSV UTF-8”."))
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")):
        raise _no(_("This is not a CSV file."))


def _sniff_encoding(file: IO[bytes], head: bytes) -> tuple[str, bool]:
    marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    if marked:
        candidates = [marked]
    elif b"\x00" in head:
        # Text in western letters has its zero bytes at odd places (little-endian) or at even ones.
        candidates = ["utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"]
    else:
        candidates = ["utf-8", "cp1252"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding, not marked and encoding != "utf-8"
    raise _no(_("The text of this file cannot be read: save it as “CSV UTF-8” and try again."))


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    start = ""
    try:
        while chunk := file.read(1024 * 1024):
            text = decoder.decode(chunk)
            start = start or text[:_HEAD]
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return not any(ord(character) < 32 and character not in "\t\r\n\x00" for character in start)


def _sniff_delimiter(file: IO[bytes], encoding: str) -> str:
    """The one that cuts the heading into several columns and most rows into as many."""
    file.seek(0)
    start = codecs.getincrementaldecoder(encoding)().decode(file.read(64 * 1024))
    lines = start.splitlines()[:30]
    if lines and (named := _SEPARATOR_LINE.fullmatch(lines[0].strip())):
        return named[1]
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(start, newline=""), delimiter=delimiter) if any(row)][:20]
        except csv.Error:
            continue
        columns = len(rows[0]) if rows else 0
        score = (sum(len(row) == columns for row in rows) / len(rows) if columns > 1 else 0.0, columns)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _no(sentence: str) -> Refused:
    return Refused(sentence, field="file")
