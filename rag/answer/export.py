"""Citation, Answer -> text to take elsewhere: Markdown, BibTeX, CSL-JSON.

Each form carries outlet, host, authors, date and whose date it is, title, address, the quotation word for word and the
day of access; what is not known is left out. A digest is marked as one. Whatever an article holds comes out as text:
never as markup, a command of TeX, a field or an entry. docs/taking-along.md has an example of each.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import regex

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.wording import DIGEST, NOTHING
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.text import is_web_url, json_text, one_line, sanitise

# Of an outlet's kind, the type that CSL (https://docs.citationstyles.org, "Appendix III") has for what it prints.
TYPES = {"newspaper": "article-newspaper", "magazine": "article-magazine"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")  # macros of BibTeX

# Braces stand as commands: BibTeX counts a brace also behind a backslash, and ends a field where they do not match.
# An @ stands by itself: some programs look for what begins an entry ("@article{") inside fields too.
_TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
        "@": "{@}",
    }
)  # fmt: skip
_LIGATURE = regex.compile(r"(?<=([-'`,<>]))(?=\1)|(?<=[!?])(?=`)")


def markdown(cited: Citation | Answer, accessed: dt.date, names: Catalogue | None = None) -> str:
    """The passage, with the sentences that answer in bold, between who said it and what it stands in."""
    return cited.to_markdown(accessed)


def bibtex(cited: Citation | Answer, accessed: dt.date, names: Catalogue | None = None) -> str:
    """An entry for each citation, for BibTeX and biblatex, in UTF-8; the quotation is its annotation (`annote`).

    Runs of white space are one space, as BibTeX itself takes them. Names stand as printed, not taken apart.
    """
    return "\n".join(_entry(c, accessed, names) for c in _citations(cited)) or f"% {NOTHING}\n"


def csl_json(cited: Citation | Answer, accessed: dt.date, names: Catalogue | None = None) -> str:
    """A list with an item for each citation (CSL 1.0.2); the quotation is its `abstract`, where managers keep it."""
    return json_text([_item(c, accessed, names) for c in _citations(cited)]) + "\n"


@dataclass(frozen=True)
class Form:
    """A form that a citation can be taken along in.

    Attributes:
        label: its name to show.
        suffix: of a file's name.
        media: its media type.
        write: Citation or Answer, day of access, catalogue of outlets -> text.
    """

    label: str
    suffix: str
    media: str
    write: Callable[[Citation | Answer, dt.date, Catalogue | None], str]


FORMS = {
    "markdown": Form("Markdown", ".md", "text/markdown", markdown),
    "bibtex": Form("BibTeX", ".bib", "application/x-bibtex", bibtex),
    "csl-json": Form("CSL-JSON", ".json", "application/vnd.citationstyles.csl+json", csl_json),
}


def key(citation: Citation) -> str:
    """What a citation is called in a bibliography: "reuters2009-1f2e3d4c5b6a"; the same for the same words, always.

    Small Latin letters, digits and one hyphen, and so fit to be a file's name.
    """
    of = unicodedata.normalize("NFKD", citation.outlet or citation.host or "unknown").lower()
    name = regex.sub(r"[^a-z0-9]+", "", of)[:24] or "outlet"
    parts = (citation.article_id, citation.start, citation.end, *citation.quote, citation.text)
    seen = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name}{citation.date.year if citation.date else ''}-{seen[:12]}"


def href(citation: Citation, form: str) -> str:
    """Where the app gives a citation in one of FORMS, from the app's own address on; `downloads.routes` answers."""
    spans = (citation.start, citation.end, *citation.quote)
    return "cite/{}?at={}-{}&quote={}-{}&key={}&as={}".format(
        quote(citation.article_id, safe=""), *spans, key(citation), form
    )


def _citations(cited: Citation | Answer) -> tuple[Citation, ...]:
    return cited.passages if isinstance(cited, Answer) else (cited,)


def _entry(citation: Citation, accessed: dt.date, names: Catalogue | None) -> str:
    """One entry of BibTeX."""
    kind = _type(citation, names)
    article = kind in TYPES.values()
    remarks = _remarks(citation)
    if citation.host and citation.host != citation.outlet:
        remarks.insert(0, f"Taken from {one_line(citation.host)}.")
    fields = {
        "author": " and ".join(f"{{{_tex(name)}}}" for name in citation.authors if name.strip()),
        "title": f"{{{_tex(citation.title)}}}" if citation.title else "",
        "journal" if article else "howpublished": _tex(citation.outlet or ""),
        "date": citation.date.isoformat() if citation.date else "",
        "year": str(citation.date.year) if citation.date else "",
        "month": MONTHS[citation.date.month - 1] if citation.date else "",
        "url": _address(citation.url) if is_web_url(citation.url) else "",
        "urldate": accessed.isoformat(),
        "note": _tex(" ".join(remarks)),
        "annote": _tex(citation.quotation),
    }
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n" for name, value in fields.items() if value]
    return f"@{'article' if article else 'misc'}{{{key(citation)},\n{''.join(lines)}}}\n"


def _item(citation: Citation, accessed: dt.date, names: Catalogue | None) -> dict[str, Any]:
    """One item of CSL-JSON.

    No `note` holds braces: citeproc-js takes "{:name: words}" in a note for a field.
    """
    fields = {
        "id": key(citation),
        "type": _type(citation, names),
        "title": citation.title,
        "container-title": citation.outlet,
        "author": [{"literal": name} for name in citation.authors],
        "issued": _parts(citation.date) if citation.date else None,
        "accessed": _parts(accessed),
        "URL": citation.url if is_web_url(citation.url) else None,
        "source": citation.host,
        "genre": "digest" if citation.kind == "digest" else None,
        "note": " ".join(_remarks(citation)).replace("{", "(").replace("}", ")"),
        "abstract": citation.quotation,
    }
    return {name: value for name, value in fields.items() if value}


def _type(citation: Citation, names: Catalogue | None) -> str:
    """The CSL type: of what the outlet is known to print, or else a web page where it has a site or an address."""
    known = (names or load_catalogue()).outlet(citation.outlet) if citation.outlet else None
    return TYPES.get((known and known.kind) or "", "webpage" if citation.url or citation.host else "article")


def _remarks(citation: Citation) -> list[str]:
    """Sentences on what has no field of its own."""
    remarks = [f"{DIGEST[0].upper()}{DIGEST[1:]}."] if citation.kind == "digest" else []
    if citation.date and citation.date_basis:
        remarks.append(f"Date: {one_line(citation.date_basis)}.")
    if citation.url and not is_web_url(citation.url):
        remarks.append(f"Address: {_address(citation.url)}")
    return remarks


def _parts(day: dt.date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _address(url: str | None) -> str:
    """An address for a field that TeX reads letter by letter; braces, spaces and the like as a web address has them."""
    return regex.sub(r"[\s{}\\^`\"<>|\p{C}]", lambda sign: quote(sign.group(), errors="replace"), url or "")


def _tex(text: str) -> str:
    """Words that TeX prints as they stand; an empty group keeps "--" from becoming a dash, "?`" a "¿"."""
    return _LIGATURE.sub("{}", sanitise(one_line(text)).translate(_TEX))
