"""Measure what the pages of the contents cost: lists of outlets and articles, searched, sorted and turned over.

    .venv/bin/python benchmarks/contents.py --work FOLDER [--articles 120000] [--outlets 3000]
    .venv/bin/python benchmarks/contents.py --index INDEX

The first form makes an index of articles without passages in FOLDER, of random words, each outlet with as many as any
other; if it is there already, it is used. Each page is made once, and then five times, of which the median counts, in
processor time; first of the pages without a list of articles, so that the first one that has it shows what that costs.
"""

import argparse
import asyncio
import datetime as dt
import random
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from starlette.applications import Starlette

from rag.article import Article
from rag.browse import ReadOnlyLibrary
from rag.stores.base import Manifest
from rag.stores.current_view import CurrentView
from rag.stores.location import open_store
from rag.stores.sqlite.store import Store
from rag.web import contents_pages

PAGES = (
    "contents", "contents?page=2&sort=name", "contents?find=post", "contents?kind=unclassified&sort=last",
    "contents?list=articles", "contents?list=articles&page=9&sort=oldest", "contents?list=articles&sort=title",
    "contents?list=articles&find=a", "contents?list=articles&find=a+post&year=2014",
    "contents?list=articles&find=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t", "contents?list=skipped",
)  # fmt: skip
TEXT_WORDS = 500  # an article in a database is read past, to what is known of it
BATCH = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--index")
    parser.add_argument("--articles", type=int, default=120_000)
    parser.add_argument("--outlets", type=int, default=3000)
    options = parser.parse_args()
    if options.index is None and options.work is None:
        parser.error("give --work or --index")
    index = options.index or options.work / "index"
    if options.index is None and not Store.exists(index):
        make(index, options.articles, options.outlets)
    store = open_store(index)
    current = CurrentView(store)
    start = time.process_time()
    contents = current.contents()
    print(f"{contents.columns.articles:,} articles, {len(contents.columns.outlets):,} outlets")
    print(f"to open the index: {time.process_time() - start:.2f} s")
    asyncio.run(_time_pages(ReadOnlyLibrary(store, current.contents)))
    print(f"memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def make(index: Path, articles: int, outlets: int) -> None:
    """Make an index of articles without passages."""
    chance = random.Random(1)
    words = ["".join(chance.choices("aabcdeeefghiiklmnooprsstuvw", k=chance.randint(2, 9))) for _ in range(30_000)]
    kinds = ("Post", "Herald", "Times", "Echo")
    names = [f"The {chance.choice(words).title()} {chance.choice(kinds)} {n}" for n in range(outlets)]

    def made() -> Iterator[Article]:
        for n in range(articles):
            date = dt.date(2000, 1, 1) + dt.timedelta(chance.randint(0, 9000)) if n % 20 else None
            title = " ".join(chance.choices(words, k=chance.randint(5, 12))).capitalize()
            text = " ".join(chance.choices(words, k=TEXT_WORDS))
            yield Article(f"article-{n:07}", text, title, names[n % outlets], "metadata: outlet", date=date)

    store = Store.create(index, Manifest("hashed words", 384))
    every = made()
    with store.writing() as writer:
        while batch := [(article, []) for _, article in zip(range(BATCH), every, strict=False)]:
            writer.put(batch)
    store.close()


async def _time_pages(library: ReadOnlyLibrary) -> None:
    first = library.outlets()
    pages = (*PAGES, f"contents?{httpx.QueryParams({'outlet': next(iter(first)) or ''})}")
    app = httpx.ASGITransport(Starlette(routes=contents_pages.routes(library)))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
        for page in pages:
            times = []
            for _ in range(6):
                start = time.process_time()
                response = await client.get(f"/{page}")
                times.append(1000 * (time.process_time() - start))
            median, size = statistics.median(times[1:]), len(response.content) / 1024
            print(f"{page:75} first {times[0]:6.0f} ms, then {median:5.1f} ms, {size:5.1f} KB, {response.status_code}")


if __name__ == "__main__":
    main()
