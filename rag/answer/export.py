"""Export citations and answers as Markdown, BibTeX, CSL-JSON or RIS.

Each format has outlet, host, authors, date and whose date it is, title, URL, the quotation word for word and the date
of access; what is not known is left out. A digest is marked as one. Whatever an article holds is exported as text,
never as markup, a TeX command, a field or an entry. docs/citing.md has an example of each.
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
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import changes
from rag.answer.citation import Citation
from rag.answer.wording import DIGEST, notice, via, when
from rag.article import date_basis_label
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.text import is_web_url, json_text, one_line, sanitise

# The CSL type of what an outlet of a kind prints (https://docs.citationstyles.org, "Appendix III").
CSL_TYPES = {"newspaper": "article-newspaper", "magazine": "article-magazine"}
# The RIS type of each CSL type.
RIS_TYPES = {"article-newspaper": "NEWS", "article-magazine": "MGZN", "webpage": "ELEC", "article": "GEN"}
# Hex digits of a hash in a citation's key: 128 bits, as a link to a citation's file names an article's version by it.
KEY_DIGITS = 32
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")  # BibTeX's macros

# Braces become commands: BibTeX counts a brace after a backslash too, and ends a field where braces do not match. An @
# is set apart: some programs look for the start of an entry ("@article{") inside fields too.
_TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
        "@": "{@}",
    }
)  # fmt: skip
_LIGATURE = regex.compile(r"(?<=([-'`,<>]))(?=\1)|(?<=[!?])(?=`)")


def markdown(cited: Citation | Answer, accessed: dt.date, catalogue: Catalogue | None = None) -> str:
    """Return Markdown: who said it, the passage with the sentences that answer in bold, title and URL."""
    return cited.to_markdown(accessed)


def bibtex(cited: Citation | Answer, accessed: dt.date, catalogue: Catalogue | None = None) -> str:
    """Return a BibTeX or biblatex entry for each citation, in UTF-8; the quotation is its annotation (`annote`).

    Runs of white space become one space, as BibTeX itself reads them. Names are as printed, not split.
    """
    said = notice(cited) if isinstance(cited, Answer) else ""
    remark = [f"% {sanitise(one_line(said)).replace('@', ' ')}\n"] if said else []  # "@" begins an entry, even here
    return "\n".join([*remark, *(_entry(c, accessed, catalogue) for c in _citations(cited))])


def csl_json(cited: Citation | Answer, accessed: dt.date, catalogue: Catalogue | None = None) -> str:
    """Return a list with a CSL 1.0.2 item for each citation; the quotation is its `abstract`."""
    return json_text([csl_item(c, accessed, catalogue) for c in _citations(cited)]) + "\n"


def ris(cited: Citation | Answer, accessed: dt.date, catalogue: Catalogue | None = None) -> str:
    """Return a RIS record for each citation, in UTF-8; the quotation is its abstract (AB). For Zotero, EndNote, JabRef.

    Each field is one line, as a line that begins like "ER  -" would end the record. Names are as printed, not split.
    """
    return "".join(_record(c, accessed, catalogue) for c in _citations(cited))


def quotation_text(cited: Citation | Answer, accessed: dt.date, catalogue: Catalogue | None = None) -> str:
    """Return plain text to paste: the sentences that answer, in quotation marks, then outlet, date, title and URL."""
    return "\n".join(f"“{sanitise(c.quotation.strip())}”\n{_credit(c)}" for c in _citations(cited))


def passage_text(cited: Citation | Answer, accessed: dt.date, catalogue: Catalogue | None = None) -> str:
    """Return the same of the whole passage, the sentences that answer between asterisks; that is said to be added."""
    return "\n".join(_emphasised(c) for c in _citations(cited))


def _emphasised(citation: Citation) -> str:
    start, end = (edge - citation.start for edge in citation.quote)
    before, said, after = citation.text[:start], citation.text[start:end].strip(), citation.text[end:]
    if not (before + after).strip():
        return quotation_text(citation, dt.date.min)
    gap = citation.text[start + len(citation.text[start:end].rstrip()) : end]
    return f"“{sanitise(f'{before}*{said}*{gap}{after}'.strip())}”\n{_credit(citation, 'emphasis added')}"


def _credit(citation: Citation, remark: str = "") -> str:
    """Return a line that says where words are from: "The Post, via Example, 3 May 2022 (published), “Title”, URL"."""
    digest = "digest of " if citation.kind == "digest" else ""
    parts = [
        f"{digest}{citation.outlet or UNKNOWN_OUTLET}{via(citation)}", when(citation),
        f"“{citation.title}”" if citation.title else "", citation.url or "", remark,
    ]  # fmt: skip
    return f"{sanitise(one_line(', '.join(filter(None, parts))))}\n"


def csl_item(citation: Citation, accessed: dt.date, catalogue: Catalogue | None) -> dict[str, Any]:
    """Return a CSL 1.0.2 item for a citation; the quotation is its `abstract`.

    Its `note` has no braces: citeproc-js reads "{:name: words}" in a note as a field.
    """
    fields = {
        "id": key(citation),
        "type": _csl_type(citation, catalogue),
        "title": citation.title,
        "container-title": citation.outlet,
        "author": [{"literal": name} for name in citation.authors],
        "issued": _date_parts(citation.date) if citation.date else None,
        "accessed": _date_parts(accessed),
        "URL": citation.url if is_web_url(citation.url) else None,
        "source": citation.host,
        "genre": "digest" if citation.kind == "digest" else None,
        "note": " ".join(_remarks(citation)).replace("{", "(").replace("}", ")"),
        "abstract": citation.quotation,
    }
    return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True)
class Form:
    """A format that citations and answers can be exported in.

    Attributes:
        label: its name to show.
        suffix: of a file's name.
        media: its media type.
        write: Citation or Answer, date of access, catalogue of outlets -> text.
    """

    label: str
    suffix: str
    media: str
    write: Callable[[Citation | Answer, dt.date, Catalogue | None], str]


FORMS = {
    "markdown": Form("Markdown", ".md", "text/markdown", markdown),
    "bibtex": Form("BibTeX", ".bib", "application/x-bibtex", bibtex),
    "csl-json": Form("CSL-JSON", ".json", "application/vnd.citationstyles.csl+json", csl_json),
    "ris": Form("RIS", ".ris", "application/x-research-info-systems", ris),
}

# What the app's buttons copy of one citation, beside the forms that are files.
COPIED = {
    "quote": Form("quote", ".txt", "text/plain", quotation_text),
    "passage": Form("passage", ".txt", "text/plain", passage_text),
}


def key(citation: Citation) -> str:
    """Return a citation's key in a bibliography, "reuters2009-1f2e..."; it is always the same for the same words.

    It has lower-case Latin letters, digits and one hyphen, so that it can be a file's name.
    """
    source = unicodedata.normalize("NFKD", citation.outlet or citation.host or "unknown").lower()
    name = regex.sub(r"[^a-z0-9]+", "", source)[:24] or "outlet"
    parts = (citation.article_id, citation.start, citation.end, *citation.quote, citation.text)
    content_hash = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name}{citation.date.year if citation.date else ''}-{content_hash[:KEY_DIGITS]}"


def is_former_key(wanted: str) -> bool:
    """Whether a key was made by an earlier version: too short to prove which words it was made for."""
    return len(wanted.rpartition("-")[2]) < KEY_DIGITS


def _citations(cited: Citation | Answer) -> tuple[Citation, ...]:
    return cited.passages if isinstance(cited, Answer) else (cited,)


def _entry(citation: Citation, accessed: dt.date, catalogue: Catalogue | None) -> str:
    """A BibTeX entry."""
    kind = _csl_type(citation, catalogue)
    article = kind in CSL_TYPES.values()
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
        "url": _escaped_url(citation.url) if is_web_url(citation.url) else "",
        "urldate": accessed.isoformat(),
        "note": _tex(" ".join(remarks)),
        "annote": _tex(citation.quotation),
    }
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n" for name, value in fields.items() if value]
    return f"@{'article' if article else 'misc'}{{{key(citation)},\n{''.join(lines)}}}\n"


def _record(citation: Citation, accessed: dt.date, catalogue: Catalogue | None) -> str:
    """A RIS record. The outlet is T2, which Zotero shows as the publication, the host DP, its library catalogue."""
    fields = [
        ("TY", RIS_TYPES[_csl_type(citation, catalogue)]),
        ("ID", key(citation)),
        *(("AU", name) for name in citation.authors),
        ("TI", citation.title),
        ("T2", citation.outlet),
        ("PY", citation.date and str(citation.date.year)),
        ("DA", citation.date and f"{citation.date:%Y/%m/%d}"),
        ("UR", _escaped_url(citation.url) if is_web_url(citation.url) else ""),
        ("Y2", f"{accessed:%Y/%m/%d}"),
        ("DP", citation.host),
        *(("N1", remark) for remark in _remarks(citation)),
        ("AB", citation.quotation),
    ]
    shown = ((tag, sanitise(one_line(value or ""))) for tag, value in fields)
    return "".join(f"{tag}  - {value}\r\n" for tag, value in shown if value) + "ER  - \r\n\r\n"


def _csl_type(citation: Citation, catalogue: Catalogue | None) -> str:
    """The CSL type of what the outlet prints, if that is known, else a web page where there is a site or URL."""
    known = (catalogue or load_catalogue()).outlet(citation.outlet) if citation.outlet else None
    return CSL_TYPES.get((known and known.kind) or "", "webpage" if citation.url or citation.host else "article")


def _remarks(citation: Citation) -> list[str]:
    """Sentences on what has no field of its own."""
    remarks = [f"{DIGEST[0].upper()}{DIGEST[1:]}."] if citation.kind == "digest" else []
    if citation.date and citation.date_basis:
        remarks.append(f"Date: {one_line(date_basis_label(citation.date_basis))}.")
    if citation.url and not is_web_url(citation.url):
        remarks.append(f"URL: {_escaped_url(citation.url)}")
    if citation.revision:
        remarks.append(one_line(f"The text has {citation.revision}."))
    quoted = [change for change in changes(citation) if change.in_quotation]
    remarks += [f"A copy has other words: {one_line(f'{change.heading}: {change}')}" for change in quoted]
    return remarks


def _date_parts(date: dt.date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[date.year, date.month, date.day]]}


def _escaped_url(url: str | None) -> str:
    """A URL for a field that TeX reads letter by letter, with braces, spaces and the like percent-encoded."""
    return regex.sub(r"[\s{}\\^`\"<>|\p{C}]", lambda sign: quote(sign.group(), errors="replace"), url or "")


def _tex(text: str) -> str:
    """Words that TeX prints as they stand; an empty group keeps "--" from becoming a dash, "?`" a "¿"."""
    return _LIGATURE.sub("{}", sanitise(one_line(text)).translate(_TEX))
