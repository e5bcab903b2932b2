"""The page of an article, at a URL that lasts, with its passage marked."""

import json
import re
from html import escape

import gradio as gr
import httpx
import pytest
from lxml import html
from support import HARBOUR, ORCHARD, WordEncoder
from support.database import database
from support.hostile import EVIL
from support.plain_pages import MEETING, PARAGRAPHS, fetch, get, known, outlet, texts

import rag
from rag.answer.citation import MAX_HASHED_CHARACTERS, find_words, quote_hash
from rag.errors import LibraryError
from rag.web.answer_html import turn_html
from rag.web.launch import launch
from rag.web.urls import article_url, passage_url

HOSTILE = "</title></p></mark><script>alert(1)</script><style>*{}</style><img src=x onerror=alert(1)>\"'&"


def cited(library):
    """The URL of the passage that answers, and its marked words."""
    citation = library.ask("Two pillars are cracked", k=1, min_confidence=0).passages[0]
    a, b = citation.quote
    return passage_url(citation), citation.text[a - citation.start : b - citation.start]


def place(text, passage, quote=None, article_id="meeting"):
    """The URL of words of an article."""
    start, marked = text.index(passage), quote or passage
    a = text.index(marked, start)
    spans = {"at": f"{start}-{start + len(passage)}", "quote": f"{a}-{a + len(marked)}"}
    return article_url(article_id, **spans, of=quote_hash(passage))


# The article


def test_an_article_page_has_the_whole_text_and_its_provenance(built):
    page = get(built(HARBOUR | {"host": "mirror.example", "kind": "digest"}), "article/harbour")
    assert texts(page, "h1") == ["Harbour strike ends"]
    assert texts(page, "title") == ["Harbour strike ends, The Guardian – According"]
    assert texts(page, ".source") == [
        "According to a digest of The Guardian, via mirror.example14 May 2013 (published)"
    ]
    assert texts(page, ".by, .kind") == ["by Jane Roe", "digest: a summary, not the outlet’s own words"]
    assert known(page) == {
        "Evidence for the outlet": "named explicitly (metadata: outlet)",
        "Date": "14 May 2013 (published)",
        "Taken from": "mirror.example",
        "URL": "https://example.org/harbour",
        "ID": "harbour",
    }
    (link,) = page.cssselect("dd a")
    assert link.get("href") == HARBOUR["url"]
    assert link.get("rel") == "noopener noreferrer nofollow"
    assert [p.text_content() for p in page.cssselect(".text p")] == HARBOUR["text"].split("\n\n")
    assert page.cssselect(".passage, mark, #passage, .note, .jump") == []


def test_unknown_fields_of_an_article_are_shown_as_unknown(built):
    page = get(built({"id": "a", "text": "Nobody signed this.", "date": "03/02/2016"}), "article/a")
    assert texts(page, "h1, .source") == ["According to an unknown outletundated", "No title"]
    assert known(page)["Date"] == "refused: 03/02/2016 (two readings)"
    assert known(page)["Evidence for the outlet"] == "unknown"


def test_the_card_links_to_the_passage_in_its_article(built):
    library = built(MEETING, ORCHARD)
    answer = library.ask("Two pillars are cracked", k=1, min_confidence=0)
    (citation,) = answer.passages
    (link,) = html.fragment_fromstring(turn_html(answer)).xpath('.//footer/a[text()="Read in context"]')
    assert link.get("href") == passage_url(citation)
    assert link.get("target") == "_blank"
    page = get(library, link.get("href"))
    assert "\n\n".join(p.text_content() for p in page.cssselect(".passage")) == citation.text
    a, b = citation.quote
    assert texts(page, "mark") == [library.article("meeting").text[a:b]]
    assert page.get_element_by_id("passage").tag == "mark"


def test_a_passage_across_paragraphs_is_marked_in_each_of_them(built):
    passage = "Nobody spoke of the bridge.\n\n" + PARAGRAPHS[1] + "\n\nTraffic goes over the ring road."
    marked = "Two pillars are cracked.\n\nTraffic goes"
    page = get(built(MEETING), place(MEETING["text"], passage, marked))
    first, second, third = page.cssselect(".text p")
    parts = ["".join(part.itertext()) for part in (*first.iter("span"), *second.iter("span"), *third.iter("span"))]
    assert parts == ["Nobody spoke of the bridge.", PARAGRAPHS[1], "Traffic goes over the ring road."]
    assert [mark.text for mark in page.iter("mark")] == ["Two pillars are cracked.", "Traffic goes"]
    assert [p.text_content() for p in (first, second, third)] == list(PARAGRAPHS)
    assert [element.tag for element in page.cssselect("[id=passage]")] == ["mark"]
    assert first.text == "The council met on Monday. "


def test_marking_a_span_never_changes_the_words(built):
    library = built(MEETING)
    text = library.article("meeting").text
    for start in range(0, len(text), 7):
        for end in range(start + 1, len(text) + 1, 31):
            a, b = start, (start + end + 1) // 2
            words = quote_hash(text[start:end])
            page = get(library, article_url("meeting", at=f"{start}-{end}", quote=f"{a}-{b}", of=words))
            assert [p.text_content() for p in page.cssselect(".text p")] == list(PARAGRAPHS)
            assert "".join(p.text_content() for p in page.cssselect(".passage")) == text[start:end].replace("\n", "")
            assert "".join(p.text_content() for p in page.cssselect("mark")) == text[a:b].replace("\n", "")


def test_a_link_without_a_quotation_marks_the_passage_only(built):
    page = get(built(MEETING), place(MEETING["text"], PARAGRAPHS[1]).replace("quote=", "unknown="))
    assert texts(page, "#passage") == [PARAGRAPHS[1]]
    assert page.cssselect("mark") == []


def test_the_direction_of_a_text_is_detected(built):
    text = "أنهى عمال الموانئ إضرابهم يوم الثلاثاء. قالت النقابة إن الأجور سترتفع."
    page = get(built({"id": "a", "title": "الإضراب", "text": text}), place(text, text[:20], article_id="a"))
    assert [element.get("dir") for element in page.cssselect("h1, .text p")] == ["auto", "auto"]
    assert page.cssselect(".text bdi") == []  # of which dir=auto would not take the direction
    assert [element.get("lang") for element in page.cssselect("html, h1, .text")] == ["en", "", ""]


def test_duplicates_of_an_article_are_listed(built):
    text = " ".join(f"The {n}th ship left the harbour at {n} o'clock with grain for the north." for n in range(3, 20))
    copy = {"id": "copy", "outlet": "Reuters", "date": "2016-02-04", "text": text}
    page = get(built(MEETING | {"text": text}, copy, ORCHARD), "article/meeting")
    assert known(page)["Also published by"] == "Reuters, 4 February 2016 (published)"
    (link,) = page.xpath('//dd/ul/li/a[starts-with(., "Reuters")]')
    assert link.get("href") == "../article/copy"


# Links that last


AGAIN = MEETING | {"text": MEETING["text"].replace("cracked", "mended")}


def test_a_link_works_after_the_index_was_rebuilt_elsewhere(built):
    where, marked = cited(built(HARBOUR, MEETING))
    page = get(built(MEETING, ORCHARD, index="other"), where)
    assert texts(page, "mark") == [marked]
    assert texts(page, ".note") == []


def test_a_link_works_when_ids_are_derived_from_the_content(built):
    record = {name: value for name, value in MEETING.items() if name != "id"}
    where, marked = cited(built(record))
    assert texts(get(built(record, index="other"), where), "mark") == [marked]


def test_a_link_to_edited_words_leads_to_the_earlier_version_and_on_to_the_current_one(built):
    built(MEETING)
    library = built(AGAIN)
    page = get(library, place(MEETING["text"], "Two pillars are cracked."))
    assert texts(page, "mark") == ["Two pillars are cracked."]
    (note,) = texts(page, ".note")
    assert re.fullmatch(
        r"An earlier version of this article, replaced on \d+ \w+ \d{4}; now: meeting\. Read meeting", note
    )
    today = page.cssselect(".note a")[0].get("href")
    assert today == "../article/meeting"
    page = get(library, today.removeprefix("../"))
    assert "Two pillars are mended." in page.cssselect(".text")[0].text_content()
    (earlier,) = page.xpath('//dt[.="Earlier versions"]/following-sibling::dd//a')
    assert re.fullmatch(r"replaced on \d+ \w+ \d{4}", earlier.text_content())
    page = get(library, earlier.get("href").removeprefix("../"))
    assert [p.text_content() for p in page.cssselect(".text p")] == list(PARAGRAPHS)
    assert "Earlier versions" not in known(page)


def test_an_earlier_version_links_to_the_same_words_in_the_current_one(built):
    built(MEETING)
    library = built(AGAIN | {"text": f"This was corrected.\n\n{AGAIN['text']}"})
    page = get(library, place(MEETING["text"], PARAGRAPHS[2], "Nobody knows for how long."))
    assert texts(page, ".note")[0].startswith("An earlier version")
    page = get(library, page.cssselect(".note a")[0].get("href").removeprefix("../"))
    assert texts(page, ".passage") == [PARAGRAPHS[2]]
    assert texts(page, "mark") == ["Nobody knows for how long."]
    assert texts(page, ".note") == []


def test_an_article_with_the_same_url_succeeds_one_without_an_id(built):
    record = {"url": "https://example.org/meeting", "text": MEETING["text"]}
    where, marked = cited(built(record, ORCHARD))
    library = built(record | {"text": f"This was corrected.\n\n{record['text']}"}, ORCHARD)
    page = get(library, where)
    assert texts(page, "mark") == [marked]
    page = get(library, page.cssselect(".note a")[0].get("href").removeprefix("../"))
    assert texts(page, ".text p")[0] == "This was corrected."
    assert texts(page, "mark") == [marked]
    assert texts(page, ".note") == []


def test_a_link_survives_an_edit_before_the_passage(built):
    library = built(MEETING | {"text": f"This was corrected.\n\n{MEETING['text']}"})
    page = get(library, place(MEETING["text"], PARAGRAPHS[1], "Two pillars are cracked."))
    assert texts(page, ".passage") == [PARAGRAPHS[1]]
    assert texts(page, "mark") == ["Two pillars are cracked."]
    assert texts(page, ".note") == [
        "The article has been edited since this link was made; the quoted words are now here."
    ]


def test_words_that_are_gone_or_repeated_are_not_marked(built):
    where = place(MEETING["text"], PARAGRAPHS[1])
    for text in (AGAIN["text"], f"New.\n\n{PARAGRAPHS[1]}\n\n{PARAGRAPHS[1]}"):
        page = get(built(MEETING | {"text": text}, index=quote_hash(text)), where)
        assert texts(page, ".note") == ["The quoted words are no longer in the article."]
        assert page.cssselect(".passage, mark, #passage") == []
        assert "\n\n".join(p.text_content() for p in page.cssselect(".text p")) == text


def test_a_retired_article_is_shown_and_says_so(built):
    built(MEETING, ORCHARD)
    page = get(built(ORCHARD), place(MEETING["text"], PARAGRAPHS[1]))
    assert texts(page, "mark") == [PARAGRAPHS[1]]
    assert re.fullmatch(r"No longer in the index; retired on \d+ \w+ \d{4}\.", texts(page, ".note")[0])


def test_a_library_locates_words_in_place_in_an_earlier_text_or_elsewhere(built):
    words = quote_hash("Two pillars are cracked.")
    start = MEETING["text"].index("Two pillars")
    here = (start, start + 24)
    resolved, span = built(MEETING).locate("meeting", *here, words)
    assert (resolved.current, resolved.article.text, span) == (True, MEETING["text"], here)
    library = built(AGAIN)
    resolved, span = library.locate("meeting", *here, words)
    assert (resolved.current, resolved.article.text, span) == (False, MEETING["text"], here)
    resolved, span = library.locate("meeting", *here, quote_hash("Two pillars are broken.."))
    assert (resolved.current, resolved.article.text, span) == (True, AGAIN["text"], None)
    resolved, span = built(MEETING, index="other").locate("meeting", 0, 24, words)
    assert (resolved.current, span) == (True, here)
    for article_id in ("tunnel", "\ud800"):
        with pytest.raises(LibraryError, match="no article"):
            library.locate(article_id, *here, words)


def test_words_are_found_only_if_they_occur_exactly_once():
    assert quote_hash("ice") == "1bb6571af1d0598c4af133d6b59e03fe"  # printf ice | b2sum -l 128
    assert quote_hash("ice", 12) == "f5a336fac965"  # printf ice | b2sum -l 48
    assert find_words("the ice has gone", 3, quote_hash("ice")) == 4
    assert find_words("ice", 3, quote_hash("ice")) == 0
    assert find_words("the ice, the ice", 3, quote_hash("ice")) is None
    assert find_words("aaa", 2, quote_hash("aa")) is None
    assert find_words("the sea", 3, quote_hash("ice")) is None
    assert find_words("", 3, quote_hash("ice")) is None
    assert find_words("ice", 0, quote_hash("")) is None
    assert find_words("x" * MAX_HASHED_CHARACTERS + "ice", 3, quote_hash("ice")) is None


# Missing articles and invalid links


def test_an_unknown_article_gets_a_page_that_says_so(built):
    library = built(MEETING)
    for article_id in ("tunnel", "../meeting", "a/b", "%", "meeting/", " meeting", "\ud800", "..", "", "x" * 9000):
        page = get(library, article_url(article_id), 404)
        assert texts(page, "h1") == ["No such article"]
    assert texts(get(library, "article/%ED%A0%80", 404), "h1") == ["No such article"]
    page = get(library, "article/meeting?version=123456789abc", 404)
    assert texts(page, "h1") == ["No such version"]


def test_a_damaged_article_gets_a_page_that_says_so(built, tmp_path):
    library = built(MEETING)
    with database(tmp_path / "index") as db:
        db.execute("UPDATE article SET text = 'Nobody met.'")
    page = get(library, "article/meeting", 500)
    assert texts(page, "h1") == ["This page is not available"]
    assert "is not as it was stored: the database is damaged" in texts(page, "p")[0]
    page = html.document_fromstring(fetch(library, "article/meeting", is_local=False).text)
    assert texts(page, "p")[0].startswith("the index is not available at the moment")


@pytest.mark.parametrize(
    "query",
    [
        "at=0-5", "of=123456789abc", "quote=0-5", "at=0-5&of=123456789abc&quote=4-6", "at=5-5&of=123456789abc",
        "at=9-5&of=123456789abc", "at=a-b&of=123456789abc", "at=-1-5&of=123456789abc", "at=0-5&of=123456789ABC",
        "at=0-5&of=123456789abcd", "at=0-5&quote=2-1&of=123456789abc", "at=0-99999999999&of=123456789abc",
        "at=%D9%A0-%D9%A5&of=123456789abc", "at=&quote=&of=", "at=0-5&of=<script>", "at=2-5&quote=1-3&of=123456789abc",
    ],
)  # fmt: skip
def test_invalid_parameters_get_a_page_that_says_so(built, query):
    page = get(built(MEETING), f"article/meeting?{query}", 400)
    assert texts(page, "h1") == ["This link is not valid"]


def test_a_span_beyond_the_text_marks_nothing(built):
    page = get(built(MEETING), article_url("meeting", at="9999990000-9999999999", of=quote_hash("")))
    assert texts(page, ".note") == ["The quoted words are no longer in the article."]


def test_foreign_parameters_are_ignored(built):
    assert texts(get(built(MEETING), "article/meeting?utm_source=x"), ".text p") == list(PARAGRAPHS)


@pytest.mark.parametrize(
    "article_id",
    [
        "a/b", "/a", "a/", "a//b", "../../etc/passwd", "..", ".", "%2e%2e", "..%2f", "a b", "a?b#c&d=e", "ünïcödé/مقال",
        "https://example.org/a?b=c#d", "a\\b", "a;b", "'\"<i>", "a\tb\nc", "+", "x" * 3000,
    ],
)  # fmt: skip
def test_every_id_has_a_url(built, article_id):
    library = built(MEETING | {"id": article_id}, ORCHARD)
    where, marked = cited(library)
    assert re.fullmatch(r"article/([^/]+\?|\?id=(\.|\.\.|a%09b%0Ac)&)at=.+#passage", where)
    page = get(library, where)
    assert texts(page, "code") == [" ".join(article_id.replace("\t", " ").split())]
    assert texts(page, "mark") == [marked]
    assert page.cssselect("nav a")[0].get("href") == "../"
    (listed,) = get(library, "contents?outlet=The+Echo").cssselect("td a")
    assert texts(get(library, listed.get("href").removeprefix("./")), ".text p") == list(PARAGRAPHS)


def test_pages_link_to_the_app_from_any_depth(built):
    library = built(MEETING | {"id": "a/b/c"})
    page = get(library, "article/a/b/c")
    assert [a.get("href") for a in page.cssselect("nav a")] == ["../../../", "../../../contents"]
    for where in ("article/a%2Fb%2Fc", "press/article/a%2Fb%2Fc"):
        page = html.document_fromstring(fetch(library, where, "/press").text)
        assert [a.get("href") for a in page.cssselect("nav a")] == ["../", "../contents"]


# Hostile articles


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "a<script>alert(1)<"
    folder.mkdir()
    marks = f"Nobody here said e{chr(0x301) * 300_000} aloud."  # 600 kB, of which a page shows the beginning
    turns = "\u202eolleh\u2066 \x1b[2J"
    record = {
        "id": HOSTILE, "outlet": f"Echo {HOSTILE}", "host": f"host {HOSTILE}", "title": HOSTILE + turns,
        "authors": [f"<i>{escape(HOSTILE)}</i>"], "date": "2016-02-03", "url": "javascript:alert(1)//" + HOSTILE,
        "text": f"The words are {HOSTILE} {turns} indeed.\n\n{marks}",
    }  # fmt: skip
    printed = {name: f"<i>{escape(record[name])}</i>" for name in ("outlet", "host", "title", "url", "text")}
    lines = [json.dumps(record | printed), json.dumps(MEETING), f"{HOSTILE} is no record"]
    (folder / "n<img src=x onerror=alert(1)>.jsonl").write_text("\n".join(lines), "utf-8")
    return rag.build([folder], index=folder.parent / "index", encoder=WordEncoder())


def test_all_fields_of_a_hostile_article_are_text(hostile):
    stored = next(article for article in hostile.articles() if article.id != "meeting")
    assert HOSTILE in stored.text
    held = (stored.id, stored.outlet, stored.host, stored.title, stored.url, *stored.authors)
    assert all(HOSTILE[1:] in value for value in held)
    citation = next(
        c for c in hostile.ask("The words are indeed", min_confidence=0).passages if c.article_id == stored.id
    )
    wheres = (
        passage_url(citation), article_url(stored.id), "contents", outlet(stored.outlet), outlet("x" + HOSTILE),
        outlet(stored.outlet, page=HOSTILE), article_url(HOSTILE * 2), article_url(stored.id, at=HOSTILE),
        article_url(stored.id, version=HOSTILE), article_url(stored.id, at="0-9", of=quote_hash(HOSTILE)),
    )  # fmt: skip
    for where in wheres:
        response = fetch(hostile, where)
        page = html.document_fromstring(response.text)
        tags = {element.tag for element in page.iter() if isinstance(element.tag, str)}
        assert not tags & {"script", "img", "base", "iframe", "svg"}, where
        forms = [form.get("class") for form in page.iter("form")]
        assert forms == ["find"] * where.startswith("contents") or not forms, where
        assert len(page.cssselect("title, style")) == 2
        allowed = {
            "lang", "charset", "name", "content", "class", "href", "id", "aria-label", "dir", "target", "rel", "scope",
        }  # fmt: skip
        of_lists = {"action", "method", "role", "type", "value", "maxlength", "selected", "aria-current", "aria-sort"}
        of_lists |= {"autocomplete"}
        allowed |= of_lists if where.startswith("contents") else set()
        assert {name for element in page.iter() for name in element.attrib} <= allowed, where
        hrefs = [element.get("href") for element in page.cssselect("[href]")]
        assert all(re.match(r"\.\./|\./|#|https?://", href) for href in hrefs), where
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]|\u0301{31}", response.text)
        assert len(response.content) < 200_000


def test_hostile_fields_are_shown_unchanged(hostile):
    stored = next(article for article in hostile.articles() if article.id != "meeting")
    page = get(hostile, article_url(stored.id))
    assert texts(page, "h1") == [f"{HOSTILE}\ufffdolleh\ufffd \ufffd[2J"]
    assert texts(page, "title") == [f"{HOSTILE}\ufffdolleh\ufffd \ufffd[2J, Echo {HOSTILE} – According"]
    assert known(page)["URL"] == stored.url
    first, second = page.cssselect(".text p")
    assert first.text_content() == f"The words are {HOSTILE} \ufffdolleh\ufffd \ufffd[2J indeed."
    assert len(second.text_content()) < 100
    page = get(hostile, outlet(stored.outlet))
    assert texts(page, "h1") == [f"Echo {HOSTILE}"]


def test_browsers_may_load_nothing_for_these_pages(built):
    library = built(MEETING)
    for where in ("article/meeting", "contents", "article/tunnel"):
        headers = fetch(library, where).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "private, no-cache"


def test_an_unchanged_page_is_not_sent_again(built):
    library = built(MEETING)
    first = fetch(library, "article/meeting")
    again = fetch(library, "article/meeting", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    library = built(AGAIN)
    changed = fetch(library, "article/meeting", **{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


# In the app


def test_readers_who_have_not_signed_in_see_no_page(built):
    address = launch(built(MEETING), port=0, wait=False, auth="reader:secret")
    for where in ("article/meeting", "contents", "contents?outlet=The+Echo", "article/tunnel"):
        with httpx.Client(base_url=address) as browser:
            for refused in (browser.get(where), browser.get(where, headers={"Cookie": "access-token-x=y"})):
                assert refused.status_code == 401, where
                assert "council" not in refused.text, where
            assert browser.head(where).status_code == 401, where
            assert browser.post("login", data={"username": "reader", "password": "secret"}).is_success
            assert browser.get(where).status_code == (404 if "tunnel" in where else 200), where
    gr.close_all()


def test_the_app_and_its_plain_pages_have_their_own_policies(built):
    address = launch(built(MEETING), port=0, wait=False)
    page = httpx.get(f"{address}article/meeting")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert texts(html.document_fromstring(page.text), ".text p") == list(PARAGRAPHS)
    assert httpx.get(address).headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert httpx.get(f"{address}config").is_success
    gr.close_all()


# Versions


def test_the_page_shows_what_changed_from_version_to_version(built):
    first, second = MEETING, MEETING | {"text": MEETING["text"].replace("Two pillars", "Twelve pillars")}
    third = second | {"text": f"{second['text']} The mayor was not heard."}
    built(first)
    built(second)
    page = get(built(third), "article/meeting")
    assert len(texts(page, "section h3")) == 2
    since = "Since an earlier version, replaced in this index on "
    assert all(heading.startswith(since) for heading in texts(page, "h3"))
    assert [texts(page, f".compared {tag}") for tag in ("del", "ins")] == [
        ["removed: Two"], ["added: The mayor was not heard.", "added: Twelve"],
    ]  # fmt: skip
    assert "".join(texts(page, ".text")).endswith("The mayor was not heard.")
    assert get(built(MEETING, index="other"), "article/meeting").cssselect("section") == []


def test_what_changed_is_shown_as_text_whatever_it_holds(built):
    built(MEETING)
    page = get(built(MEETING | {"text": f"{MEETING['text']} {EVIL}"}), "article/meeting")
    assert not page.cssselect("section img, section script")
    assert "</bdi>" in page.cssselect(".compared ins")[0].text_content()
