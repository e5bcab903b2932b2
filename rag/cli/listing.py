"""Commands that show what an index holds, without asking it."""

from __future__ import annotations

import argparse
import dataclasses
from itertools import islice
from typing import TYPE_CHECKING, Any

from rag.cli.opening import open_read_only
from rag.cli.output import in_a_line, print_each, print_result, shortened
from rag.errors import QuestionError
from rag.text import short_name

if TYPE_CHECKING:
    from rag.article import Article
    from rag.browse import Resolved
    from rag.readers.skipped import Skipped

MAX_LEFT_OUT = 100_000  # records of lines left out that `articles --explain` holds in memory; `skipped --lines` has all
_FIELDS = ("id", "title", "outlet", "outlet_basis", "strength", "host", "date", "date_basis", "url", "kind", "source")


def articles(options: argparse.Namespace) -> None:
    """List the articles."""
    with open_read_only(options) as library:
        left_out: dict[str, list[Skipped]] = {}
        for item in islice(library.skipped(lines=True), MAX_LEFT_OUT) if options.explain else ():
            left_out.setdefault(item.source, []).append(item)
        print_each(options, (_row(a, left_out.get(a.source, []), options.explain) for a in library.articles()))


def _row(article: Article, left_out: list[Skipped], explain: bool) -> tuple[dict[str, Any], str]:
    """Return the values of an article, and its text in a list; if explained, with what was left out of its file."""
    values = _values(article) | {"characters": len(article.text)}
    if not explain:
        return values, _listed(article)
    values["left_out"] = [{"place": item.place, "reason": item.reason} for item in left_out]
    shown = [in_a_line(f"    {item.place}: {item.reason}") for item in left_out]
    return values, "\n".join([_explained(article), *shown])


def _values(article: Article) -> dict[str, Any]:
    date = article.date.isoformat() if article.date else None
    return {n: getattr(article, n) for n in _FIELDS} | {"date": date, "authors": list(article.authors)}


def _listed(article: Article) -> str:
    outlet, title = short_name(article.outlet or "unknown outlet"), article.title or shortened(article.text, 60)
    return in_a_line(f"{article.id}  {article.date or 'undated   '}  {outlet}: {short_name(title)}")


def _explained(article: Article) -> str:
    """Return an article with who said it, where and when, each with its evidence."""
    from rag.article import date_basis_label

    outlet, basis = short_name(article.outlet or "unknown"), short_name(article.outlet_basis)
    lines = [
        _listed(article),
        f"    outlet  {outlet}  [{article.strength}]  {basis}",
        f"    host    {short_name(article.host)}" if article.host else "",
        f"    by      {short_name(', '.join(article.authors))}" if article.authors else "",
        f"    date    {article.date or 'none'}  [{date_basis_label(article.date_basis)}]",
        f"    url     {short_name(article.url)}" if article.url else "",
        f"    from    {article.source}",
    ]
    return "\n".join(in_a_line(line) for line in lines if line)


def article(options: argparse.Namespace) -> None:
    """Show an article's text, or all its versions; with `--diff` what changed from each to the next."""
    with open_read_only(options) as library:
        found = library.versions(options.id)
    earlier: list[Resolved | None] = [*found[1:], None]
    if not options.versions:
        found = found[:1]
    rows, texts = [], []
    for version, before in zip(found, earlier, strict=False):
        a = version.article
        row = (
            _values(a)
            | {"text": a.text, "current": version.current}
            | {"retired": version.retired.isoformat() if version.retired else None, "note": version.note}
        )
        shown = a.text
        if options.diff:
            row["changes"] = _changes(before.article, a) if before else []
            shown = _compared(before, a) if before else f"the first version in the index\n\n{a.text}"
        rows.append(row)
        texts.append("\n".join([_explained(a), *([f"    note    {version.note}"] if version.note else []), "", shown]))
    print_result(options, rows, "\n\n".join(texts))


def _changes(earlier: Article, later: Article) -> list[dict[str, Any]]:
    from rag.provenance import revisions

    return [dataclasses.asdict(change) for change in revisions.changes(earlier.text, later.text)]


def _compared(earlier: Resolved, later: Article) -> str:
    """Return what changed since an earlier version, in its context: removed words as [-...-], added ones as {+...+}."""
    from rag.provenance.revisions import excerpts, revision

    signs = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    found = [
        "".join(_signed(words, *signs[kind]) for kind, words in runs)
        for runs in excerpts(earlier.article.text, later.text)
    ]
    since = revision(earlier.article, later, earlier.retired)
    heading = f"since {since.since}" if since else "since another text that was stored under this ID"
    return "\n\n".join([f"what changed {heading}:", *(found or ["no word of the text differs"])])


def _signed(words: str, begin: str, end: str) -> str:
    """Return words between signs, which the white space around them stays outside of."""
    inner = words.strip()
    before, after = words.split(inner, 1) if inner else (words, "")
    return f"{before}{begin}{inner}{end}{after}" if inner else words


def skipped(options: argparse.Namespace) -> None:
    """List what could not be read, or with `--lines` what was left out of what was read."""
    with open_read_only(options) as library:
        rows = library.skipped(lines=options.lines)
        found = (({"source": s.source, "place": s.place, "reason": s.reason}, in_a_line(str(s))) for s in rows)
        print_each(options, found, "no line was left out" if options.lines else "nothing was skipped")


def outlets(options: argparse.Namespace) -> None:
    """List the outlets, or show one as the catalogue knows it."""
    from rag.provenance.outlet import describe_outlet

    with open_read_only(options) as library, library.reading() as now:
        catalogue, counts = now.catalogue, now.outlets()
    if options.name:
        known = catalogue.outlet(options.name)
        if known is None:
            raise QuestionError(
                f"the catalogue has no outlet {options.name!r}; `according outlets` lists the outlets in the index"
            )
        print_result(options, known.to_dict(), "\n".join(describe_outlet(known)))
        return
    kinds = {o: known.kind if o and (known := catalogue.outlet(o)) else None for o in counts}
    rows = [{"outlet": o, "articles": n, "kind": kinds[o]} for o, n in counts.items()]
    listed = (
        in_a_line(f"{n:6,}  {short_name(o or 'unknown outlet')}{f' ({kinds[o]})' if kinds[o] else ''}")
        for o, n in counts.items()
    )
    print_result(options, rows, "\n".join(listed))
