"""A question -> the language it is in, where that is not English and is sure enough to matter.

The script is decided first, by its letters; it says enough for most languages that an encoder may not know. Questions
in Latin script are short, and names tell nothing, so another language than English is assumed only where its function
words are there and those of English are not, or where a model of letters is nearly certain. Of 5,184 questions in
English none is taken for another language (docs/measurements/languages.md).
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import regex

from rag.query.function_words import function_words, without_function_words, word_lists

ENGLISH = "en"
# Scripts that are distinguished, with the languages that are written in them, by ISO 639-1 code, the likeliest first.
SCRIPTS = {
    "Latin": (),
    "Cyrillic": ("ru", "uk", "bg", "be", "sr", "mk", "kk", "ky", "tg", "mn"),
    "Arabic": ("ar", "fa", "ur", "ps", "ku", "sd", "ug"),
    "Greek": ("el",),
    "Hebrew": ("he",),
    "Devanagari": ("hi", "mr", "ne"),
    "Bengali": ("bn", "as"),
    "Tamil": ("ta",), "Telugu": ("te",), "Gujarati": ("gu",), "Gurmukhi": ("pa",), "Kannada": ("kn",),
    "Malayalam": ("ml",), "Oriya": ("or",), "Sinhala": ("si",), "Thai": ("th",), "Lao": ("lo",), "Khmer": ("km",),
    "Myanmar": ("my",), "Ethiopic": ("am", "ti"), "Georgian": ("ka",), "Armenian": ("hy",), "Hangul": ("ko",),
    "Hiragana": ("ja",), "Katakana": ("ja",), "Han": ("zh", "ja"), "Tibetan": ("bo",),
}  # fmt: skip
NAMES = {
    "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "es": "Spanish", "et": "Estonian", "fi": "Finnish",
    "fr": "French", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "lt": "Lithuanian",
    "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sv": "Swedish", "tr": "Turkish", "vi": "Vietnamese",
    "el": "Greek", "he": "Hebrew", "th": "Thai", "lo": "Lao", "km": "Khmer", "my": "Burmese", "ka": "Georgian",
    "hy": "Armenian", "ko": "Korean", "ja": "Japanese", "ta": "Tamil", "te": "Telugu", "gu": "Gujarati",
    "pa": "Punjabi", "kn": "Kannada", "ml": "Malayalam", "or": "Odia", "si": "Sinhala", "bo": "Tibetan",
}  # fmt: skip
_SCRIPT_NAMES = {"Han": "Chinese characters", "Other": "the script of the question"}
# A model of letters must be so sure of another language than English, and the question have so many words: at 0.8 it
# is right about all of 5,184 questions in English, many of which hold names of other languages.
MIN_PROBABILITY, MIN_WORDS = 0.9, 3
MIN_OTHER_SCRIPT, MIN_BESIDE_ENGLISH = 0.25, 0.75  # shares of letters
_OF_LETTERS = ("en", "nn", *(code for code in NAMES if code not in {c for codes in SCRIPTS.values() for c in codes}))
_WORD = regex.compile(r"[\p{L}\p{M}]+")
# An address of a page or of mail, whose parts are no words.
_ADDRESS = regex.compile(r"\S*(?:@|://|www\.)\S*|\S+\.(?:com|org|net|ir|de|fr|es|it|nl|se|tv)\b\S*")
_SCRIPT = {script: regex.compile(rf"\p{{{script}}}") for script in SCRIPTS}


@dataclass(frozen=True)
class Language:
    """The language of a question, as far as it is known.

    Attributes:
        code: ISO 639-1 code of the likeliest language; "" for one that is not listed.
        script: the script it is written in, as Unicode names it.
        sure: whether the code is more than the likeliest one of the script.
    """

    code: str
    script: str
    sure: bool = True

    @property
    def name(self) -> str:
        """What to call it: "German"; where the script alone is known, "the Cyrillic script"."""
        if self.sure and self.code in NAMES:
            return NAMES[self.code]
        return _SCRIPT_NAMES.get(self.script, f"the {self.script} script")

    def is_known_to(self, languages: Set[str] | None) -> bool:
        """Return whether a model knows the language.

        Args:
            languages: ISO 639-1 codes of those that the model knows; None for all.
        """
        if languages is None:
            return True
        if self.sure:
            return self.code in languages
        return bool(languages & set(SCRIPTS.get(self.script, ())))


def detect(text: str) -> Language | None:
    """Return the language of a question; None if it is English, or may be.

    Args:
        text: the question.
    """
    script = main_script(text)
    if script is None:
        return None
    if script != "Latin":
        code, sure = _of_script(script, text)
        return Language(code, script, sure)
    code = _latin(text)
    return Language(code, script) if code else None


def main_script(text: str) -> str | None:
    """Return the script of a question; None if it has no letters.

    Names in it may be in Latin script, so that another script counts from MIN_OTHER_SCRIPT of the letters on, unless
    there are function words of English. Letters of writings without spaces count twice, since a word has few of them;
    "Other" is any script that is not listed.
    """
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else None
    counts: Counter[str] = Counter()
    for letter in unicodedata.normalize("NFKC", text):
        if letter.isalpha():
            script = _script_of(letter)
            counts[script] += 2 if script in ("Han", "Hiragana", "Katakana", "Hangul") else 1
    if not counts:
        return None
    if counts["Han"] and (kana := counts["Hiragana"] + counts["Katakana"]):
        counts["Hiragana"] += counts.pop("Han") + kana
    others = Counter({script: count for script, count in counts.items() if script != "Latin"})
    script, count = (*others.most_common(1), ("Latin", 0))[0]
    english = any(word.lower() in _latin_words("english") for word in _WORD.findall(text))
    enough = MIN_BESIDE_ENGLISH if english else MIN_OTHER_SCRIPT
    return script if count and count >= enough * counts.total() else "Latin"


@functools.lru_cache(4096)
def _script_of(letter: str) -> str:
    return next((script for script, letters in _SCRIPT.items() if letters.match(letter)), "Other")


def _of_script(script: str, text: str) -> tuple[str, bool]:
    """Return the likeliest language of a script, and whether it is sure."""
    codes = SCRIPTS.get(script, ())
    words = [word.lower() for word in _WORD.findall(unicodedata.normalize("NFKC", text))]
    held = {code: len(words) - len(without_function_words(words, code)) for code in codes}
    best = max(held, key=lambda code: held[code], default="")
    return best, len(codes) == 1


def _latin(text: str) -> str:
    """Return the language of a text in Latin script; "" if it is English, or may be."""
    words = [word.lower() for word in _WORD.findall(_ADDRESS.sub(" ", unicodedata.normalize("NFKC", text)))]
    if len(words) < 2 or any(word in _latin_words("english") for word in words):
        return ""
    silent = _latin_words("ambiguous") | (frozenset() if text.rstrip().endswith("?") else _latin_words("names"))
    telling = [word for word in words if word not in silent]
    held = {
        code: len(telling) - len(without_function_words(telling, code))
        for code in word_lists("spaced")
        if code in NAMES
    }
    best = max(held, key=lambda code: (held[code], len(words) - len(without_function_words(words, code))))
    function = len(words) - len(without_function_words(words, best))
    if held[best] and (function >= 2 or words[0] in function_words(best)):
        return best
    if text.isascii() and not held[best]:
        return ""  # names and key words tell nothing, and the model takes half a second to load
    found, probability = _by_letters(text)
    return found if probability >= MIN_PROBABILITY and len(words) >= MIN_WORDS and found in NAMES else ""


@functools.cache
def _latin_words(part: str) -> frozenset[str]:
    return frozenset(word_lists("latin")[part].split())


def _by_letters(text: str) -> tuple[str, float]:
    """Return the likeliest of the languages in Latin script, and its probability, by sequences of letters."""
    ranked = _identifier().rank(text)
    found, probability = ranked[0]
    return ("no" if found == "nn" else str(found)), (0.0 if found == ENGLISH else float(probability))


@functools.cache
def _identifier() -> Any:
    """Load py3langid's model, in half a second (130 MB of memory)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_OF_LETTERS)
    return identifier
