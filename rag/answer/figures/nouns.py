"""What a number counts: the noun phrase after it, and the word that it depends on."""

from __future__ import annotations

import regex

from rag.answer.figures.asked import Asked
from rag.answer.figures.sentence import NEAR, Sentence, is_boundary
from rag.answer.figures.values import Value
from rag.answer.figures.words import Token, same_nouns, stemmed, words

MAX_PHRASE = 10  # words in which the noun is looked for
MAX_TO_TOLL = 8  # words between "death toll" and its number
_BOTH = regex.compile(r"\b(?i:men and women|women and men)\b")


def noun_phrase(sentence: Sentence, value: Value) -> list[Token]:
    """Return the words of the noun phrase after a value: those before a verb, a preposition or a mark."""
    phrase: list[Token] = []
    others = {v.outer[0] for v in sentence.values}
    after = sentence.after(value)[: MAX_PHRASE + 1]
    partitive = False  # "12,000 of nearly 17,000 Iranians"
    for i, token in enumerate(after[:MAX_PHRASE]):
        following = after[i + 1].lower if i + 1 < len(after) else ""
        if token.start in others and (phrase or not partitive):
            break
        passed = token.text in "\"“”'‘’-" or token.text[0].isdigit()
        if phrase:  # "current, former and prospective workers"
            passed |= token.text == "," and following in ("former", "and")
            passed |= token.lower == "and" and phrase[-1].lower in ("current", "former", "men")
        elif partitive:
            passed |= token.lower in _OF_WHICH
        elif token.lower == "of":
            passed = partitive = True
        if passed:
            continue
        if not token.is_word or token.lower in words("phrase_ends") or (token.family and not token.is_plural):
            break
        phrase.append(token)
    return phrase


_OF_WHICH = ("the", "our", "their", "its", "these", "those", "nearly", "about", "more", "than")


def counted_noun(asked: Asked, sentence: Sentence, value: Value) -> str | None:
    """Return the noun that a number counts, if it is the one asked for.

    Returns:
        The noun; "" if the number has none; None if it counts something else.
    """
    phrase = noun_phrase(sentence, value)
    if not phrase or (asked.family and phrase[0].family == asked.family):
        return ""
    for i, token in enumerate(phrase):
        if _is_asked(asked, sentence, value, token, phrase[i + 1 :]):
            return token.lower
    return None if any(t.is_plural for t in phrase) else ""


def _is_asked(asked: Asked, sentence: Sentence, value: Value, token: Token, following: list[Token]) -> bool:
    """Whether a word of a noun phrase is the noun asked for, or one that may be in its place."""
    plural = token.is_plural or value.value == 1 or sentence.text[value.end : token.start] == "-"
    if token.stem in same_nouns(asked.noun):
        heads = [t for t in following if t.is_plural]
        nation = token.is_name and (not heads or heads[-1].stem in stemmed("agents"))
        return plural or nation or any(t.stem in stemmed("heads") for t in following[:1])
    if token.is_name and token.stem in asked.modifiers:
        return asked.noun in stemmed("called_people") | stemmed("groups")
    if asked.family == "injure" and token.lower in ("others", "more"):
        return True
    if asked.noun == "person" and token.lower in ("men", "women"):
        return bool(_BOTH.search(sentence.text, value.end, token.end + 12))
    if not plural:
        return False
    if asked.noun_is_name and token.stem == "person":
        return _same_matter(asked, sentence, value)
    if asked.noun not in stemmed("called_people"):
        return False
    if asked.noun == "person" or asked.is_harm:
        return token.stem in stemmed("people")
    return token.stem in ("person", "individual")


def _same_matter(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether "people" can be those of a nation that is asked for: the rest of the question is near the number."""
    rest = asked.content - asked.name_words - {asked.family}
    shared = rest & {t.key for t in sentence.surroundings(value)}
    return len(shared) * 2 >= len(rest) and len(rest) > (1 if asked.family else 0)


def governor(sentence: Sentence, value: Value) -> tuple[str, bool]:
    """Return the family of the word that a number depends on ("" for none), and whether it is next to it."""
    found, direct = _own_governor(sentence, value)
    return (found, direct) if found else (_coordinated(sentence, value), False)


def _own_governor(sentence: Sentence, value: Value) -> tuple[str, bool]:
    """Return what `governor` does, without regard to a number that this one is joined to."""
    before, after = sentence.before(value)[:NEAR], sentence.after(value)[:NEAR]
    left, direct = _left_governor(sentence, before)
    if direct:
        return left, True
    others = {v.outer[0] for v in sentence.values if v != value and not sentence.is_whole(v)}
    for place, token in enumerate(after):
        if token.start in others or is_boundary(token) or token.text in ",()" or token.lower == "and":
            break
        if token.lower in ("but", "while") and place > 5:
            break
        if token.family:
            return token.family, place <= 3
    return left, False


def _left_governor(sentence: Sentence, before: list[Token]) -> tuple[str, bool]:
    """Return the family of the last verb or noun before a number, and whether it is next to it."""
    bare = [t for t in before if t.lower not in words("qualifiers")]
    linked = bool(bare) and bare[0].stem in stemmed("links")  # "the toll rose to 59", "a toll of 59"
    linked |= len(bare) > 1 and bare[0].lower == "of" and bare[1].stem in stemmed("deaths")
    steps = 0
    for token in before:
        if sentence.is_in_value(token) or is_boundary(token) or token.text in ",()":
            break
        dash = token.text == "-" and sentence.text[token.start - 1].isspace()
        if dash or token.lower in words("conjunctions"):
            break
        if token.family:
            toll = token.stem in stemmed("deaths")
            return token.family, linked and steps <= MAX_TO_TOLL if toll else steps == 0
        if token.lower not in words("passed") and (steps or token.stem not in stemmed("links")):
            steps += 1
    return "", False


def _coordinated(sentence: Sentence, value: Value) -> str:
    """Return the family that the number before depends on, if both are joined: "killed 20 children and six adults"."""
    before = [v for v in sentence.values if v.end <= value.outer[0]]
    if not before:
        return ""
    between = [t for t in sentence.tokens if before[-1].outer[1] <= t.start and t.end <= value.outer[0]]
    if not 0 < len(between) <= 5 or between[-1].lower != "and":
        return ""
    plain = all(t.is_word and t.lower not in words("phrase_ends") for t in between[:-1])
    return _own_governor(sentence, before[-1])[0] if plain else ""
