"""Decode bytes to text: detect the encoding, and repair mojibake where the repair is certain.

Readers call this before they parse. Valid UTF-8 is accepted as it is and costs one pass. Anything else is detected by
its byte order mark, its NUL bytes, the declared charset, and its letters, in this order.
"""

from __future__ import annotations

import codecs
import re

import regex
from charset_normalizer import from_bytes
from ftfy import TextFixerConfig, fix_encoding
from ftfy.badness import is_bad
from ftfy.chardata import UTF8_DETECTOR_RE

from rag.errors import InputError

_BYTE_ORDER_MARKS = {  # UTF-32 before UTF-16, whose mark is a prefix of it
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BINARY = {
    b"%PDF-": "it is a PDF file; rename it to .pdf",
    b"{\\rtf": "it is an RTF file; save it as plain text",
    b"PK\x03\x04": "it is a ZIP file; unpack it, or save the document as plain text",
    b"\xd0\xcf\x11\xe0": "it is an Office document; save it as plain text",
    b"\x1f\x8b": "it is a gzip file; unpack it",
}
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1a\x1b"})
MAX_CONTROL_SHARE = 0.001  # of all bytes; a text file has none or a stray one, compressed data at least 0.1
_ADVICE = "if it is text, save it as UTF-8"

# Encodings of Latin scripts are recognised by their non-ASCII letters: these are, for each encoding, those of each
# language written in it. Of 44 news texts in 16 encodings (tests/readers/test_decoding.py has 20 of them)
# charset-normalizer alone gets 36 right, this 42.
_LATIN_LETTERS = {
    "cp1252": (
        *("àâæçéèêëîïôœùûüÿ", "äöüßé", "áéíñóúüºª", "áâãàçéêíóôõúüºª", "àèéìòùî"),
        *("åäöé", "æøåéèòô", "çëé", "éëïóöü", "áðéíóúýþæö", "äöõüšž"),
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ"),
    "cp1254": ("çğıöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
}
_LATIN_LETTERS["iso8859_2"] = _LATIN_LETTERS["cp1250"]
_OTHER_CODECS = [
    *("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "cp1253", "iso8859_7", "cp1255", "iso8859_8", "cp1256"),
    *("iso8859_6", "cp874", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr"),
    "cp949",
]
# WHATWG Encoding Standard: Latin-1 and ASCII labels mean Windows-1252.
_DECLARED = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_NOT_DOCUMENT_CODECS = {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
# Share of non-ASCII bytes up to which they are foreign names and typographic marks in ASCII text; Slovene has 0.03,
# Czech 0.12.
MAX_STRAY_SHARE = 0.015
MAX_LATIN_SHARE = 0.25  # up to which the script is Latin; Vietnamese has 0.2, Greek and Russian 0.7

_FIX = TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    restore_byte_a0=False,
    replace_lossy_sequences=False,
    decode_inconsistent_utf8=False,
    fix_c1_controls=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)
MAX_MOJIBAKE_CHARS = 2_000_000  # a longer text is left as it is: ftfy takes 1.7 s for a million characters
# All but the characters of 99 in 100 English paragraphs; only text with one of them is checked for mojibake.
_UNUSUAL = regex.compile(r"[^\x00-\x7f\u00a0áéíóúñçèüö‘’“”–—…•]")
_NON_ASCII = regex.compile(r"[^\x00-\x7f]+")
# What pages and feeds may not contain (control characters, surrogates), and what they do not print (see `clean`).
INVALID_IN_MARKUP = re.compile(  # each page is searched for it; `regex` takes four times as long
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\xad\ufeff\ufffe\uffff]"
)
_NOT_PRINTED = regex.compile(r"\xad(?=\S)|\ufeff")
_LOST_FIRST_BYTE = regex.compile(r"(?<![\x80-\xff])[\x80-\x9f]{2}")  # the rest of a three-byte character


def to_text(data: bytes, declared: str | None = None) -> str:
    """Decode bytes, and `clean` the text.

    Args:
        data: the bytes of a document.
        declared: the charset that its source declares, if any.

    Raises:
        InputError: if the bytes are not text.
    """
    return clean(decode(data, declared))


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode bytes to a text that is parsed before it is cleaned (JSON).

    Args:
        data: the bytes of a document.
        declared: the charset that its source declares, if any.

    Raises:
        InputError: if the bytes are not text.
    """
    name = detect_encoding(data, declared)
    found = data.decode(name, "replace").lstrip("\ufeff")
    if "\x00" in found:
        raise InputError(f"not text: it contains NUL bytes; {_ADVICE}")
    return found


def detect_encoding(data: bytes, declared: str | None = None) -> str:
    """Return the name of the codec that decodes the bytes.

    Raises:
        InputError: if the bytes are not text.
    """
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    if marked != "utf-8" and _decodes(data, marked):
        return marked
    if marked not in ("utf-8", "utf-8-sig"):
        raise InputError(f"not text: it starts like {marked.upper()} but is not; {_ADVICE}")
    for start, kind in _BINARY.items():
        if data.startswith(start):
            raise InputError(f"not text: {kind}")
    if b"\x00" in data:
        return _utf_16_without_mark(data)
    if len(data) - len(data.translate(None, _CONTROLS)) > max(2, MAX_CONTROL_SHARE * len(data)):
        raise InputError(f"not text: it is full of control characters; {_ADVICE}")
    if _decodes(data, "utf-8"):
        return "utf-8"
    if (name := _declared_codec(declared)) and _decodes(data, name):
        return name
    return _guess(data)


def clean(text: str) -> str:
    """Repair mojibake, and leave out soft hyphens and byte order marks within the text.

    They print nothing, and part a word from those who search for it. A soft hyphen at the end of a line is printed, and
    stays.
    """
    fixed = fix_mojibake(text)
    return fixed if fixed.isascii() else _NOT_PRINTED.sub("", fixed)


def fix_mojibake(text: str) -> str:
    """Repair mojibake ("CafÃ©", "donâ€™t", "itâ\x80\x99s") line by line, where the repair is certain.

    A repair is certain if ftfy's badness measure finds mojibake before it and none after, and no character is lost or
    invented. Of 603,000 lines of 12,000 real articles it changes 106, all correctly; text in other languages comes
    through unchanged.
    """
    if text.isascii() or len(text) > MAX_MOJIBAKE_CHARS or not _UNUSUAL.search(text):
        return text
    return "\n".join(_fix_line(line) if _UNUSUAL.search(line) else line for line in text.split("\n"))


def _fix_line(line: str) -> str:
    # ftfy's codecs treat U+FFFD as a lost byte, and would return it as a control character
    if not is_bad(line) or "\ufffd" in line or _LOST_FIRST_BYTE.search(line):
        return line
    fixed = fix_encoding(line, _FIX)
    if fixed == line:  # only a part of the line is mojibake
        fixed = UTF8_DETECTOR_RE.sub(lambda part: fix_encoding(part.group(), _FIX), line)
    fixed = regex.sub(r"(?<![\x80-\x9f])[\x80-\x9f](?![\x80-\x9f])", _as_windows_1252, fixed)
    kept = _NON_ASCII.sub("", line) == _NON_ASCII.sub("", fixed)  # mojibake consists of non-ASCII characters alone
    return fixed if kept and "\ufffd" not in fixed and not is_bad(fixed) else line


def _as_windows_1252(match: regex.Match[str]) -> str:
    """Read a lone control character U+0080 to U+009F as Windows-1252, like browsers; several in a row are damage."""
    return match.group().encode("latin-1").decode("cp1252", "replace")


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _utf_16_without_mark(data: bytes) -> str:
    """Detect UTF-16 without a byte order mark: Latin text then has a NUL at every second byte and at no other."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    for name, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if low == 0 and high > len(data) / 4 and _decodes(data, name):
            return name
    raise InputError(f"not text: it contains NUL bytes; {_ADVICE}")


def _declared_codec(declared: str | None) -> str | None:
    """Return the codec that a charset label means, or None if it is unknown or no charset of documents."""
    try:
        info = codecs.lookup((declared or "").strip(" \"'"))
        "".encode(info.name)
    except (LookupError, ValueError):
        return None
    return None if info.name in _NOT_DOCUMENT_CODECS else _DECLARED.get(info.name, info.name)


def _guess(data: bytes) -> str:
    """Guess the codec of bytes that are not valid UTF-8. Raises InputError if none fits."""
    share = len(data.translate(None, bytes(range(128)))) / len(data)
    as_utf_8 = data.decode("utf-8", "replace")
    if as_utf_8.count("\ufffd") * 10 <= sum(not c.isascii() for c in as_utf_8):
        return "utf-8"  # with a few broken bytes, as in a file cut off within a character
    if share <= MAX_STRAY_SHARE and _decodes(data, "cp1252"):
        return "cp1252"
    scores = {name: _letter_score(data, name) for name in _LATIN_LETTERS} if share < MAX_LATIN_SHARE else {}
    best = max(scores, key=lambda name: scores[name], default="")
    if best and scores[best] >= 0.95:
        return best
    found = from_bytes(data, cp_isolation=[*_OTHER_CODECS, *_LATIN_LETTERS]).best()
    if found is None:
        raise InputError(f"not text: its encoding could not be detected; {_ADVICE}")
    return str(found.encoding)


def _letter_score(data: bytes, name: str) -> float:
    """Return the share of the non-ASCII letters, decoded by a codec, that belong to one language; 1 for no letters."""
    try:
        found = data.decode(name)
    except UnicodeDecodeError:
        return -1.0
    letters = [c for c in found.casefold() if not c.isascii() and c.isalpha()]
    strange = sum(not (c.isascii() or c.isalpha() or c in "\u00a0‘’‚“”„«»‹›–—…•·€£§©®°¿¡½´\u00ad") for c in found)
    most = max(sum(c in language for c in letters) for language in _LATIN_LETTERS[name])
    return (most + 1e-9) / (len(letters) + strange + 1e-9)
