"""An exported citation says what the card says, in forms that other programs read; nothing in it is markup."""

import datetime as dt
import json
import re
import warnings
from dataclasses import replace
from importlib import resources

import bibtexparser
import pytest
import support.properties  # noqa: F401
from citeproc import Citation as Cited
from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pybtex.database import parse_string
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from support import BRIDGE, HARBOUR, ROOT

import rag
from rag import cli
from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.export import COPIED, FORMS, bibtex, csl_json, key, markdown, passage_text, quotation_text
from rag.answer.wording import DIGEST, NOTHING, when
from rag.article import FROM_URL, date_basis_label
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.text import sanitise

TODAY = dt.date(2026, 11, 26)
TEXT = "The mayor spoke on Friday. The tram line will open in May, she said. Nobody asked when it would close."
PLAIN = Citation(
    "tram", 100, 100 + len(TEXT), TEXT, (127, 168), "The Guardian", "byline: By Jane Roe, The Guardian", "explicit",
    "mirror.example", ("Jane Roe", "Ali al-Masri"), dt.date(2020, 2, 1), "posted by host", "Trams and us",
    "https://guardian.example/trams?a=1&b=2", "digest", 0.5,
)  # fmt: skip
SAID = "The tram line will open in May, she said."
UNKNOWN = replace(
    PLAIN, outlet=None, host=None, authors=(), date=None, date_basis=None, title=None, url=None, kind="full text"
)
EVIL = (
    "}, @comment{ note = {owned}} \\input{x} \\end{document} 100% $x$ a_b # & ~ ^ \" ' `` -- ?` "
    "<script>alert(1)</script> [click](javascript:alert(1)) ![](http://evil.example/x.png) https://evil.example "
    "www.evil.example me@evil.example **bold** {:DOI: 10.1/x} \u202eolleh\u2066"
)


def cited(text=EVIL, **changes):
    """A citation of which every field is this text, the whole of it quoted."""
    values = {"text": text, "start": 0, "end": len(text), "quote": (0, len(text)), "outlet": text, "host": f"h{text}"}
    values |= {"authors": (text, "Jane Roe"), "title": text, "date_basis": text, "url": f"https://e.example/{text}"}
    return replace(PLAIN, **values | changes)


def shown(text):
    """A text in which runs of white space are one space, and nothing turns what stands behind it."""
    return sanitise(" ".join(text.split()))


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("{}\\%$#&_^~\"'`@,=-<>[]()*!?|+.:;/ \t\n\r\u2028\u202e\u2066\u0301\x1b0123456789weiIß\u06cc"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


# CSL-JSON


def items(citation, form=csl_json):
    return json.loads(form(citation, TODAY))


def test_a_date_from_the_url_is_shown_as_such():
    found = replace(PLAIN, date_basis=FROM_URL)
    assert items(found)[0]["note"].endswith("Date: from the URL.")
    assert when(found) == "1 February 2020 (from the URL)"


def test_csl_json_carries_what_is_known():
    assert items(PLAIN) == [
        {
            "id": key(PLAIN),
            "type": "article-newspaper",
            "title": "Trams and us",
            "container-title": "The Guardian",
            "author": [{"literal": "Jane Roe"}, {"literal": "Ali al-Masri"}],
            "issued": {"date-parts": [[2020, 2, 1]]},
            "accessed": {"date-parts": [[2026, 11, 26]]},
            "URL": "https://guardian.example/trams?a=1&b=2",
            "source": "mirror.example",
            "genre": "digest",
            "note": "Digest: a summary, not the outlet’s own words. Date: posted by host.",
            "abstract": SAID,
        }
    ]


def test_in_csl_json_what_is_not_known_is_left_out():
    assert items(UNKNOWN) == [
        {"id": key(UNKNOWN), "type": "article", "accessed": {"date-parts": [[2026, 11, 26]]}, "abstract": SAID}
    ]


def declared(name, file):
    """The words that the CSL project's own schema lists under a name."""
    schema = resources.files("citeproc") / "data" / "schema" / "schemas" / "styles" / file
    return set(re.findall(r'"([^"]+)"', schema.read_text("utf-8").partition(f"{name} =")[2].partition("\n\n")[0]))


def test_types_and_fields_are_those_of_csl():
    types = declared("item-types", "csl-types.rnc")
    names = {"dates": {"issued", "accessed"}, "names": {"author"}, "titles": {"title", "container-title"}}
    names["strings"] = {"URL", "source", "genre", "note", "abstract"}
    for group, used in names.items():
        assert used <= declared(f"variables.{group}", "csl-variables.rnc")
    assert set(items(PLAIN)[0]) == {"id", "type"}.union(*names.values())
    outlet_kinds = {"article-newspaper": "The Guardian", "article-magazine": "Foreign Policy", "webpage": "Press TV"}
    for kind, outlet in outlet_kinds.items():
        assert items(replace(PLAIN, outlet=outlet))[0]["type"] == kind
    assert {*outlet_kinds, "article"} <= types


def test_a_users_own_catalogue_says_what_an_outlet_prints():
    names = load_catalogue('[[outlet]]\nname = "The Delta Herald"\nkind = "magazine"\n', "mine.toml")
    herald = replace(PLAIN, outlet="The Delta Herald")
    assert json.loads(csl_json(herald, TODAY, names))[0]["type"] == "article-magazine"
    assert "@article{" in bibtex(herald, TODAY, names)
    assert "@misc{" in bibtex(herald, TODAY)


def test_a_csl_processor_renders_it():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # which citeproc-py gives for a field or a type that it does not know
        source = CiteProcJSON(items(PLAIN))
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        bibliography = CitationStylesBibliography(style, source, formatter.plain)
        bibliography.register(Cited([CitationItem(key(PLAIN))]))
    assert [str(entry) for entry in bibliography.bibliography()] == [
        "Jane Roe and Ali al-Masri (2020) “Trams and us”, The Guardian, 1 February. Available at: "
        "https://guardian.example/trams?a=1&b=2 (Accessed: November 26, 2026)."
    ]


@given(HOSTILE.filter(bool))
def test_csl_json_gives_back_every_character(text):
    (item,) = items(cited(text))
    assert (item["abstract"], item["title"], item["container-title"], item["source"]) == (text, text, text, f"h{text}")
    assert item["author"] == [{"literal": text}, {"literal": "Jane Roe"}]
    assert "{" not in item["note"]  # which citeproc-js would take for the beginning of a field


def test_json_written_out_turns_no_direction():
    written = csl_json(cited(), TODAY)
    assert sanitise(written) == written
    assert "\\u202eolleh\\u2066" in written


# BibTeX


def plain(value):
    """What LaTeX prints for a value."""
    signs = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    known = get_default_latex_context_db()
    known.add_context_category("signs", prepend=True, macros=[MacroTextSpec(*sign) for sign in signs.items()])
    return LatexNodes2Text(latex_context=known, strict_latex_spaces=True).latex_to_text(value)


def read(text):
    """The one entry of a file, as two parsers read it: (type, key, fields)."""
    library = bibtexparser.parse_string(text)
    assert (library.failed_blocks, library.comments, library.strings, library.preambles) == ([], [], [], [])
    (ours,) = library.entries
    (theirs,) = parse_string(text, "bibtex").entries.values()
    assert (ours.entry_type, ours.key) == (theirs.type, theirs.key)
    fields = {name: field.value for name, field in ours.fields_dict.items()}
    others = dict(theirs.fields) | {"author": " and ".join(map(str, theirs.persons.get("author", [])))}
    assert {n: v for n, v in others.items() if v and n != "month"} == {n: v for n, v in fields.items() if n != "month"}
    return ours.entry_type, ours.key, fields


def test_bibtex_carries_what_is_known():
    assert read(bibtex(PLAIN, TODAY)) == (
        "article",
        key(PLAIN),
        {
            "author": "{Jane Roe} and {Ali al-Masri}",
            "title": "{Trams and us}",
            "journal": "The Guardian",
            "date": "2020-02-01",
            "year": "2020",
            "month": "feb",
            "url": "https://guardian.example/trams?a=1&b=2",
            "urldate": "2026-11-26",
            "note": "Taken from mirror.example. Digest: a summary, not the outlet’s own words. Date: posted by host.",
            "annote": SAID,
        },
    )


def test_in_bibtex_what_is_not_known_is_left_out():
    assert read(bibtex(UNKNOWN, TODAY)) == ("misc", key(UNKNOWN), {"urldate": "2026-11-26", "annote": SAID})


def test_what_is_no_newspaper_is_no_article_of_bibtex():
    kind, _, fields = read(bibtex(replace(PLAIN, outlet="Press TV"), TODAY))
    assert (kind, fields["howpublished"], "journal" in fields) == ("misc", "Press TV", False)


@given(HOSTILE.filter(str.strip))
def test_bibtex_holds_one_entry_and_latex_prints_the_words(text):
    _, _, fields = read(bibtex(cited(text), TODAY, Catalogue(())))
    assert plain(fields["annote"]) == plain(fields["title"]) == plain(fields["howpublished"]) == shown(text)
    assert plain(fields["author"]) == f"{shown(text)} and Jane Roe"
    assert (
        plain(fields["note"])
        == f"Taken from {shown(f'h{text}')}. {DIGEST.capitalize()}. Date: {shown(date_basis_label(text))}."
    )
    assert not re.search(r"[\s{}\\^`\"<>|]", fields["url"])
    assert list(fields) == [
        "author", "title", "howpublished", "date", "year", "month", "url", "urldate", "note", "annote",
    ]  # fmt: skip


def test_bibtex_ends_no_field_and_begins_no_entry_with_an_articles_words():
    written = bibtex(cited(), TODAY)
    assert re.findall(r"@\w+\s*\{", written) == ["@misc{"]
    assert "\\input" not in written
    assert written.count("{") == written.count("}")
    assert sanitise(written) == written


# Markdown


def rendered(text):
    """The HTML that a Markdown text stands for, with the extensions that are widely used."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


def seen(html):
    """What a reader sees of HTML, white space aside."""
    for sign, name in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("&", "&amp;")):
        html = re.sub("<[^>]*>", "", html) if sign == "<" else html
        html = html.replace(name, sign)
    return " ".join(html.split())


def test_markdown_carries_what_is_known():
    assert markdown(PLAIN, TODAY) == (
        "According to a digest of **The Guardian**, via mirror.example, 1 February 2020 \\(posted by host\\):\n\n"
        f"> The mayor spoke on Friday. **{SAID}** Nobody asked when it would close.\n\n"
        "digest\\: a summary, not the outlet’s own words; Trams and us; by Jane Roe, Ali al\\-Masri; "
        "<https://guardian.example/trams?a=1&b=2>; accessed 26 November 2026\n"
    )


def test_in_markdown_what_is_not_known_is_said():
    assert markdown(UNKNOWN, TODAY) == (
        "According to **an unknown outlet**, undated:\n\n"
        f"> The mayor spoke on Friday. **{SAID}** Nobody asked when it would close.\n\naccessed 26 November 2026\n"
    )


def test_markdown_keeps_the_paragraphs_of_a_passage():
    text = "First line, said he.\n\n1. Second line.\n    Third line."
    passage = replace(PLAIN, text=text, start=0, end=len(text), quote=(22, len(text)))
    assert "> First line, said he.\n>\n> **1\\. Second line.**\n> **Third line.**\n" in markdown(passage, TODAY)


def test_markdown_puts_nothing_in_bold_where_it_would_show_the_signs():
    text = "他说了。“今天很好。”然后他走了。"
    passage = replace(PLAIN, text=text, start=0, end=len(text), quote=(4, 11))
    assert f"> {text}\n" in markdown(passage, TODAY)


@given(HOSTILE.filter(str.strip))
def test_markdown_shows_the_words_and_nothing_in_them_is_markup(text):
    html = rendered(markdown(cited(text, outlet="The Post", url=None), TODAY))
    quoted = re.search(r"<blockquote>(.*)</blockquote>", html, re.DOTALL)[1]
    assert seen(quoted) == " ".join(sanitise("\n".join(line.rstrip() for line in text.splitlines())).split())
    assert re.sub(r"</?(p|strong|blockquote)>", "", html).count("<") == 0


def test_markdown_links_to_the_articles_address_and_to_nothing_else():
    assert rendered(markdown(PLAIN, TODAY)).count("<a href") == 1
    html = rendered(markdown(cited(url="javascript:alert(1)"), TODAY))
    assert "<a" not in html
    assert "<img" not in html
    assert "<script" not in html
    assert not re.search(r"https?://|www\.|\w@\w", markdown(cited(url=None), TODAY))  # what many make a link of


# All of them


# What is copied: plain text


CREDIT = (
    "digest of The Guardian, via mirror.example, 1 February 2020 (posted by host), “Trams and us”, "
    "https://guardian.example/trams?a=1&b=2"
)


def test_a_copied_quote_has_the_sentences_and_says_where_they_are_from():
    assert quotation_text(PLAIN, TODAY) == f"“{SAID}”\n{CREDIT}\n"
    assert quotation_text(replace(PLAIN, kind="full text"), TODAY).splitlines()[1] == CREDIT.removeprefix("digest of ")
    assert quotation_text(UNKNOWN, TODAY) == f"“{SAID}”\nan unknown outlet, undated\n"


def test_a_copied_passage_marks_the_sentences_and_says_that_the_emphasis_is_added():
    marked = TEXT.replace(SAID, f"*{SAID}*")
    assert passage_text(PLAIN, TODAY) == f"“{marked}”\n{CREDIT}, emphasis added\n"


@pytest.mark.parametrize(
    ("before", "after"), [("", ""), (" ", "\n"), ("One. ", ""), ("", " Three."), ("One.\n\n", "\n")]
)
def test_nothing_is_marked_where_all_is_quoted_and_no_space_is_marked(before, after):
    text = f"{before}Two. {after}"
    passage = replace(PLAIN, text=text, start=0, end=len(text), quote=(len(before), len(before) + 5))
    copied = passage_text(passage, TODAY)
    words = copied[1 : copied.rindex("”\n")]
    if not (before + after).strip():
        assert copied == quotation_text(passage, TODAY)
        assert "emphasis" not in copied
    else:
        assert words == f"{before}*Two.* {after}".strip()
        assert copied.endswith(", emphasis added\n")
    assert words.replace("*", "") == text.strip()


@pytest.mark.parametrize("write", [quotation_text, passage_text])
def test_of_an_answer_every_quote_is_copied(write):
    answer = Answer("q", "q", "answers", (PLAIN, replace(UNKNOWN, article_id="b")))
    assert write(answer, TODAY) == f"{write(PLAIN, TODAY)}\n{write(UNKNOWN, TODAY)}"
    assert {form.write for form in COPIED.values()} == {quotation_text, passage_text}


@pytest.mark.parametrize("write", [quotation_text, passage_text])
@given(text=HOSTILE)
def test_what_is_copied_has_one_line_of_source_and_nothing_that_turns_it(write, text):
    citation = cited(text or "x")
    copied = write(citation, TODAY)
    assert copied.endswith("\n")
    credit = copied[copied.rindex("”\n") + 2 :] if not citation.title.strip() else copied.splitlines()[-1]
    assert "\n" not in credit.strip("\n")
    assert sanitise(copied) == copied


def test_a_url_that_is_not_of_the_web_is_no_link_in_any_form():
    odd = replace(PLAIN, url="javascript:alert({1})", kind="full text", host=None, date=None)
    assert "URL" not in items(odd)[0]
    assert items(odd)[0]["note"] == "URL: javascript:alert(%7B1%7D)"
    assert read(bibtex(odd, TODAY))[2]["note"] == "URL: javascript:alert(\\%7B1\\%7D)"
    assert "javascript\\:alert\\(\\{1\\}\\)" in markdown(odd, TODAY)


def test_a_key_is_one_citations_own_and_stays_the_same():
    assert (
        key(PLAIN)
        == key(replace(PLAIN, score=0.1, copies=("x",)))
        == "theguardian2020-a0dfd675cbe649994c46bfb09a77db24"
    )
    others = (
        PLAIN, replace(PLAIN, quote=(100, 126)), replace(PLAIN, article_id="bus"), replace(PLAIN, outlet="Reuters"),
        replace(PLAIN, date=None), replace(PLAIN, text=PLAIN.text.replace("May", "Mai")),
    )  # fmt: skip
    assert len({key(c) for c in others}) == len(others)


@given(HOSTILE)
def test_a_key_is_small_latin_letters_digits_and_a_hyphen(text):
    assert re.fullmatch("[a-z0-9]{1,24}2020-[0-9a-f]{32}", key(cited(text)))


def test_an_answer_holds_each_of_its_citations_once():
    second = replace(PLAIN, article_id="bus", title="Buses")
    answer = Answer("Which [line](x)?", "which", "answers", (PLAIN, second))
    assert [item["id"] for item in items(answer)] == [key(PLAIN), key(second)]
    assert [entry.key for entry in bibtexparser.parse_string(bibtex(answer, TODAY)).entries] == [
        key(PLAIN), key(second),
    ]  # fmt: skip
    assert markdown(answer, TODAY) == (
        f"**Which \\[line\\]\\(x\\)?**\n\n{markdown(PLAIN, TODAY)}\n{markdown(second, TODAY)}"
    )


def test_an_answer_that_found_nothing_says_so_and_names_no_source():
    nothing = Answer("Who?", "who", "nothing")
    assert items(nothing) == []
    assert bibtexparser.parse_string(bibtex(nothing, TODAY)).entries == []
    assert NOTHING in bibtex(nothing, TODAY)
    assert markdown(nothing, TODAY) == f"**Who?**\n\n{NOTHING}\n"


# The command line


@pytest.fixture
def library(tmp_path, news, words):
    return rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "index", encoder=words)


@pytest.mark.parametrize("form", FORMS)
def test_ask_prints_an_answer_in_each_form(library, tmp_path, words, monkeypatch, capsys, form):
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: words)
    question = "Who ended the strike of dock workers, according to the Guardian?"
    assert cli.main(["ask", question, "--as", form, "--index", str(tmp_path / "index")]) == 0
    answer = library.ask(question, asked_on=dt.date.today())
    assert answer.found
    printed = capsys.readouterr()
    assert printed.out == FORMS[form].write(answer, dt.date.today(), library.catalogue)
    assert '(Only The Guardian; to search all outlets, add --ignore "according to the Guardian")' in printed.err


def test_ask_prints_one_form(capsys):
    assert cli.main(["ask", "Who?", "--as", "bibtex", "--json"]) == 1
    assert "--json and --as cannot be combined" in capsys.readouterr().err


# The document


@pytest.mark.reranked
def test_the_examples_of_the_document_are_what_comes_out(tmp_path, real, demonstration):
    document = (ROOT / "docs" / "citing.md").read_text("utf-8")
    library = rag.open(demonstration(tmp_path / "index"), encoder=real)
    answer = library.ask("Who was behind Heshmat Alavi?", k=1)
    for form, fence in (("markdown", "markdown"), ("bibtex", "bibtex"), ("csl-json", "json")):
        example = FORMS[form].write(answer, TODAY, library.catalogue)
        assert f"```{fence}\n{example}```" in document
