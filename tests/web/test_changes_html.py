"""The words that a near-copy changed: marked in the sentence, said aloud, and no markup."""

from rag.answer.changes import Change, Part
from rag.web.changes_html import change_html

EVIL = "</ins><img src=x onerror=alert(1)>"


def test_words_removed_and_added_are_marked_in_their_order():
    parts = Part("At ", "at ", True), Part("nine. ", "ten. ", False), Part("", "Then", False), Part("left", "", False)
    assert change_html(Change((), parts)) == (
        '<div class="diff" dir="auto"><span>at </span>'
        '<del><span class="unseen">removed: </span>nine.</del> <ins><span class="unseen">added: </span>ten.</ins> '
        '<ins><span class="unseen">added: </span>Then</ins> <del><span class="unseen">removed: </span>left</del> </div>'
    )


def test_what_an_article_holds_is_no_markup():
    html = change_html(Change((), (Part(EVIL, EVIL, False), Part(EVIL, EVIL, True))))
    assert "<img" not in html
    assert html.count("&lt;img") == 3
