"""A text as it is printed -> the same with one spelling for what can be written in several, for the index of words.

Before `tantivy_index`, which reads articles and questions through this; what is stored and quoted stays as printed.
"U.S." and "US" become one word that is not "us"; "310,000", "310 000" and "310000" one number; Arabic and Persian
letters that one word is typed with one letter; Chinese, Japanese and Thai, which have no spaces, and Korean, whose
words have endings, pairs of characters.
A change here needs a new `VERSION`: word indexes made before are then built again.
"""

from __future__ import annotations

import unicodedata

import regex

from rag.text import cardinal

VERSION = 2  # of the rules; 0 is NFC alone

# Letters that are typed for one another in one word, and signs that may be left out: points of vowels, the kashida,
# joiners, soft hyphens. Final sigma and dotted i are forms of one letter, ё is often printed е.
_LETTERS = str.maketrans(
    dict.fromkeys("أإآٱ", "ا")
    | dict.fromkeys("يىئ", "ی")
    | {"ك": "ک", "ة": "ه", "ۀ": "ه", "ؤ": "و", "ς": "σ", "İ": "I", "ı": "i", "ё": "е", "Ё": "Е", "٪": "%"}
    | {"\u2010": "-", "\u2212": "-", "\u2044": "/"}  # a hyphen, a minus, and the stroke of a fraction
    | dict.fromkeys("ـ\u00ad\u200d\u2060\ufeff", None)
)
# `str.translate` looks up every letter of a text that is not ASCII; most have none of these.
_HAS_LETTERS = regex.compile(f"[{''.join(map(chr, _LETTERS))}]")
ZERO_WIDTH_NON_JOINER = "\u200c"
# What carries a hamza differs by country, as in the words for "matters" and "board".
_HAMZA_ON_WAW, _HAMZA_ON_ALEF = regex.compile("ئ(?=و)"), regex.compile("(?<=[یي])ئ")
_DASHED = regex.compile(r"(?<=\p{N})[–—](?=\p{N})")  # 7–5
_HALVES = {"½": ".5", "¼": ".25", "¾": ".75"}
_AND_HALF = regex.compile(r"(?<=(?<![\p{N}.,])\p{Nd}+)[½¼¾]")
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
COMPOUND = rf"{_JOINED.pattern} \p{{Arabic}}+"  # what `normalise` makes of one: its parts, and all of it joined

# Acronyms that are a function word in lower case. "the us" and "the who" can only be the acronym in lower case.
ACRONYMS = frozenset(("US", "WHO", "IT", "IS"))
_OF_A_STATE = (
    "troops|forces|army|navy|military|soldiers|government|president|congress|senate|sanctions|embassy|officials?|"
    "senators?|ambassador|dollars?|airstrikes?|elections?|economy|citizens?|marines|envoy|state department|"
    "lawmakers?|treasury|consulate|diplomats?|intelligence|supreme court|attorney general|air force|coast guard"
)
_DOTTED = regex.compile(
    r"(?<![\p{L}\p{N}.])(?:(?:\p{Lu}\p{Ll}?\.){1,5}\p{Lu}(?![\p{L}\p{N}])\.?|(?:\p{Lu}\p{Ll}?\.){2,5}(?!\p{L})"
    r"|(?:\p{Lu}\. ){1,4}\p{Lu}\.(?!\p{L})|(?:\p{Ll}\.){1,5}\p{Ll}(?![\p{L}\p{N}])\.?)"
)
_AMPERSAND = regex.compile(r"(?<![\p{L}\p{N}&])\p{Lu}{1,2}&\p{Lu}{1,2}(?![\p{L}\p{N}&])")
# "A-10" is one word and "COVID19" two, since some write "Covid" alone.
_CAPITALS_AND_NUMBER = regex.compile(
    r"(?<![\p{L}\p{N}-])(\p{Lu}[\p{Lu}ul]?)-(\p{Nd}{1,4}\p{Lu}?)(?![\p{L}\p{N}]|[.,:/-]\p{N})"
)
_WORD_AND_NUMBER = regex.compile(r"(?<![\p{L}\p{N}])(\p{L}{3,})([1-9]\p{Nd}{0,3})(?![\p{L}\p{N}])")
_LETTER_AND_DIGIT = regex.compile(r"\p{L}[1-9]")  # which few texts have, and is found faster
_PREFIX = regex.compile(r"(?<![\p{L}\p{N}-])([Cc]o|[Ee])-(?=\p{Ll}{2})")  # co-operation, e-mail; not Mujahedin-e-Khalq
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
    "b": 10**9, "t": 10**12, "mn": 10**6, "mln": 10**6, "bn": 10**9, "bln": 10**9, "tn": 10**12, "trn": 10**12,
}  # fmt: skip
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
_UNITS = "|".join(_NAMES[1:10])
_BELOW_HUNDRED = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_UNITS}))?|{'|'.join(_NAMES[:0:-1])})"
_CAPITALISED = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in [*_TENS, *_NAMES[:0:-1]])
_BIG = "hundred|thousand|million|billion|trillion"
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
# Only in small letters, or with a capital: looking for capitals too takes twice the time, and so does trying all of the
# words at letters with which none of them begins.
_SPELLED = regex.compile(
    r"\b(?=[Tt][ehw]|[Ff][io]|[Ss][ei]|[Ee][il]|[Oo]n|[Nn]i|[Aa] )(?<![.-])"
    rf"(?:(?P<tens>(?:{_CAPITALISED})(?<=ty)[ -])(?P<ordinal>{'|'.join(_ORDINALS)})|(?P<th>[Tt]welf|"
    rf"(?:{_CAPITALISED})(?<=[Tt]e?en|leven)|(?:[Tt]wen|[Tt]hir|[Ff]or|[Ff]if|[Ss]ix|[Ss]even|[Ee]igh|[Nn]ine)tie)th|"
    rf"(?:(?:{_CAPITALISED})(?:(?<=ty)[ -](?:{_UNITS}))?|[Aa](?= (?:{_BIG})\b))"
    rf"(?:[ -](?:{_BIG})(?: (?:and )?{_BELOW_HUNDRED}(?!\p{{L}}))?){{0,5}})\b"
)
_FEW = rf"(?:[Aa]|{_CAPITALISED}|\d{{1,3}})"
_HALF = regex.compile(rf"\b(?:[Hh]alf an? |(?P<few>{_FEW}) and a half )(?P<scale>{_BIG})\b")
_DOZEN = regex.compile(rf"\b(?P<half>[Hh]alf )?(?P<few>{_FEW}) dozen\b")
_ORDINAL = regex.compile(r"(?<![\p{L}\p{N}.,])(?:([4-9])th|(1)st|(2)nd|(3)rd)(?![\p{L}\p{N}])")
_FRACTION = regex.compile(r"(?<![\p{L}\p{N}.,/:-])(?:1/2|[12]/3|[13]/4)(?![\p{L}\p{N}/-]|[.,]\p{N})")
_FRACTIONS = {"1/2": "half", "1/3": "third", "2/3": "two thirds", "1/4": "quarter", "3/4": "three quarters"}
_GROUPED = regex.compile(
    r"(?<![\p{N}.,'’٬])(?<!\p{N} )\p{Nd}{1,3}(?:(?:,\p{Nd}{3})+|(?:[ '’٬]\p{Nd}{3})+|(?:\.\p{Nd}{3}){2,})"
    r"(?![\p{N}]|[,'’٬]\p{N})"
)
_DECIMAL = regex.compile(r"(?<![\p{N}.,])(\p{Nd}+)[.٫](\p{Nd}+)(?![\p{N}]|\.\p{N})")
_COMMA = regex.compile(
    r"(?<![\p{N}.,])(\p{Nd}{1,3}),(?=\p{Nd}{1,2}\s?(?:%|(?:per ?cent|pct|million|billion|trillion|bn|mn)\b))"
)
_SIGN = r"(?:US|AU|CA|NZ|HK|[AC])?(?<money>[$£€¥])"
_SCALED = regex.compile(
    rf"(?i)(?<![\p{{L}}\p{{N}}.,])(?:{_SIGN}\s?)?(?<number>\p{{Nd}}{{1,15}}(?:\.\p{{Nd}}{{1,9}})?)"
    r"(?:[ -]?(?<scale>hundred|thousand|million|billion|trillion|bl?n|trn|tn|ml?n)|(?<short>[kmbt]))(?![\p{L}\p{N}])"
)
_PRICE = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}])(?:{_SIGN}\s?(?<number>\p{{Nd}}+(?:\.\p{{Nd}}+)?)|(?<number>\p{{Nd}}+(?:\.\p{{Nd}}+)?)\s?"
    r"(?<money>€))(?![\p{L}\p{N}])"
)
_PERCENT = regex.compile(r"(\d)(?:\s?%| (?:per cent|pct)\b)")
_LONE_DIGIT = regex.compile(r"(?<![\p{L}\p{N}.,:/'’$£€]|[^\s(]-)[2-9](?![\p{L}\p{N}]|[.,:/'’-]\p{N})")
_DIGITS = regex.compile(r"[^\P{Nd}0-9]")

# Writing without spaces; a run of it becomes overlapping pairs.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー々〆]+|[\p{Thai}\p{Lao}]+|\p{Hangul}+")
_COUNTED = regex.compile(r"(?<=\p{Nd})([年月日号號人名円元度回個个歳岁년월일명원])")  # words by themselves: 2023年
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
    text = unicodedata.normalize("NFKC", _AND_HALF.sub(lambda m: _HALVES[m.group()], text))
    if "ئ" in text:
        text = _HAMZA_ON_ALEF.sub("ا", _HAMZA_ON_WAW.sub("و", text))
    if _HAS_LETTERS.search(text):
        text = text.translate(_LETTERS)
    text = _DIGITS.sub(lambda m: str(unicodedata.digit(m.group(), m.group())), _POINTS.sub("", text))
    text = _DASHED.sub("-", text)
    if regex.search(r"\p{Greek}", text):
        text = unicodedata.normalize("NFC", _GREEK_ACCENT.sub("", unicodedata.normalize("NFD", text)))
    if regex.search(r"\p{Arabic}", text):
        text = _AFFIX.sub(r"\1 ", text)
        text = _JOINED.sub(lambda m: f"{m.group()} {m.group().replace(ZERO_WIDTH_NON_JOINER, '')}", text)
    return _UNSPACED.sub(_pairs, _COUNTED.sub(r" \1 ", text))


def _pairs(run: regex.Match[str]) -> str:
    letters = _LETTER.findall(_TONES.sub("", run.group()))
    return f" {' '.join(''.join(letters[i : i + 2]) for i in range(max(1, len(letters) - 1)))} "


def _acronyms(text: str) -> str:
    """Return a text without the points of acronyms; those that are words too become words of their own."""
    if "." in text:
        text = _DOTTED.sub(lambda m: _acronym(m.group().replace(".", "").replace(" ", "")), text)
    if "&" in text:
        text = _AMPERSAND.sub(lambda m: m.group().replace("&", "and"), text)
    if "-" in text:
        text = _PREFIX.sub(r"\1", text)
    text = _IN_LOWER_CASE.sub(lambda m: _acronym(m.group().upper()), text)
    if _CAPITALS.search(text):
        text = "".join(line if _is_loud(line) else _CAPITALS.sub(r"\g<0>0", line) for line in text.splitlines(True))
    return text


def _acronym(letters: str) -> str:
    return f"{letters.upper()}0" if letters.upper() in ACRONYMS else letters


def _is_loud(line: str) -> bool:
    return line.isupper() and len(line.split()) > _LOUD_WORDS


def _numbers(text: str) -> str:
    """Return a text in which a number is digits alone, with "p" for the point, and percent one word."""
    if "alf" in text:
        text = _HALF.sub(_half, text)
    if "dozen" in text:
        text = _DOZEN.sub(_dozen, text)
    text = _SPELLED.sub(_spelled, text)
    if not regex.search(r"\d", text):
        return text
    text = _CAPITALS_AND_NUMBER.sub(r"\1\2", text)
    if _LETTER_AND_DIGIT.search(text):
        text = _WORD_AND_NUMBER.sub(r"\1 \2", text)
    text = _GROUPED.sub(lambda m: regex.sub(r"[^\d]", "", m.group()), text)
    text = _SCALED.sub(_scaled, _COMMA.sub(r"\1.", text))
    text = _PRICE.sub(lambda m: f"{m['number']} {_CURRENCIES.get(m['money'], '')}", text)
    text = _PERCENT.sub(r"\1 percent", text)
    text = _DECIMAL.sub(lambda m: _number(m.group(1), m.group(2)), text)
    if "/" in text:
        text = _FRACTION.sub(lambda m: _FRACTIONS[m.group()], text)
    text = _ORDINAL.sub(lambda m: _ORDINALS[int(m.group()[0]) - 1], text)
    return _LONE_DIGIT.sub(lambda m: _NAMES[int(m.group())], text)


def _half(found: regex.Match[str]) -> str:
    scale = _SCALES[found["scale"]]
    return str(_few(found["few"]) * scale + scale // 2)


def _dozen(found: regex.Match[str]) -> str:
    return str(_few(found["few"]) * (6 if found["half"] else 12))


def _few(words: str | None) -> int:
    """Return the number in front of "and a half" or "dozen"; 0 for none, as in "half a million"."""
    if words is None or words.isdecimal():
        return int(words or 0)
    return 1 if words in ("a", "A") else cardinal(words.lower()) or 0


def _number(whole: str, fraction: str) -> str:
    fraction = fraction.rstrip("0")
    return f"{whole}p{fraction}" if fraction else whole


def _scaled(found: regex.Match[str]) -> str:
    scale = (found["scale"] or found["short"]).lower()
    if not found["money"] and found["short"] and found["short"] not in "kKM":
        return found.group()  # metres, or a letter after a number
    whole, _, fraction = found["number"].partition(".")
    units = int(whole + fraction) * _SCALES[scale]
    number = str(units // 10 ** len(fraction))
    rest = str(units % 10 ** len(fraction)).rjust(len(fraction), "0") if fraction else ""
    return f" {_number(number, rest)} {_CURRENCIES.get(found['money'], '')}".rstrip()


def _spelled(found: regex.Match[str]) -> str:
    """Return a number in words as digits; below ten it stays a word, since "one" is seldom a number."""
    if found["ordinal"]:
        place = _ORDINALS.index(found["ordinal"]) + 1
        suffix = {1: "st", 2: "nd", 3: "rd"}.get(place, "th")
        return f"{(cardinal(found['tens'].rstrip(' -').lower()) or 0) + place}{suffix}"
    if found["th"]:
        root = found["th"].lower()
        word = "twelve" if root == "twelf" else f"{root.removesuffix('ie')}y" if root.endswith("tie") else root
        return f"{cardinal(word)}th"
    words = found.group().lower()
    words = regex.sub(r"^a ", "one ", words)
    words, trillions, rest = words.partition(" trillion")  # which text2num does not know
    number = 0 if rest else (cardinal(words) or 0) * (_SCALES["trillion"] if trillions else 1)
    return str(number) if number >= 10 else found.group()
