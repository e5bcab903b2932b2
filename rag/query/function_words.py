"""Words that say how something is asked, not what is asked for, in languages other than English.

Those of the languages in Latin script are also what tells such a language from English. tantivy has lists of stop words
for most of these; `function_words.toml` adds the words of questions, which they lack. The list of English is in
`rag.stores.tantivy_index`.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

import tantivy

_TANTIVY = {
    "da": "danish", "de": "german", "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ru": "russian", "sv": "swedish",
}  # fmt: skip


@functools.cache
def word_lists(part: str) -> dict[str, str]:
    """Return a part of `function_words.toml`: "spaced", "unspaced" or "latin"."""
    text = resources.files("rag.query").joinpath("function_words.toml").read_text("utf-8")
    lists: dict[str, str] = tomllib.loads(text)[part]
    return lists


@functools.cache
def function_words(language: str) -> frozenset[str]:
    """Return the words of a language, by its ISO 639-1 code, in small letters; none for a language without a list."""
    return frozenset((word_lists("spaced") | word_lists("unspaced")).get(language, "").split())


def without_function_words(words: list[str], language: str) -> list[str]:
    """Return the words, in small letters, that say what is asked for."""
    own = function_words(language)
    rest = [word for word in words if word not in own]
    stop = _stop_words(language)
    return [word for word in rest if stop.analyze(word)] if stop else rest


@functools.cache
def _stop_words(language: str) -> tantivy.TextAnalyzer | None:
    """Return what leaves out the stop words that tantivy has for a language."""
    if language not in _TANTIVY:
        return None
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return words.filter(tantivy.Filter.stopword(_TANTIVY[language])).build()
