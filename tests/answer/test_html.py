"""HTML escapes by type: text becomes markup only if the program wrote it as markup."""

import pytest

from rag.answer.html import Html, definitions, isolated, items, link, phrase
from rag.answer.wording import Phrase, listed

EVIL = "<img src=x onerror=alert(1)>\"'&\u202e"
SAFE = "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;\ufffd"


@pytest.mark.parametrize(
    "html",
    [
        Html.escape(EVIL), Html("{}").format(EVIL), Html("{x}").format(x=EVIL), Html("") + EVIL, EVIL + Html(""),
        Html().join([EVIL]), Html("%s") % EVIL,
    ],
)  # fmt: skip
def test_text_is_escaped_and_sanitised_whichever_way_it_is_put_in(html):
    assert isinstance(html, Html)
    assert str(html) == SAFE


def test_letters_that_nothing_shows_are_visible_but_for_the_flags_of_regions():
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert (
        Html.escape(f"{scotland} wins\U000e0068\U000e0069 \U0001f3f4\U000e0068")
        == f"{scotland} wins\ufffd\ufffd \U0001f3f4\ufffd"
    )
    assert Html.escape("می‌گویند \u200fשלום ❤\ufe0f 👨‍👩‍👧") == "می‌گویند \u200fשלום ❤\ufe0f 👨‍👩‍👧"


def test_html_is_put_in_unchanged():
    bold = Html("<b>{}</b>").format("1 < 2")
    assert Html("<p>{}</p>").format(bold) == "<p><b>1 &lt; 2</b></p>"
    assert Html(" ").join([bold, "&"]) == "<b>1 &lt; 2</b> &amp;"
    assert Html("{:,} of {}").format(1200, bold) == "1,200 of <b>1 &lt; 2</b>"


def test_html_that_was_turned_into_text_is_escaped_again():
    bold = Html("<b>1</b>")
    assert Html("{}").format(f"{bold}") == "&lt;b&gt;1&lt;/b&gt;"


def test_text_in_a_phrase_is_isolated_and_our_own_words_and_numbers_are_not():
    words = Phrase("{:,} of {} <", 1200, listed((EVIL, "B", "C"), 2))
    assert phrase(words) == f"1,200 of <bdi>{SAFE}</bdi>, <bdi>B</bdi> and 1 more &lt;"
    assert str(words) == f"1,200 of {EVIL}, B and 1 more <"


def test_braces_in_text_are_text():
    assert phrase(Phrase("from {}", "{0}{x!r}")) == "from <bdi>{0}{x!r}</bdi>"
    assert Html("{}").format("{0.__class__}") == "{0.__class__}"


def test_only_web_addresses_are_linked():
    assert link("https://e.example/?a&b", "words").startswith('<a href="https://e.example/?a&amp;b" target="_blank"')
    assert link("javascript:alert(1)") == "<span><bdi>javascript:alert(1)</bdi></span>"
    assert link(None) == ""


def test_lists_escape_their_entries():
    assert definitions([("Term", EVIL)]) == f"<dl><div><dt>Term</dt><dd>{SAFE}</dd></div></dl>"
    assert items([EVIL, isolated("A")]) == f"<ul><li>{SAFE}</li><li><bdi>A</bdi></li></ul>"
