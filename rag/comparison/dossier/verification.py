"""Verification: whether the receipts of a file still hold, compared with an index and with what the file shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rag.answer.citation import is_of
from rag.comparison.dossier.quoted import Receipt
from rag.comparison.dossier.reading import Document, read
from rag.stores.base import Store, Version, find_versions
from rag.text import has_surrogates, spelled_date

Status = Literal["holds", "moved", "changed", "gone", "differs", "not found", "edited"]
STATUSES: tuple[Status, ...] = ("holds", "moved", "changed", "gone", "differs", "not found", "edited")
HOLDS, MOVED, CHANGED, GONE, DIFFERS, NOT_FOUND, EDITED = STATUSES
NO_ARTICLE = "the index has no article with this ID: it was removed, or never was in this index"
EDITED_FILE = "the file was changed since it was written, apart from its receipts"
UNKNOWN = "none"


@dataclass(frozen=True)
class Finding:
    """Whether one receipt holds.

    Attributes:
        receipt: the receipt.
        status: "holds"; "moved", if today's text of the article has the words at another place; "changed", if only an
            earlier text has them; "gone", if the article is no longer in the index; "differs", if its outlet, date or
            URL is another one; "not found", if no stored text of the article has the words; "edited", if the file shows
            other words than its receipt has, or the receipt's words are not those that its checksum was made of.
        detail: what was found, in words; "" where the receipt holds.
        start, end: where the words are now; None if they are not in today's text.
    """

    receipt: Receipt
    status: Status
    detail: str = ""
    start: int | None = None
    end: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding in JSON types."""
        r = self.receipt
        return {
            "number": r.number,
            "status": self.status,
            "detail": self.detail or None,
            "role": r.role,
            "article_id": r.article_id,
            "outlet": r.outlet,
            "date": r.date.isoformat() if r.date else None,
            "start": r.start,
            "end": r.end,
            "quotation": r.quotation,
            "now": [self.start, self.end] if self.start is not None else None,
        }


@dataclass(frozen=True)
class Verification:
    """Whether the receipts of a file hold.

    Attributes:
        file: its name.
        question: what was asked, by the file.
        accessed: when, by the file; None where it does not say so.
        generation: how often the index had changed then, by the file; None likewise.
        current: how often it has changed until now.
        findings: one for each receipt, in the order of the file.
        faults: what is wrong with the file and is of no single receipt.
        unread: numbers of the receipts of which not all words could be recognised on the pages of a PDF.
    """

    file: str
    question: str
    accessed: dt.date | None
    generation: int | None
    current: int
    findings: tuple[Finding, ...]
    faults: tuple[str, ...] = ()
    unread: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every receipt holds, and nothing is wrong with the file."""
        return not self.faults and all(found.status == HOLDS for found in self.findings)

    @property
    def holding(self) -> int:
        """How many receipts hold."""
        return sum(found.status == HOLDS for found in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the verification in JSON types."""
        return {
            "file": self.file,
            "ok": self.ok,
            "question": self.question,
            "accessed": self.accessed.isoformat() if self.accessed else None,
            "generation": self.generation,
            "current_generation": self.current,
            "receipts": len(self.findings),
            "holding": self.holding,
            "faults": list(self.faults),
            "not_compared_on_the_pages": list(self.unread),
            "findings": [found.to_dict() for found in self.findings],
        }


def verify_file(path: Path, store: Store) -> Verification:
    """Return whether the receipts of a file hold.

    Args:
        path: a dossier, or the JSON of an answer, a comparison or a search.
        store: the index that they are compared with, all of it at one generation.

    Raises:
        InputError: if the file cannot be read, has no receipts, or they are damaged.
    """
    document = read(path)
    shown, faults = _compared_with_what_is_shown(document)
    known: dict[str, Sequence[Version]] = {}
    with store.reading():
        findings = []
        for receipt in document.receipts:
            if receipt.article_id not in known:
                missing = has_surrogates(receipt.article_id)
                known[receipt.article_id] = () if missing else find_versions(store, receipt.article_id)
            one = check(receipt, known[receipt.article_id])
            findings.append(one if one.status == EDITED else shown.get(receipt.number, one))
        current = store.generation()
    return Verification(
        path.name, document.question, document.accessed, document.generation, current, tuple(findings), tuple(faults),
        document.unread,
    )  # fmt: skip


def check(receipt: Receipt, versions: Sequence[Version]) -> Finding:
    """Return whether a receipt holds.

    Args:
        receipt: the receipt.
        versions: every text that is stored under its article's id, today's first.
    """
    if receipt.content_hash and not is_of(receipt.text, receipt.content_hash):
        return Finding(receipt, EDITED, "the words of the receipt are not those that its checksum was made of")
    if receipt.end - receipt.start != len(receipt.text):
        return Finding(receipt, EDITED, "the words of the receipt are longer or shorter than its span")
    if not versions:
        return Finding(receipt, GONE, NO_ARTICLE)
    exact = [v for v in versions if v.article.text[receipt.start : receipt.end] == receipt.text]
    newest = versions[0]
    if not newest.current:
        said = f"retired{_on(newest.retired)}"
        kept = "its stored text has the words" if exact else "and no text of it that is stored has the words"
        return Finding(receipt, GONE if exact else NOT_FOUND, f"the article is no longer in the index: {said}; {kept}")
    if exact and exact[0] is newest:
        differing = _differing(receipt, newest)
        return Finding(receipt, DIFFERS if differing else HOLDS, differing, receipt.start, receipt.end)
    at = newest.article.text.find(receipt.text) if receipt.text else -1
    if at >= 0:
        end = at + len(receipt.text)
        return Finding(receipt, MOVED, f"the words are now at {at} to {end}", at, end)
    earlier = exact or [v for v in versions if receipt.text and receipt.text in v.article.text]
    if earlier:
        replaced = f"replaced{_on(earlier[0].retired)}; today’s has others"
        return Finding(receipt, CHANGED, f"the words are those of an earlier text of the article, {replaced}")
    return Finding(receipt, NOT_FOUND, "no text of the article that is stored has these words")


def _differing(receipt: Receipt, version: Version) -> str:
    """Return what the index says of an article in other words than a receipt; "" where nothing differs."""
    article = version.article
    pairs: list[tuple[str, object, object]] = [
        ("outlet", receipt.outlet, article.outlet),
        ("date", receipt.date, article.date),
    ]
    pairs += [("URL", receipt.url, article.url)] if receipt.checks_url else []
    return "; ".join(
        f"the {name} is {stored or UNKNOWN} in the index, and {said or UNKNOWN} in the file"
        for name, said, stored in pairs
        if said != stored
    )


def _compared_with_what_is_shown(document: Document) -> tuple[dict[int, Finding], list[str]]:
    """Return a finding for each receipt whose words the file does not show, and what else is wrong with the file."""
    edited: dict[int, Finding] = {}
    faults = [EDITED_FILE] if document.edited else []
    if document.seen is None:
        return edited, faults
    by_number = {receipt.number: receipt for receipt in document.receipts}
    shown = set(document.unread)
    without = 0
    for seen in document.seen:
        receipt = by_number.get(-1 if seen.number is None else seen.number)
        if receipt is None:
            without += 1
        elif not seen.matches(receipt):
            edited.setdefault(
                receipt.number, Finding(receipt, EDITED, "the file shows other words for it than its receipt has")
            )
        elif seen.whole:
            shown.add(receipt.number)
    if without:
        faults.append(f"the file shows {without:,} quotation{'s' if without > 1 else ''} without a receipt")
    for receipt in document.receipts:
        if receipt.number not in shown:
            edited[receipt.number] = Finding(receipt, EDITED, "the file does not show the words of this receipt")
    return edited, faults


def _on(moment: dt.datetime | None) -> str:
    return f" on {spelled_date(moment)}" if moment else ""
