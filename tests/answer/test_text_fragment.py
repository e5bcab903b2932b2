"""Links to an outlet's page open it at the quoted words, where the page is known to print them."""

import datetime as dt
import json
import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support import BRIDGE, HARBOUR, WordEncoder

import rag
from rag.answer.text_fragment import quoted_url, text_directive
from rag.provenance.catalogue import load_catalogue
from rag.web.card_html import card_html

PAGE = "https://example.org/harbour"
QUESTION = "Who ended the strike of dock workers on Tuesday?"
LONG = " ".join(f"word{number}" for number in range(40))


@pytest.mark.parametrize(
    ("words", "directive"),
    [
        ("Costs rose 4-5%, a lot & more.", "text=Costs%20rose%204%2D5%25%2C%20a%20lot%20%26%20more."),
        ("  Two \t spaces. ", "text=Two%20spaces."),
        ("Café", "text=Caf%C3%A9"),
        (LONG, "text=" + "%20".join(LONG.split()[:8]) + "," + "%20".join(LONG.split()[-8:])),
        ("First line ends.\n\nThe next, last.", "text=First%20line%20ends.,The%20next%2C%20last."),
        ("x" * 121, ""),
        ("字" * 130 + " " + "字" * 130, "text=" + "%E5%AD%97" * 130 + "," + "%E5%AD%97" * 130),
        ("字" * 300 + " 字", ""),
        (" \n ", ""),
        ("half \ud800", "text=half%20%3F"),
    ],
)
def test_words_are_named_as_the_specification_says(words, directive):
    assert text_directive(words) == directive


@given(st.text(max_size=400))
def test_a_directive_has_at_most_two_parts_and_nothing_that_a_browser_takes_for_syntax(words):
    found = re.fullmatch(r"text=([^,&\-#\s]+)(?:,([^,&\-#\s]+))?|", text_directive(words), re.ASCII)
    assert found
    printed = [" ".join(line.split()) for line in words.encode(errors="replace").decode().splitlines() if line.strip()]
    if found[1]:
        assert printed[0].startswith(unquote(found[1]))
        assert printed[-1].endswith(unquote(found[2] or found[1]))


@pytest.mark.parametrize(
    ("url", "host", "kind"),
    [
        (None, None, "full text"), ("javascript:alert(1)", None, "full text"), ("ftp://a.example", None, "full text"),
        (PAGE, "mirror.example", "full text"), (PAGE, None, "digest"),
    ],
)  # fmt: skip
def test_a_link_to_another_page_than_that_of_the_words_has_no_fragment(url, host, kind):
    assert quoted_url(url, host, kind, "The words.") is None


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        (PAGE, f"{PAGE}#:~:text=The%20words."),
        (f"{PAGE}#part-2", f"{PAGE}#part-2:~:text=The%20words."),
        (f"{PAGE}#:~:text=others&text=more", f"{PAGE}#:~:text=The%20words."),
        (f"{PAGE}#part:~:selector(type=x)", f"{PAGE}#part:~:text=The%20words."),
    ],
)
def test_the_fragment_keeps_the_part_of_a_page_and_replaces_what_would_mark_other_words(url, linked):
    assert quoted_url(url, "www.example.org", "full text", "The words.") == linked


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fragments")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE])))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


def test_cards_markdown_notebooks_and_json_link_to_the_quoted_words(library):
    answer = library.ask(QUESTION, k=1, min_confidence=0)
    (cited,) = answer.passages
    expected = f"{PAGE}#:~:{text_directive(cited.quotation)}"
    assert cited.quote_url == expected
    assert answer.to_dict()["passages"][0]["quote_url"] == expected
    card = card_html(cited, "x", 1, load_catalogue())
    assert f'<a href="{expected}" target="_blank" rel="noopener noreferrer nofollow"><bdi>{PAGE}</bdi></a>' in card
    assert f'href="{expected}"' in answer._repr_html_()
    assert f'<a href="{expected}">{PAGE}</a>' in MarkdownIt().render(answer.to_markdown())
    assert library.compare(QUESTION, min_confidence=0).to_dict()["rows"][0]["citation"]["quote_url"] == expected
    timeline = library.timeline(QUESTION, min_confidence=0)
    first = next(e for e in (*timeline.entries, *timeline.undated) if e.citation.article_id == "harbour")
    assert f"<{first.citation.quote_url}>" in timeline.to_markdown()


def test_a_dossier_links_to_the_quoted_words_and_still_verifies(library, tmp_path):
    made = library.dossier(QUESTION, min_confidence=0)
    linked = [quoted.citation.quote_url for quoted in made.quotations if quoted.citation.quote_url]
    assert linked
    for name in ("d.html", "d.md"):
        made.write(tmp_path / name)
        assert all(url in (tmp_path / name).read_text("utf-8") for url in linked)
        assert library.verify_file(tmp_path / name).ok


def test_without_a_web_page_nothing_changes(library):
    cited = library.ask("Who closed the old bridge?", k=1, min_confidence=0).passages[0]
    assert (cited.article_id, cited.quote_url) == ("bridge", None)
    odd = replace(cited, url="javascript:alert(1)", host=None)
    assert ":~:" not in odd.to_markdown(dt.date(2026, 1, 1))
    assert 'href="javascript' not in card_html(odd, "x", 1, load_catalogue())
