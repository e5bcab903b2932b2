"""Commands that show what an index holds, without asking it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from rag.cli.opening import open_read_only
from rag.cli.output import print_each, print_result, shortened
from rag.errors import QuestionError

if TYPE_CHECKING:
    from rag.article import Article

_FIELDS = ("id", "title", "outlet", "outlet_basis", "strength", "host", "date", "date_basis", "url", "kind", "source")


def articles(options: argparse.Namespace) -> None:
    """List the articles."""
    text = _explained if options.explain else _listed
    with open_read_only(options) as library:
        found = ((_values(a) | {"characters": len(a.text)}, text(a)) for a in library.articles())
        print_each(options, found)


def _values(article: Article) -> dict[str, Any]:
    date = article.date.isoformat() if article.date else None
    return {n: getattr(article, n) for n in _FIELDS} | {"date": date, "authors": list(article.authors)}


def _listed(article: Article) -> str:
    outlet, title = article.outlet or "unknown outlet", article.title or shortened(article.text, 60)
    return f"{article.id}  {article.date or 'undated   '}  {outlet}: {title}"


def _explained(article: Article) -> str:
    """Return an article with who said it, where and when, each with its evidence."""
    from rag.article import date_basis_label

    lines = [
        _listed(article),
        f"    outlet  {article.outlet or 'unknown'}  [{article.strength}]  {article.outlet_basis}",
        f"    host    {article.host}" if article.host else "",
        f"    by      {', '.join(article.authors)}" if article.authors else "",
        f"    date    {article.date or 'none'}  [{date_basis_label(article.date_basis)}]",
        f"    url     {article.url}" if article.url else "",
        f"    from    {article.source}",
    ]
    return "\n".join(line for line in lines if line)


def article(options: argparse.Namespace) -> None:
    """Show an article's text, or all its versions."""
    with open_read_only(options) as library:
        found = library.versions(options.id)
        if not options.versions:
            found = found[:1]
    rows, texts = [], []
    for version in found:
        a = version.article
        rows.append(
            _values(a)
            | {"text": a.text, "current": version.current}
            | {"retired": version.retired.isoformat() if version.retired else None, "note": version.note}
        )
        texts.append("\n".join([_explained(a), *([f"    note    {version.note}"] if version.note else []), "", a.text]))
    print_result(options, rows, "\n\n".join(texts))


def skipped(options: argparse.Namespace) -> None:
    """List what could not be read."""
    with open_read_only(options) as library:
        found = (({"source": s.source, "place": s.place, "reason": s.reason}, str(s)) for s in library.skipped())
        print_each(options, found, "nothing was skipped")


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
    listed = (f"{n:6,}  {o or 'unknown outlet'}{f' ({kinds[o]})' if kinds[o] else ''}" for o, n in counts.items())
    print_result(options, rows, "\n".join(listed))
