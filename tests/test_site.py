"""The documents as a site: it builds without a warning, can be searched, and asks no other machine for anything."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from support import ROOT

LOADING = {"src", "srcset", "data", "poster", "action", "background"}  # attributes that make a browser load something
LOADED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}
ELSEWHERE = re.compile(r"(?:https?:)?//")


class Page(HTMLParser):
    """Collects what a page loads, and the classes and components in it."""

    def __init__(self, html):
        super().__init__()
        self.loaded, self.classes, self.components, self.styles = [], set(), set(), []
        self.in_style = False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        own = {name: value or "" for name, value in attributes}
        self.loaded += [value for name, value in own.items() if name in LOADING]
        if tag == "use" or (tag == "link" and LOADED_LINKS & set(own.get("rel", "").split())):
            self.loaded.append(own.get("href", own.get("xlink:href", "")))
        self.classes |= set(own.get("class", "").split())
        self.components.add(own.get("data-md-component"))
        self.styles.append(own.get("style", ""))
        self.in_style = tag == "style"

    def handle_data(self, data):
        if self.in_style:
            self.styles.append(data)
            self.in_style = False


def loaded_by_style(css):
    return re.findall(r"url\(\s*['\"]?([^'\")]+)", css) + re.findall(r"@import\s+['\"]([^'\"]+)", css)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_has_a_page_for_every_document(site):
    for path in (ROOT / "docs").rglob("*.md"):
        page = path.relative_to(ROOT / "docs").with_suffix("")
        assert (site / (page.parent if page.name == "index" else page) / "index.html").exists(), page


def test_it_loads_nothing_from_other_machines(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 25
    for path in pages:
        page = Page(path.read_text("utf-8"))
        loaded = page.loaded + [url for style in page.styles for url in loaded_by_style(style)]
        assert [url for url in loaded if ELSEWHERE.match(url)] == [], path
        # The theme's script would load Mermaid, or ask GitHub for the stars of a repository.
        assert "mermaid" not in page.classes, path
        assert "source" not in page.components, path
    for path in site.rglob("*.css"):
        assert [url for url in loaded_by_style(path.read_text("utf-8")) if ELSEWHERE.match(url)] == [], path


def test_a_link_to_another_machine_would_be_noticed():
    page = Page(
        '<link rel="stylesheet" href="//cdn.example/a.css"><img src="https://cdn.example/b.png"><a href="https://c">'
    )
    assert page.loaded == ["//cdn.example/a.css", "https://cdn.example/b.png"]
    assert loaded_by_style('@import "https://d"; a { b: url( "https://e" ) }') == ["https://e", "https://d"]


def test_the_search_finds_public_names_and_commands(site):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    titles = {re.sub(r"<code>.*</code>", "", entry["title"]).strip() for entry in index["docs"]}
    assert {"Library", "Citation", "build", "ask", "doctor", "Confidence"} <= titles
