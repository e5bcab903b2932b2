"""Bytes -> text: the encoding found, mojibake mended where it is certain.

Valid UTF-8 is taken at its word and costs one pass. All else is judged: by its mark, by its NUL bytes, by what the
source declares, by its letters.
"""

from __future__ import annotations

import codecs

import regex
from charset_normalizer import from_bytes
from ftfy import TextFixerConfig, fix_encoding
from ftfy.badness import is_bad
from ftfy.chardata import UTF8_DETECTOR_RE

from rag.errors import InputError

_MARKS = {  # the longer first: UTF-16's mark begins UTF-32's
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BINARY = {
    b"%PDF-": "a PDF file; name it .pdf",
    b"{\\rtf": "an RTF file; save it as plain text",
    b"PK\x03\x04": "a ZIP file; unpack it, or save its document as plain text",
    b"\xd0\xcf\x11\xe0": "an office document; save it as plain text",
    b"\x1f\x8b": "a gzip file; unpack it",
}
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1a\x1b"})
MOST_CONTROLS = 0.001  # of all bytes; a text file has none or a stray one, the least of compressed data has 0.1
_SAVE = "if it is text, save it as UTF-8"

# An encoding of few letters beyond ASCII is told by them: of each the letters that one language writes with it. Of
# 44 news texts in 16 encodings (tests/test_decoding.py has them) charset-normalizer alone gets 36 right.
_LATIN = {
    "cp1252": (
        *("àâæçéèêëîïôœùûüÿ", "äöüßé", "áéíñóúüºª", "áâãàçéêíóôõúüºª", "àèéìòùî"),
        *("åäöé", "æøåéèòô", "çëé", "éëïóöü", "áðéíóúýþæö", "äöõüšž"),
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ"),
    "cp1254": ("çğıöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
}
_LATIN["iso8859_2"] = _LATIN["cp1250"]
_OTHERS = [
    *("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "cp1253", "iso8859_7", "cp1255", "iso8859_8", "cp1256"),
    *("iso8859_6", "cp874", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr"),
    "cp949",
]
# WHATWG Encoding Standard: what is declared Latin-1 or ASCII is Windows-1252.
_DECLARED = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_NEVER = {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
FEW = 0.015  # share of bytes beyond ASCII up to which it is foreign names and typography; Slovene has 0.03, Czech 0.12
LATIN = 0.25  # share up to which the letters are Latin ones; Vietnamese has 0.2, Greek and Russian 0.7

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
MOST_MENDED = 2_000_000  # characters; a longer text is left as it is: ftfy takes 1.7 s for a million
# Letters, points and spaces that 99 of 100 English paragraphs have no others of; what has one is looked at closely.
_UNUSUAL = regex.compile(r"[^\x00-\x7f\u00a0áéíóúñçèüö‘’“”–—…•]")
_BEYOND = regex.compile(r"[^\x00-\x7f]+")
_BEHEADED = regex.compile(r"(?<![\x80-\xff])[\x80-\x9f]{2}")  # the end of a character whose first byte was lost


def text(data: bytes, declared: str | None = None) -> str:
    """The text that bytes hold, mojibake mended; `declared` is the charset that their source names, if any.

    Raises InputError where they are no text.
    """
    return mended(characters(data, declared))


def characters(data: bytes, declared: str | None = None) -> str:
    """As `text`, nothing mended: for what is parsed first (JSON), and mended by `mended` then."""
    name = encoding(data, declared)
    found = data.decode(name, "replace").lstrip("\ufeff")
    if "\x00" in found:
        raise InputError(f"not text: NUL bytes in it; {_SAVE}")
    return found


def encoding(data: bytes, declared: str | None = None) -> str:
    """The codec that reads the bytes. Raises InputError where they are no text."""
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    if marked != "utf-8" and _decodes(data, marked):
        return marked
    if marked not in ("utf-8", "utf-8-sig"):
        raise InputError(f"not text: it begins as {marked.upper()} does, and goes on otherwise; {_SAVE}")
    for start, kind in _BINARY.items():
        if data.startswith(start):
            raise InputError(f"not text: {kind}")
    if b"\x00" in data:
        return _unmarked(data)
    if len(data) - len(data.translate(None, _CONTROLS)) > max(2, MOST_CONTROLS * len(data)):
        raise InputError(f"not text: control characters all over it; {_SAVE}")
    if _decodes(data, "utf-8"):
        return "utf-8"
    if (name := _known(declared)) and _decodes(data, name):
        return name
    return _judged(data)


def mended(text: str) -> str:
    """The text with its mojibake ("CafÃ©", "donâ€™t", "itâ\x80\x99s") mended, line by line, where that is certain.

    Certain is what ftfy's measure of badness finds before and no longer after, with no character lost or made up. Of
    603,000 lines of 12,000 real articles it changes 106, all rightly; text of other languages comes through unchanged.
    """
    if text.isascii() or len(text) > MOST_MENDED or not _UNUSUAL.search(text):
        return text
    return "\n".join(_mended(line) if _UNUSUAL.search(line) else line for line in text.split("\n"))


def _mended(line: str) -> str:
    # ftfy's codecs know U+FFFD as a lost byte, and would return it as a control character
    if not is_bad(line) or "\ufffd" in line or _BEHEADED.search(line):
        return line
    fixed = fix_encoding(line, _FIX)
    if fixed == line:  # a part of the line is sound
        fixed = UTF8_DETECTOR_RE.sub(lambda part: fix_encoding(part.group(), _FIX), line)
    fixed = regex.sub(r"(?<![\x80-\x9f])[\x80-\x9f](?![\x80-\x9f])", _windows, fixed)
    kept = _BEYOND.sub("", line) == _BEYOND.sub("", fixed)  # mojibake never has to do with ASCII
    return fixed if kept and "\ufffd" not in fixed and not is_bad(fixed) else line


def _windows(match: regex.Match[str]) -> str:
    """A lone control character U+0080..9F as Windows-1252 has it: browsers read it so; in a row they are broken."""
    return match.group().encode("latin-1").decode("cp1252", "replace")


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _unmarked(data: bytes) -> str:
    """UTF-16 without its mark, which has NUL bytes at every second place of Latin text, and at no other."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    for name, here, there in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if there == 0 and here > len(data) / 4 and _decodes(data, name):
            return name
    raise InputError(f"not text: NUL bytes in it; {_SAVE}")


def _known(declared: str | None) -> str | None:
    """The codec that a charset label means, or None where it names none that a document can have."""
    try:
        info = codecs.lookup((declared or "").strip(" \"'"))
        "".encode(info.name)
    except (LookupError, ValueError):
        return None
    return None if info.name in _NEVER else _DECLARED.get(info.name, info.name)


def _judged(data: bytes) -> str:
    beyond = data.translate(None, bytes(range(128)))
    share = len(beyond) / len(data)
    lost = data.decode("utf-8", "replace")
    if lost.count("\ufffd") * 10 <= sum(not c.isascii() for c in lost):
        return "utf-8"  # with a few bytes broken, as where a file was cut off within a character
    if share <= FEW and _decodes(data, "cp1252"):
        return "cp1252"
    scores = {name: _letters(data, name) for name in _LATIN} if share < LATIN else {}
    best = max(scores, key=lambda name: scores[name], default="")
    if best and scores[best] >= 0.95:
        return best
    found = from_bytes(data, cp_isolation=[*_OTHERS, *_LATIN]).best()
    if found is None:
        raise InputError(f"not text: its encoding could not be found; {_SAVE}")
    return str(found.encoding)


def _letters(data: bytes, name: str) -> float:
    """The share of the letters beyond ASCII, read by a codec, that one language writes; 1 where there are none."""
    try:
        found = data.decode(name)
    except UnicodeDecodeError:
        return -1.0
    letters = [c for c in found.casefold() if not c.isascii() and c.isalpha()]
    strange = sum(not (c.isascii() or c.isalpha() or c in "\u00a0‘’‚“”„«»‹›–—…•·€£§©®°¿¡½´\u00ad") for c in found)
    most = max(sum(c in language for c in letters) for language in _LATIN[name])
    return (most + 1e-9) / (len(letters) + strange + 1e-9)
