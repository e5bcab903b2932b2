"""A text as it is printed -> the same with one spelling for what can be written in several, for the index of words.

Before `tantivy_index`, which reads articles and questions through this; what is stored and quoted stays as printed.
"U.S." and "US" become one word that is not "us"; "310,000", "310 000" and "310000" one number; Arabic and Persian
letters that one word is typed with one letter; Chinese, Japanese and Thai, which have no spaces, pairs of characters.
A change here needs a new `VERSION`: word indexes made before are then built again.
"""

from __future__ import annotations

import unicodedata

import regex

from rag.text import cardinal

VERSION = 1  # of the rules; 0 is NFC alone

# Letters that are typed for one another in one word, and signs that may be left out: points of vowels, the kashida,
# joiners, soft hyphens. Final sigma and dotted i are forms of one letter, ё is often printed е.
_LETTERS = str.maketrans(
    dict.fromkeys("أإآٱ", "ا")
    | dict.fromkeys("يىئ", "ی")
    | {"ك": "ک", "ة": "ه", "ۀ": "ه", "ؤ": "و", "ς": "σ", "İ": "I", "ı": "i", "ё": "е", "Ё": "Е", "٪": "%"}
    | dict.fromkeys("ـ\u00ad\u200d\u2060\ufeff", None)
)
ZERO_WIDTH_NON_JOINER = "\u200c"
_POINTS = regex.compile(
    r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_GREEK_ACCENT = regex.compile(r"(?<=\p{Greek})\p{Mn}+")
# Persian prefixes and endings that are written with a space, with a non-joiner, or joined: they become words. Other
# words with a non-joiner are found by their parts, and as one.
_AFFIX = regex.compile(
    r"(?<!\p{L})(ن?می)\u200c?(?=\p{Arabic}{3})|(?<=\p{Arabic}{2})\u200c?(?=(?:ها|های|هایی|هایش)(?!\p{L}))"
)
_JOINED = regex.compile(r"\p{Arabic}+(?:\u200c\p{Arabic}+)+")

# Acronyms that are a function word in lower case. "the us" and "the who" can only be the acronym in lower case.
ACRONYMS = frozenset(("US", "WHO", "IT", "IS"))
_OF_A_STATE = (
    "troops|forces|army|navy|military|soldiers|government|president|congress|senate|sanctions|embassy|officials?|"
    "senators?|ambassador|dollars?|airstrikes?|elections?|economy|citizens?|marines|envoy|state department"
)
_DOTTED = regex.compile(r"(?<![\p{L}\p{N}.])(?:\p{Lu}\.){1,5}\p{Lu}(?![\p{L}\p{N}])\.?")
_IN_LOWER_CASE = regex.compile(
    rf"(?<=\bthe )(?:us|who)(?![\p{{L}}\p{{N}}'’])|(?<![\p{{L}}\p{{N}}])us(?= (?:{_OF_A_STATE})\b)"
)
_CAPITALS = regex.compile(rf"(?<![\p{{L}}\p{{N}}])(?:{'|'.join(sorted(ACRONYMS))})(?![\p{{L}}\p{{N}}])")
_LOUD_WORDS = 2  # capitals in a line of more words, all in capitals, say nothing

# Numbers
_BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_NAMES = _BELOW_TWENTY.split()
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "k": 1000, "m": 10**6,
    "mn": 10**6, "bn": 10**9, "tn": 10**12,
}  # fmt: skip
_UNITS = "|".join(_NAMES[1:10])
_BELOW_HUNDRED = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_UNITS}))?|{'|'.join(_NAMES[:0:-1])})"
_CAPITALISED = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in [*_TENS, *_NAMES[:0:-1]])
_BIG = "hundred|thousand|million|billion|trillion"
# Only in small letters, or with a capital: looking for capitals too takes twice the time.
_SPELLED = regex.compile(
    rf"\b(?<![.-])(?:(?:{_CAPITALISED})(?:(?<=ty)[ -](?:{_UNITS}))?|[Aa](?= (?:{_BIG})\b))"
    rf"(?:[ -](?:{_BIG})(?: (?:and )?{_BELOW_HUNDRED}(?!\p{{L}}))?){{0,5}}\b"
)
_GROUPED = regex.compile(
    r"(?<![\p{N}.,'’٬])(?<!\p{N} )\p{Nd}{1,3}(?:(?:,\p{Nd}{3})+|(?:[ '’٬]\p{Nd}{3})+|(?:\.\p{Nd}{3}){2,})"
    r"(?![\p{N}]|[,'’٬]\p{N})"
)
_DECIMAL = regex.compile(r"(?<![\p{N}.,])(\p{Nd}+)[.٫](\p{Nd}+)(?![\p{N}]|\.\p{N})")
_SCALED = regex.compile(
    r"(?i)(?<![\p{L}\p{N}.,])(?:(?<money>[$£€¥])\s?)?(?<number>\p{Nd}{1,15}(?:\.\p{Nd}{1,9})?)"
    r"(?:[ -]?(?<scale>hundred|thousand|million|billion|trillion|bn|tn|mn)|(?<short>[km]))(?![\p{L}\p{N}])"
)
_PERCENT = regex.compile(r"(\d)(?:\s?%| (?:per cent|pct)\b)")
_LONE_DIGIT = regex.compile(r"(?<![\p{L}\p{N}.,:/'’$£€-])[2-9](?![\p{L}\p{N}]|[.,:/'’-]\p{N})")
_DIGITS = regex.compile(r"[^\P{Nd}0-9]")

# Writing without spaces; a run of it becomes overlapping pairs.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー々〆]+|[\p{Thai}\p{Lao}]+")
_LETTER = regex.compile(r"\P{M}\p{M}*")
_TONES = regex.compile(r"[\u0e47-\u0e4e\u0ec8-\u0ece]")


def normalise(text: str) -> str:
    """Return a text with one spelling of what can be written in several; the same for the result.

    Args:
        text: of an article, a passage or a question.
    """
    if not text.isascii():
        text = _letters(text)
    return _acronyms(_numbers(text))


def _letters(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = _DIGITS.sub(
        lambda m: str(unicodedata.digit(m.group(), m.group())), _POINTS.sub("", text.translate(_LETTERS))
    )
    if regex.search(r"\p{Greek}", text):
        text = unicodedata.normalize("NFC", _GREEK_ACCENT.sub("", unicodedata.normalize("NFD", text)))
    if regex.search(r"\p{Arabic}", text):
        text = _AFFIX.sub(r"\1 ", text)
        text = _JOINED.sub(lambda m: f"{m.group()} {m.group().replace(ZERO_WIDTH_NON_JOINER, '')}", text)
    return _UNSPACED.sub(_pairs, text)


def _pairs(run: regex.Match[str]) -> str:
    letters = _LETTER.findall(_TONES.sub("", run.group()))
    return f" {' '.join(''.join(letters[i : i + 2]) for i in range(max(1, len(letters) - 1)))} "


def _acronyms(text: str) -> str:
    """Return a text without the points of acronyms; those that are words too become words of their own."""
    if "." in text:
        text = _DOTTED.sub(lambda m: _acronym(m.group().replace(".", "")), text)
    text = _IN_LOWER_CASE.sub(lambda m: _acronym(m.group().upper()), text)
    if _CAPITALS.search(text):
        text = "".join(line if _is_loud(line) else _CAPITALS.sub(r"\g<0>0", line) for line in text.splitlines(True))
    return text


def _acronym(capitals: str) -> str:
    return f"{capitals}0" if capitals in ACRONYMS else capitals


def _is_loud(line: str) -> bool:
    return line.isupper() and len(line.split()) > _LOUD_WORDS


def _numbers(text: str) -> str:
    """Return a text in which a number is digits alone, with "p" for the point, and percent one word."""
    text = _SPELLED.sub(_spelled, text)
    if not regex.search(r"\d", text):
        return text
    text = _GROUPED.sub(lambda m: regex.sub(r"[^\d]", "", m.group()), text)
    text = _SCALED.sub(_scaled, text)
    text = _PERCENT.sub(r"\1 percent", text)
    text = _DECIMAL.sub(lambda m: _number(m.group(1), m.group(2)), text)
    return _LONE_DIGIT.sub(lambda m: _NAMES[int(m.group())], text)


def _number(whole: str, fraction: str) -> str:
    fraction = fraction.rstrip("0")
    return f"{whole}p{fraction}" if fraction else whole


def _scaled(found: regex.Match[str]) -> str:
    scale = (found["scale"] or found["short"]).lower()
    if scale == "m" and not found["money"]:
        return found.group()  # metres
    whole, _, fraction = found["number"].partition(".")
    units = int(whole + fraction) * _SCALES[scale]
    number = str(units // 10 ** len(fraction))
    rest = str(units % 10 ** len(fraction)).rjust(len(fraction), "0") if fraction else ""
    return f" {_number(number, rest)}"


def _spelled(found: regex.Match[str]) -> str:
    """Return a number in words as digits; below ten it stays a word, since "one" is seldom a number."""
    words = regex.sub(r"^a ", "one ", found.group().lower())
    words, trillions, rest = words.partition(" trillion")  # which text2num does not know
    number = 0 if rest else (cardinal(words) or 0) * (_SCALES["trillion"] if trillions else 1)
    return str(number) if number >= 10 else found.group()
