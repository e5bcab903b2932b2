"""Find the authors and the original outlet that a text itself shows, with the evidence.

Readers call this for each article that they read. Evidence is tried from the strongest to the weakest (see
`_evidence`), and what decided is kept in words. Unknown is an answer: a text that cites an outlet ("X reported") is not
by that outlet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import find_date
from rag.provenance.outlet import key

# Lines from each end of a text in which credits are looked for: of 23 real articles and 53 written for the purpose,
# none has one further in. A line longer than a credit's longest form is a paragraph.
EDGE_LINES = 4
MAX_CREDIT_CHARS = 160
MAX_TELL_CHARS = 13  # characters of "tells the ", its spaces up to three wide
# Characters of a text in which interviews are looked for; each million takes 1.6 s at worst.
MAX_INTERVIEW_CHARS = 1_000_000
MAX_BRIEF_CHARS = (
    800  # a text so short depends on the one informant whom it quotes; seen on one real brief, not measured
)

_PARTICLE = r"(?:de|del|della|der|den|di|da|do|dos|du|la|le|van|von|zu|bin|bint|ibn|ben|al|el|abu|ter|ten|y|e)"
_WORD = r"\p{Lu}[\p{L}\p{M}'’.-]*+"
NAME = rf"{_WORD}(?:[ \u00a0]+(?:{_PARTICLE}[ \u00a0-]+){{0,2}}{_WORD}){{1,3}}+"
_AND = r"(?:and|&|et|und|y|e)"
NAMES = rf"{NAME}(?:(?:\s*,\s*(?:{_AND}\s+)?|\s+{_AND}\s+){NAME})*+"

_NAMES_ALONE = regex.compile(rf"(?!(?i:by)\s){NAMES}")
_BETWEEN_NAMES = regex.compile(rf"\s*,\s*(?:{_AND}\s+)?|\s+{_AND}\s+")
_SIGNED_WITH = regex.compile(rf"\s+(?:{_AND}|avec|with|mit|con)\s+|\s*[,/+]\s*")
_JOINS = regex.compile(r"\w|&")
_INITIAL_LAST = regex.compile(r"\s\p{Lu}$")
_PART_END = regex.compile(r"\s*[,|/()·•;]\s*|\s+[–—-]\s+|\s+(?:for|of)\s+")
_SECTION = regex.compile(r"(?:[Pp]osted\s+)?in\s")
_IN = regex.compile(r"(?:^|\s)in\s+")
_ANY_URL = regex.compile(r"(?:https?://|www\.)\S+")
_DOTTED = regex.compile(r"\w\.\p{Ll}{2,}")
_NOT_IN_NAME = regex.compile(r"[@:\[\]<>{}]|\d{4}")
_BY = regex.compile(
    r"^[\s(\[*_—–-]*(?:(?i:(?:(?:written|reported|posted|published|submitted|article|story|text|words|interview|opinion|"
    r"analysis|report|guest\s+post)\s+)?by|authors?)\b\s*:?|(?i:geschrieben\s+)?(?:Par|par|Por|por|Von|von)\b)\s*"
)
_BY_WORD = regex.compile(r"\b(?:by|authors?|par|por|von)\b", regex.I)
_BY_WITHIN = regex.compile(
    r"[|/·•][\s,]*(?i:(?:written|posted|submitted)\s+)?(?:(?i:by)|[Vv]on|VON|[Pp]ar|PAR|[Pp]or|POR)\s+"
)
_NEXT_NAME = regex.compile(
    rf"\s*(?P<name>{NAME})\s*(?P<joint>,\s*(?:{_AND}\s+)?|{_AND}\s+|$|(?=[|/—–(<@:·•-]|(?:in|at|for|from|of|with|on|à)\s))"
)
_SIGNATURE = regex.compile(rf"^[\s—–-]*(?P<names>{NAME}(?:\s+{_AND}\s+{NAME})?\s*(?:,[^,.!?]{{2,40}}){{0,2}},?)\s*$")
_CREDIT = regex.compile(
    r"^\W*(?i:(?:original\s+)?(?:source|via|credit|courtesy\s+of|from)\s*[:–—-]\s*|"
    r"(?:this\s+\w+\s+)?(?:was\s+|has\s+been\s+)?(?:first|originally|previously)?\s*"
    r"(?:(?:published|appeared|posted|printed)\s+(?:first\s+|originally\s+)?(?:in|by|on|at|from|with)|"
    r"(?:re)(?:published|posted|printed)\s+(?:here\s+)?(?:from|courtesy\s+of|with\s+(?:the\s+)?(?:kind\s+)?permission\s+"
    r"(?:from|of|by)))\s+)"
    r"(?P<rest>\S.*)$"
)
_DATELINE = regex.compile(
    r"^(?:\p{Lu}[\p{L}\p{M}\d .,'’/-]{2,40}?\s*)?"
    r"(?:\((?P<outlet>[\p{L}\d .'-]{2,30})\)|(?<=\d),\s*(?P<outlet>\p{Lu}{2,8}))\s*[-–—]"
)
_CLOSING = regex.compile(r"[.!?…\"'”’»]\s*[(\[](?P<names>[\p{L} .,/&+-]{2,40})[)\]]\W*$")  # "... he said. (AFP)"
_AGENCIES = regex.compile(r"\s+(?:and|with|&)\s+(?:news\s+)?agencies\b", regex.I)  # "The Example with agencies"
_URL_LINE = regex.compile(
    r"^\W*(?P<label>(?i:source|link|url|read\s+more\s+at)\s*:?\s*)?(?P<url>(?:https?://|www\.)\S+)\W*$"
)
_PRODUCTION = regex.compile(
    rf"(?P<role>(?i:additional\s+reporting|reporting|writing|written|compiled|editing|edited))\s+by\s+(?P<names>{NAMES})"
)
_WEEKDAY = regex.compile(r"\W*\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\W*$")
_STAFF = regex.compile(
    r"(?:\s++(?:staff|wire|newsroom|newsdesk|team|reporters?|writers?|correspondents?)++)++\W*+$", regex.I
)
_BIOGRAPHY = regex.compile(
    rf"(?P<name>{NAME}) (?:is|writes) (?P<what>[^.]{{0,120}}?\b(?i:editor|columnist|column|writer|correspondent|"
    r"reporter|contributor|journalist)\b[^.]{0,80}?\b(?:for|at|of|with|in)\b\s+)(?P<rest>[^\n]{3,80})"
)
_TELLS = regex.compile(r"\b(?:told|tells)\s+(?:the\s+)?$")
_ROLE = regex.compile(
    r"\b(?i:correspondent|editors?|staff|writer|reporter|analyst|columnist|contributor|bureau|desk|professor|fellow|"
    r"director|author|producer|guest|special|freelance|chief|president|ph\.?d|dr|spokes\w+|admin(?:istrator)?)\b"
)
_PAPER = regex.compile(
    r"\b(?:Times|Post|News|Herald|Daily|Tribune|Journal|Gazette|Magazine|Press|Agency|Review|Observer|Chronicle|"
    r"TV|Radio|Today|Weekly|Monitor|Telegraph|Courier|Examiner|Independent|Register|Standard|Mail|Mirror|Broadcasting|"
    r"Wire|Network|Dispatch|Ledger|Sentinel|Star|Sun|Globe|Quarterly|Bulletin|Report|Gazeta|Dziennik|Zeitung|Anzeiger|"
    r"Rundschau|Diario|Giornale|Corriere|Presse|Agence|Agencia|Agenzia)\b|\.(?:com|org|net|info|ir|tv|eu)\b"
)


# Words that begin a page's own labels and buttons ("Text Size", "MORE ABOUT", "Teilen Twittern"), and no name.
_TEMPLATE_WORD = regex.compile(
    r"(?i:text|font|share|sharing|tweet|print|e-?mail|follow|subscribe|more|most|read|watch|listen|related|recommended|"
    r"popular|trending|latest|top|breaking|also|see|view|show|click|photos?|images?|pictures?|videos?|gallery|galleries|"
    r"credits?|comments?|tags?|topics?|newsletters?|about|contact|privacy|cookies?|terms|home|menu|search|log|sign|"
    r"next|previous|back|advertisements?|sponsored|download|copy|save|report|bookmark|live|editor['’]?s|teilen|twittern|"
    r"tweeten|senden|drucken|merken|kopieren|mehr|lesen|auch|weitere|kommentare?|anzeige|foto|fotos|bild|bilder|quelle|"
    r"partager|imprimer|envoyer|suivre|lire|aussi|plus|voir|publicité|compartir|imprimir|enviar|leer|también|más|ver|"
    r"publicidad|condividi|stampa|invia|leggi|anche|altro|pubblicità|partilhar|compartilhar|leia|mais|delen|afdrukken|"
    r"lees|meer|udostępnij|drukuj|czytaj|więcej|reklama|поделиться|печать|читайте|подробнее|paylaş|yazdır)\b"
)
_CONTACT = regex.compile(r"\S*@\S*|(?i:\b(?:tel|fax|phone|telefon|mobile?)\b[.:]?)|\+?\(?\d[\d /().–—-]{5,}\d")
_PICTURE = regex.compile(
    r"^\W*(?i:(?:file\s+)?photo|image|picture|foto|bild|photographie|illustration|handout|grafik|graphic)\b|"
    r"^\W*(?i:credits?)\s+\p{Lu}|\bGetty\b|\b(?i:shutterstock|istock|alamy|file\s+photo|ap\s+photo)\b|"
    r"^\W*(?:\p{Lu}[\p{L}.'’-]+\s+){1,3}\p{Lu}[\p{L}.'’-]+\s?/\s?\p{Lu}|^\W*\p{Lu}{2,}\s?/\s?\p{Lu}"
)
_NOBODY = regex.compile(  # what a credit names that is no outlet
    r"\W*(?i:(?:news|wire|press|the|various|several|other|local|foreign|international|own|social|nachrichten)?\s*"
    r"(?:agenc(?:y|ies)|agenzie|agencias|agências|agences|agenturen|agencje|wires?|services|sources?|media|"
    r"press\s+releases?|internet|reports?|correspondents?|news))\W*"
)
_NOT_DATELINE = {
    "USA",
    "UPDATE",
    "UPDATED",
    "LIVE",
    "VIDEO",
    "PHOTOS",
    "PHD",
    "MBA",
    "EDT",
    "EST",
    "GMT",
    "UTC",
    "CET",
    "PDF",
}


@dataclass(frozen=True)
class Attribution:
    """What a text shows of its origin.

    Attributes:
        authors: in the order printed.
        outlet: the original outlet, or None.
        outlet_basis: the evidence for it (see `Article.outlet_basis`).
    """

    authors: tuple[str, ...] = ()
    outlet: str | None = None
    outlet_basis: str = "unknown"


def byline(line: str) -> tuple[str, ...]:
    """Return the authors that a line such as "By Jane Roe and John Doe, The Example" names; () if it is no byline.

    The byline may follow a date or be among other details ("2 May 2012 | by Jane Roe | 3 comments").
    """
    return next((people for people, _ in _signed(line) if people), ())


def names_only(line: str) -> tuple[str, ...]:
    """Return the persons of a line that has nothing else ("Jane Roe and John Doe"); () for any other line."""
    bare = line.strip()
    if len(bare) > MAX_CREDIT_CHARS or not _NAMES_ALONE.fullmatch(bare):
        return ()
    if _PAPER.search(bare.title() if bare.isupper() else bare) or _ROLE.search(bare) or _TEMPLATE_WORD.match(bare):
        return ()
    return _split_names(bare)


def attribute(head: Iterable[str], text: Iterable[str], catalogue: Catalogue, host: str | None = None) -> Attribution:
    """Return what an article shows of its authors and outlet.

    Args:
        head: the byline and date lines around the text, which are no part of it.
        text: the lines of the text.
        catalogue: the outlets known by name.
        host: the site that the text was taken from, or None.
    """
    head = [line.strip() for line in head if line.strip()]
    text = [line.strip() for line in text if line.strip()]
    authors = _authors(head, text, catalogue)
    outlet, basis = next(_evidence(head, text, authors, catalogue, host), (None, "unknown"))
    return Attribution(authors, outlet, basis)


def _evidence(
    head: list[str], text: list[str], authors: tuple[str, ...], catalogue: Catalogue, host: str | None
) -> Iterator[tuple[str, str]]:
    """Yield (outlet, basis) for each piece of evidence, from the strongest to the weakest."""
    edges = [*head, *_edges(text)]
    informed, is_interview = _informed(text, catalogue)

    for line in edges:  # an author signs for the outlet, or the text is credited to it
        yield from _credited(line, catalogue, host)
    for n, line in enumerate(text[:EDGE_LINES]):  # a caption or a date may be above it
        yield from _dateline(line, catalogue, known=n > 0)
    yield from _closing(text[-1] if text else "", catalogue)
    for line in text[-EDGE_LINES:]:  # the URL that a copy was taken from
        if match := _URL_LINE.match(line[:2000]):  # an unknown one without a label may lead anywhere
            known = catalogue.of_url(match["url"])
            if name := known or (domain(match["url"]) if match["label"] else None):
                yield name, f"url: {match['url']}"
    if informed and _production(text):  # "(Editing by ...)" is how agencies close; the one spoken to is the agency
        yield informed[0], f"production credit and {informed[1]}"
    for line in text[-EDGE_LINES:]:
        yield from _biography(line, authors, catalogue)
    if informed and is_interview:
        yield informed
    if host:
        yield host, f"host page: {host}"


def _dateline(line: str, catalogue: Catalogue, known: bool) -> Iterator[tuple[str, str]]:
    """Yield the agency of "TIRANA (Reuters) -" or "Tehran, May 3, IRNA -", if `known` only one of the catalogue."""
    if not (dateline := _DATELINE.match(line[:MAX_CREDIT_CHARS])):
        return
    printed = dateline["outlet"]
    unknown = printed.isupper() and len(printed) > 2 and printed not in _NOT_DATELINE and not line.startswith("(")
    if name := catalogue.resolve_printed(printed) or (printed if unknown and not known else None):
        yield name, f"dateline: {dateline.group()}"


def _closing(line: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield the agency in the brackets that close a text: "... he said. (AFP)"."""
    if match := _CLOSING.search(line[-80:]):
        names = (catalogue.resolve_printed(part.strip()) for part in regex.split(r"[,/&+]|\band\b", match["names"]))
        agencies = (name for name in names if name and catalogue.kind(name) == "news agency")
        if name := next(agencies, None):
            yield name, f"credit line: ({match['names']})"


def _edges(text: list[str]) -> list[str]:
    return text if len(text) <= 2 * EDGE_LINES else [*text[:EDGE_LINES], *text[-EDGE_LINES:]]


def _credited(line: str, catalogue: Catalogue, host: str | None) -> Iterator[tuple[str, str]]:
    """Yield the outlet of a byline ("By Jane Roe, The Example"), a signature or a credit ("Source: The Example").

    Of several that sign together ("Par Le Figaro et AFP") it is the host, if it is one of them, or else the first.
    """
    if len(line) > MAX_CREDIT_CHARS or _PICTURE.search(line):
        return
    parts = list(_signed(line, catalogue))
    signed = [(people, rest) for people, rest in parts if people]
    people, rest = signed[0] if signed else _people(line, catalogue)
    credit = _CREDIT.match(line)
    if signed:
        kind, outlet = "byline", _outlet_in(rest, catalogue)
    elif by := next((name for _, rest in parts if (name := staff(rest, catalogue))), None):
        kind, outlet = "byline", by
    elif credit:
        kind, outlet = "credit line", _outlet_in(credit["rest"], catalogue)
    elif (
        people and len(line) < 100 and not rest.startswith(":")
    ):  # without a "By", an outlet counts only as a whole part of the line
        kind, outlet = "byline", _outlet_in(rest, catalogue, whole=True)
    else:
        kind, outlet = "credit line", None
    outlet = outlet or catalogue.resolve_printed(line)
    if outlet and host and _signs_too(host, outlet, line):
        outlet = host
    if outlet and not _NOBODY.fullmatch(outlet):
        yield outlet, f"{kind}: {line}"


def _signs_too(host: str, outlet: str, line: str) -> bool:
    """Return whether the host signs a line together with another outlet ("Par Le Figaro et AFP")."""
    printed = regex.search(rf"(?<!\w){regex.escape(host)}(?!\w)", line, regex.I)
    return bool(printed) and key(host) not in key(outlet)


def staff(text: str, catalogue: Catalogue) -> str | None:
    """Return the outlet that signs by its own name ("Reuters staff"), the first of several, or None."""
    if len(text) > MAX_CREDIT_CHARS:
        return None
    parts = _SIGNED_WITH.split(text.strip(), maxsplit=1)
    return next(
        (name for part in (text.strip(), parts[0]) if (name := catalogue.resolve_printed(_STAFF.sub("", part)))), None
    )


def _informed(text: list[str], catalogue: Catalogue) -> tuple[tuple[str, str] | None, bool]:
    """Return the one outlet that speakers informed, with the words, and whether the text is an interview with it.

    It is one if the text names no other outlet and says so twice, or is no longer than a brief. Of real articles that
    say so twice 91% are by that outlet, of those that say so once 60%: those merely cite the outlet.
    """
    whole = "\n".join(text)
    if len(whole) > MAX_INTERVIEW_CHARS:
        return None, False
    named, spoken = set(), []
    for start, end, name in catalogue.find(whole):
        named.add(name)
        if verb := _TELLS.search(whole, max(0, start - MAX_TELL_CHARS), start):
            spoken.append((name, verb.group() + whole[start:end]))
    if len({name for name, _ in spoken}) != 1:
        return None, False
    return spoken[0], len(named) == 1 and (len(spoken) > 1 or len(whole) <= MAX_BRIEF_CHARS)


def _production(text: list[str]) -> list[regex.Match[str]]:
    """Return the credits that agencies print last: "(Reporting by Jane Roe; Editing by John Doe)"."""
    return list(_PRODUCTION.finditer("\n".join(text)[-400:]))


def _biography(line: str, authors: tuple[str, ...], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield the outlet that a closing "NAME is a columnist for X" gives as the author's present one."""
    match = _BIOGRAPHY.match(line[:400])
    if not match or "former" in match["what"] or (authors and match["name"] not in authors):
        return
    found = next(catalogue.find(match["rest"], credit=True), None)
    if found and found[0] <= len("the "):
        words = line[match.end("name") + 1 : match.start("rest") + found[1]]
        yield found[2], f"biography: {match['name']} {words}"


def _authors(head: list[str], text: list[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the authors by the first of these that names any: bylines, a name above the text, credits, a signature."""
    edges = _edges(text)
    for line in [*head, *edges]:
        if people := next((people for people, _ in _signed(line, catalogue) if people), ()):
            return people
    for line in head:
        if (people := names_only(line)) and not catalogue.resolve_printed(line):
            return people
    for line in edges:
        people, rest = _people(line, catalogue) if len(line) < 100 else ((), "")  # quadratic in its length
        if people and _outlet_in(rest, catalogue, whole=True) and not _CREDIT.match(line):
            return people
    credits = [m for m in _production(text) if not m["role"].casefold().startswith("edit")]
    credits.sort(key=lambda m: ("writ", "repo", "comp", "addi").index(m["role"].casefold()[:4]))
    if names := [name for m in credits for name in _split_names(m["names"])]:
        return tuple(dict.fromkeys(names))
    return _signature(text, catalogue)


def _signature(text: list[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the name that closes a text ("Jane Roe", "-- Jane Roe, Vienna"), unless the text mentions it earlier."""
    if len(text) < 2 or len(text[-1]) > MAX_CREDIT_CHARS or not (match := _SIGNATURE.match(text[-1])):
        return ()
    if _TEMPLATE_WORD.match(match["names"]):
        return ()
    people, _ = _people(match["names"], catalogue)
    earlier = "\n".join(text[:-1])
    return () if any(name in earlier for name in people) else people


def _signed(line: str, catalogue: Catalogue | None = None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (persons, what follows them) for each part of a line that begins like a byline, without its date."""
    bare = line.strip()
    if len(bare) > MAX_CREDIT_CHARS or not _BY_WORD.search(bare):
        return
    if dated := find_date(bare):
        bare = f"{_WEEKDAY.sub('', bare[: dated[0]])} | {bare[dated[1] :]}"
    if match := _BY.match(bare):
        yield _people(bare[match.end() :], catalogue)
    for match in _BY_WITHIN.finditer(bare):
        yield _people(bare[match.end() :], catalogue)


def _people(text: str, catalogue: Catalogue | None = None) -> tuple[tuple[str, ...], str]:
    """Return the persons that `text` begins with, and the rest of it ("Special Correspondent", an outlet).

    Names separated by commas alone are a person and where that person writes, unless an "and" closes the list.
    """
    names: list[str] = []
    joints: list[str] = []
    rests = [text]
    while match := _NEXT_NAME.match(rests[-1]):
        name = _bare(match["name"])
        if (catalogue and catalogue.resolve_printed(name)) or _ROLE.search(name) or _PAPER.search(name):
            break
        person, outlet = split_off_outlet(name, catalogue)
        names.append(person)
        joints.append("" if outlet else match["joint"])
        rests.append(outlet + rests[-1][match.end() :])
        if not joints[-1]:
            break
    ands = [i for i, joint in enumerate(joints) if _JOINS.search(joint)]
    count = min(len(names), ands[-1] + 2) if ands else min(len(names), 1)
    return tuple(names[:count]), rests[count]


def split_off_outlet(name: str, catalogue: Catalogue | None) -> tuple[str, str]:
    """Return a person's name and the outlet directly behind it ("Jane Roe CNN"), which is "" if there is none."""
    words = name.split(" ") if len(name) <= MAX_CREDIT_CHARS else []
    for end in range(2, len(words)):
        if catalogue and catalogue.resolve_printed(outlet := " ".join(words[end:])):
            return " ".join(words[:end]), f"{outlet} "
    return name, ""


def _split_names(names: str) -> tuple[str, ...]:
    parts = _BETWEEN_NAMES.split(names)
    return tuple(name for part in parts if (name := _bare(part)))


def _bare(name: str) -> str:
    """Return a name without the points and commas around it; the point of a closing initial stays."""
    bare = name.strip(" ,.")
    return f"{bare}." if _INITIAL_LAST.search(bare) and f"{bare}." in name else bare


def _outlet_in(rest: str, catalogue: Catalogue, whole: bool = False) -> str | None:
    """Return the outlet named after a byline's author or a credit's verb: a catalogue name, or a part that reads like
    one.

    A catalogue name inside a part counts too ("Reuters Health"), and an unknown URL, unless only `whole` parts that
    name an outlet may count.
    """
    rest = _CONTACT.sub(" | ", _AGENCIES.sub("", rest))
    parts = [p.strip(" .,;:()[]·•–—-") for p in _PART_END.split(rest)]
    parts = [part for part in parts if part]
    sections = [part for part in parts if _SECTION.match(part)]  # "By Jane Roe, in World News"
    parts = [q for p in parts for q in (_IN.split(p) if p in sections else [p]) if q]
    for part in parts:
        if name := catalogue.resolve_printed(part):
            return name
    if match := _ANY_URL.search(rest):
        url = match.group().rstrip(")]}>.,;")
        return catalogue.of_url(url) or (None if whole else domain(url) or None)
    if not whole and (found := next(catalogue.find(rest, credit=True), None)):
        return found[2]
    within = {q for p in sections for q in _IN.split(p)}
    return next((p for p in parts if p not in within and _is_unknown_outlet(p)), None)


def _is_unknown_outlet(part: str) -> bool:
    """Return whether a part of a byline or credit reads like the name of an outlet that the catalogue does not have."""
    words = part.split()
    named = len(words) > 1 or _DOTTED.search(part)  # one word is a section: "News", "Press"
    return bool(
        named
        and len(words) <= 6
        and _PAPER.search(part)
        and not (_ROLE.search(part) or _NOBODY.fullmatch(part) or _NOT_IN_NAME.search(part))
    )
