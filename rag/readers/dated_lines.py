"""Read lines that print a date: which day it is, whether it is one of publication, and what else the line says."""

from __future__ import annotations

import datetime as dt

import regex

from rag.provenance.attribution import byline
from rag.provenance.dates import find_date, find_dates

# What precedes a date, from the start of its line: in prose such words are about other texts.
PUBLICATION_LABEL = regex.compile(
    r"\W*(?:\([^()]{1,40}\)\s*)?(?:(?:(?:this|diese[rs]?|cet(?:te)?|este|questo)\s+\w+\s+(?:was|wurde|a\s+été|fue)\s+)?(?:(?:first|originally)\s+)?"
    r"(?:publish(?:ed)?|posted|publication|created|written|date|veröffentlich(?:t|ung)|publiziert|erstellt|geschrieben|"
    r"erschienen|eingestellt|gepostet|verfasst|gespeichert|submitted|soumis|online\s+seit|datum|publiée?|mis\s+en\s+ligne|publicad[oa]|fecha|pubblicato|gepubliceerd|geplaatst|opublikowano|"
    r"ajoutée?|rédigée?|écrite?|escrito|enviado|postado|inserito|scritto|geschreven|dodano|napisano|skrevet|"
    r"publicerad|julkaistu|дата|опубликован[оа]?|發布|发布)(?:\s+date)?"
    r"(?:\s+(?:by|von|par|por|di|door)\s+\p{L}[^|.]{1,60}?(?=\s(?:on|am|le|el|il|op)\s))?|diese[rs]?\s+(?:artikel|beitrag|eintrag)\s+wurde|"
    r"(?:(?:posted|written)\s+)?(?:by|von|par|por|di|door)\s+\p{Lu}[^|.]{1,60}?(?=\s(?:on|am|le|el|il|op)\s))"
    r"(?:\s+(?:on|at|the|am|vom|le|el|em|il|op|den|dnia))?[\s:：]*(?:\p{L}+,\s*)?",
    regex.I,
)
_WEEKDAY = (
    r"\b(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|"
    r"dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|"
    r"maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|"
    r"понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)\b"
)
_TIME = regex.compile(r"\b\d{1,2}\s?[:h]\s?\d{2}|\b\d{1,2}\s?[ap]\.?m\b", regex.I)
_DATE_COMPANIONS = regex.compile(
    rf"{_WEEKDAY}|"
    r"\b\d{1,2}\s?[:.h]\s?\d{2}(?::\d\d)?\s*(?:[ap]\.?\s?m\b\.?)?|\b[ap]\.?m\b|[|·•/]\s*(?:in|category|filed\s+under|tags?)\b.*|"
    r"\b(?:posted|publish(?:ed)?|publication|updated|last|modified|on|at|by|in|date|written|added|created|submitted|first|edited|time|"
    r"issued|releas(?:e|ed)|press|comments?|no|leave|a|reply|repl(?:y|ies)|responses?|views?|reads?|reading|"
    r"uhr|lesezeit|lesedauer|temps\s+de\s+lecture|(?:tempo\s+di|tiempo\s+de|tempo\s+de)\s+(?:lettura|lectura|leitura)|leestijd|"
    r"czas\s+czytania|läsid|ago|stand|aktualisiert|geändert|mis\s+à\s+jour|aggiornato|actualizado|atualizado|bijgewerkt|"
    r"heures?|minuti|minutos|minuten|min(?:ute)?s?|read|share|print|e-?mail|hits|gmt|utc|bst|[ecmp][sd]?t|cest|cet|irst|ist|hrs?|original(?:ly)?|"
    r"le|el|am|publié|publicado|veröffentlicht|mis|jour|à)\b|\d+|[\W_]+",
    regex.I,
)


# Words directly before a date that is not the text's publication: of a change, a registration, the release of a work.
_OTHER_DATE = regex.compile(
    r"(?:\b(?:last|zuletzt|dernière|última|ultimo)\W+)?\b(?:updat|modif|edited|chang|revis|review|amend|correct|geänder|"
    r"aktualisier|überarbeit|bearbeitet|mise?s?\s+[àa]\s+jour|actualis|actualiz|aggiorn|atualiz|bijgewerkt|"
    r"oppdater|uppdater|opdater|päivite|zaktualiz|aktualiz|обновл|изменен|güncel|تحديث|به‌?روز|更新|"
    r"regist|joined|member\s+since|mitglied\s+seit|inscri|angemeldet|iscritto|miembro|"
    r"(?<!press\s)releas|erscheinung|erscheint|im\s+handel|sortie|parution|estreno|lanzamiento|uscita|premier|"
    r"expire|valid\s+(?:until|through)|deadline|gültig|born|geboren|né[e]?\s+le|died|received|accepted|retrieved|"
    r"accessed|abgerufen|consulté)(?!\s*ago)[\p{L}\p{M}]*"
    r"(?:\s+(?:date|datum|time|at|on|am|le|el|il|em|den|the|vom|wird|est|in|for|to))*\s*[:.：]?\s*(?:\p{L}+,?\s+)?$",
    regex.I,
)


def is_other_date(line: str, start: int) -> bool:
    """Return whether the words before the date at `start` say that it is not one of publication."""
    return bool(_OTHER_DATE.search(line[max(0, start - 60) : start]))


# Where a time or a label was run together with the next word: "12:24Lesezeit", "7:55 AM UTCUpdated".
_GLUED = regex.compile(r"(?<=\d)(?=\p{Lu})|(?<=\p{Lu}{2})(?=\p{Lu}\p{Ll})|(?<=\p{Ll})(?=\p{Lu})")


# Where a year was run together with what follows: "April 20, 2017Categories", "20. April 201713. Juni".
_JOINED = regex.compile(r"(?<=(?<!\d)(?:19|20)\d\d)(?=\p{L}|\d{1,2}(?:[./-]|\s)\s?[\p{L}\d])")
_LABEL = regex.compile(r"\W*(?P<label>\p{L}[\p{L}\p{M} .’'-]{1,40}?)\s*:\s*(?=\S)")


def spread(line: str) -> str:
    """Return a line with a space where a year was run together with what follows it."""
    return str(_JOINED.sub(" ", line)) if "19" in line or "20" in line else line


def states_moment(line: str) -> bool:
    """Return whether a line has a date with a time of day, or two run together: of publication and of a change."""
    apart = spread(line)
    spans = find_dates(apart)
    return bool(spans) and (has_time(apart[spans[0][1] :][:15]) or (apart != line and len(spans) > 1))


def states_publication(line: str) -> bool:
    """Return whether a line has a date that can be one of publication."""
    line = spread(line)
    return any(not is_other_date(line, start) for start, _, _ in find_dates(line))


def publication_date(line: str) -> dt.date | None:
    """Return the date of publication of a line: the first that is not labelled as that of something else."""
    line = spread(line)
    return next((date for start, _, date in find_dates(line) if not is_other_date(line, start)), None)


def is_dated(bare: str) -> bool:
    """Return whether a line is a date, with at most an author, place, time, category or number of comments."""
    left = len(words_without_date(bare)) if find_date(spread(bare)) else 99
    sentence = left > 1 and regex.search(r"[.!?]$", bare) and not regex.search(r"[ap]\.m\.$", bare, regex.I)
    return left <= (6 if left < 99 and byline(bare) else 4) and not sentence


def words_without_date(bare: str) -> list[str]:
    """Return the words of a dated line without dates, times and the words of the template."""
    bare = spread(bare)
    spans = find_dates(bare)
    starts, ends = [0, *(end for _, end, _ in spans)], [*(start for start, _, _ in spans), len(bare)]
    without = " ".join(bare[start:end] for start, end in zip(starts, ends, strict=True))
    without = _GLUED.sub(" ", without)
    return str(_DATE_COMPANIONS.sub(" ", without)).split()


def is_labelled(line: str) -> bool:
    """Return whether a line begins with a label of publication and its date ("Published: May 4, 2016").

    A name may be run together with the label: "Author JanePosted on May 4, 2016".
    """
    line = spread(line)
    found = find_date(line)
    if not found or not found[0]:
        return False
    before = line[: found[0]].strip(" •◦▪*·–—-\t").rstrip("( ")[-100:]
    parts = (before, _GLUED.split(before)[-1])
    return any(part and PUBLICATION_LABEL.fullmatch(f"{part} ") for part in parts)


def has_unknown_label(line: str) -> bool:
    """Return whether a line begins with a label that does not say what its date is ("Edition: 1 (27 May 2013)")."""
    label = _LABEL.match(line[:100])
    if not label or regex.search(rf"{_WEEKDAY}|\bdat(?:e|um|a)\b", label["label"], regex.I):
        return False
    if is_other_date(line, label.end()):
        return False
    return not is_labelled(line) and not byline(line)


def has_weekday(line: str) -> bool:
    """Return whether a line names a day of the week."""
    return bool(regex.search(_WEEKDAY, line, regex.I))


def has_time(line: str) -> bool:
    """Return whether a line has a time of day."""
    return bool(_TIME.search(line))
