"""What tests share: a deterministic encoder, articles to put in, and no network but this machine's own."""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import browser
import numpy as np
import pytest
from hypothesis import settings
from milvus import Milvus
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from rag.encoder import SentenceEncoder, Spans, Vectors

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
# A property is tried on the same examples each time, so that no run fails by chance; FUZZ=2000 tries others, and more.
FUZZ = os.environ.get("FUZZ")
settings.register_profile("according", deadline=None, derandomize=not FUZZ, max_examples=int(FUZZ or 100))
settings.load_profile("according")
expect.set_options(timeout=60_000)  # milliseconds: a machine may have other work


class WordEncoder:
    """Counts words into a vector: texts that share words are near each other. For where meaning does not matter."""

    name = "words"
    dimension = 64
    max_tokens = 60

    def __init__(self) -> None:
        self.read = 0  # texts encoded so far

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\S{1,8}", text)) for text in texts]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        self.read += len(texts)
        parts = [[self.encode_question(t[a:b]) for a, b in own] for t, own in zip(texts, sentences, strict=True)]
        shaped = [np.array(p, np.float32).reshape(-1, self.dimension) for p in parts]
        return np.array([self.encode_question(t) for t in texts], np.float32).reshape(-1, self.dimension), shaped

    def encode_question(self, question: str) -> Vectors:
        vector = np.full(self.dimension, 0.01, np.float32)
        for word in re.findall(r"\w+", question.lower()):
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        return vector / np.linalg.norm(vector)


@pytest.fixture
def words() -> WordEncoder:
    return WordEncoder()


@pytest.fixture(scope="session")
def real() -> SentenceEncoder:
    """The default model."""
    return SentenceEncoder()


@pytest.fixture
def news(tmp_path: Path) -> Callable[..., Path]:
    """Writes records to a JSONL file, anew at each call, and gives its path."""

    def write(*records: dict[str, Any], name: str = "news.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
        return path

    return write


HARBOUR = {
    "id": "harbour",
    "outlet": "The Guardian",
    "date": "2013-05-14",
    "title": "Harbour strike ends",
    "authors": ["Jane Roe"],
    "url": "https://example.org/harbour",
    "text": "Dock workers ended their strike on Tuesday. The union said wages would rise by four percent.\n\n"
    "The port authority had refused any rise for two years.",
}
BRIDGE = {
    "id": "bridge",
    "outlet": "Press TV",
    "host": "mirror.example",
    "date": "2015-01-02",
    "title": "Bridge closed",
    "text": "Engineers closed the old bridge after finding cracks in two pillars. Traffic was sent over the ring road.",
}
ORCHARD = {
    "id": "orchard",
    "outlet": "Reuters",
    "title": "Frost",
    "text": "Frost destroyed most of the apple blossom in the valley. Growers asked the ministry for help.",
}


# By far the longest, and so begun first by those that run side by side.
LONG = ("test_quality", "test_milvus", "test_faults", "test_app_manners", "test_app", "test_app_pages")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others as they come."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milvus]:
    """A Milvus server, not for longer than a module."""
    started = Milvus(tmp_path_factory.mktemp("milvus")).start()
    yield started
    started.kill()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An empty bucket of an S3 server on this machine, which processes that are started meanwhile find too."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "reader")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir("press")
        yield "s3://press"
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    """A real browser; not for longer than a module, since its event loop lets no other run in this thread."""
    path = browser.installed()
    assert path, "no Chromium; `make test` gets one"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        yield playwright.chromium.launch(executable_path=path, args=arguments)


@pytest.fixture(scope="module")
def page(opened: Browser) -> Iterator[Page]:
    """A page of it."""
    page = opened.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def ask(page: Page, question: str) -> Locator:
    """Asks in the app; the answer."""
    before = page.locator(".according.question").count()
    page.fill("#question textarea", question)
    page.click("#ask")
    expect(page.locator(".according.question")).to_have_count(before + 1)
    return page.locator("#chat .according:not(.question)").last


def at_rest(locator: Locator) -> Locator:
    """The same, when it has stopped moving: an answer is scrolled to and drawn again as it comes, and a click would
    meet what stands in its place."""
    place = "e => new Promise(r => setTimeout(() => r(JSON.stringify(e.getBoundingClientRect())), 300))"
    before = None
    while before != (before := locator.evaluate(place)):
        pass
    return locator
