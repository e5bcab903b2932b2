"""An answer as HTML: who answers, its notes and tabs, what can be done where nothing is shown; text is no markup."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from support.cited import EVIL, PLACE, SAFE, citation

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.balance import ONE_OUTLET, Balance, Caution, Counts, OutletMatch
from rag.answer.figures import Figure, Mention
from rag.answer.refusals import Missing, ShutOut, Why
from rag.answer.suggestions import Suggestion
from rag.query.constraints import (
    CONTRADICTION,
    DATES,
    IGNORED,
    IN_FUTURE,
    MENTION,
    ORDER,
    OUTLET,
    PERIOD,
    Constraint,
)
from rag.retrieval.parse import OVERRIDDEN, Alias
from rag.web.answer_html import failed_html, switchable, turn_html

YEAR = (dt.date(2009, 1, 1), dt.date(2009, 12, 31))


def answered(*passages, grade="answers", balance=None, question="q", **more):
    """An answer of these passages, by default of one outlet in an index of three articles."""
    passages = passages or (citation(),)
    index = Counts(3, {"x": 1, "y": 2})
    balance = balance or Balance(Counts(1, {"x": 1}, independent=1), index, index)
    return Answer(question, **({"searched": question, "grade": grade, "passages": passages, "balance": balance} | more))


def refused(why=None, articles=3, **more):
    counts = Counts(articles)
    balance = Balance(allowed=counts, index=counts)
    known = {"question": "q", "searched": "q", "balance": balance, "confidence": 0.1}
    return Answer(grade="nothing", why=why and Why(*why), **(known | more))


def line(html, name):
    """The content of the paragraph of a class; None if there is none."""
    found = re.search(f'<p class="{name}"[^>]*>(.*?)</p>', str(html))
    return found and found[1]


def buttons(html, name):
    """The content of the buttons that do something, by what the script knows them by."""
    return re.findall(f'<button [^>]*data-do="{name}"[^>]*>(.*?)</button>', str(html))


def shown(text):
    """HTML as it is read."""
    return re.sub("<[^>]*>", "", text)


# The turn


@pytest.mark.parametrize("grade", ["answers", "near"])
def test_a_turn_has_its_grade_its_number_and_its_question_as_its_heading(grade):
    html = turn_html(answered(grade=grade, question=EVIL), number=7)
    assert html.startswith(
        f'<section class="according turn {grade}" data-turn="7" data-at="0" aria-labelledby="asked-7">'
        f'<h2 class="question" id="asked-7"><bdi>{SAFE}</bdi></h2>'
    )


def test_no_element_of_one_turn_has_the_id_of_another():
    turns = [turn_html(answered(), number=number, handle="H") for number in (1, 2, 21)]
    ids = re.findall(' id="(.*?)"', "".join([*turns, failed_html("Who?", "no"), failed_html("Who?", "no")]))
    assert len(ids) == len(set(ids)) == 3 * 9


def test_who_answers_is_the_first_line_above_all_passages():
    html = turn_html(answered())
    assert line(html, "verdict") == "1 outlet answers · at least 1 independent source · 2020"
    assert html.index('class="verdict"') < html.index('class="card"')
    assert line(html, "count") is None


def test_the_nearest_passages_are_called_that_above_them_and_in_the_name_of_each():
    near = citation(grade="near")
    answer = answered(near, near, grade="near", balance=Balance(Counts(2, {"x": 2}, independent=1)))
    html = turn_html(answer)
    assert line(html, "verdict") == "Nearest passages. They may not answer."
    assert line(html, "count") == "at least 1 independent source · 2020"
    assert html.index('class="verdict"') < html.index('class="count"') < html.index('<article class="card"')
    assert re.findall('<article class="card" aria-label="(.*?)"', html) == [
        "Passage 1 of 2, which may not answer", "Passage 2 of 2, which may not answer",
    ]  # fmt: skip
    assert not re.search(r"outlets? answers?\b", html), "no wording says that they answer"
    assert 'class="doubt"' not in html, "it is said above them, of all"


def test_of_passages_that_answer_each_that_may_not_is_called_so():
    html = turn_html(answered(citation(grade="answers"), citation(grade="near")))
    assert line(html, "verdict").endswith(" · 1 more passage may not answer")
    assert re.findall('<article class="card" aria-label="(.*?)"', html) == [
        "Passage 1 of 2", "Passage 2 of 2, which may not answer",
    ]  # fmt: skip
    one, two = html.split('<article class="card"')[1:]
    assert '<span class="doubt">may not answer</span>' in two.split("</header>")[0]
    assert "may not answer" not in one
    assert "They may not answer" not in html


def test_a_caution_follows_the_first_line():
    balance = Balance(Counts(1, {"x": 1}, independent=1), warnings=(Caution(ONE_OUTLET, (EVIL,)),))
    html = turn_html(answered(balance=balance))
    assert (
        f'</p><p class="caution"><strong>Caution:</strong> all passages come from one outlet, <bdi>{SAFE}</bdi>.</p>'
    ) in html
    assert line(turn_html(answered()), "caution") is None


def test_all_text_is_escaped():
    suggestions = (Suggestion(EVIL, EVIL, EVIL, False), Suggestion(EVIL, EVIL, EVIL, True))
    html = turn_html(refused(("phrase", (EVIL,)), question=EVIL, searched=EVIL + EVIL, suggestions=suggestions))
    assert "<img" not in html + turn_html(answered(question=EVIL), alone=EVIL) + failed_html(EVIL, EVIL)
    assert html.count("<bdi>") == html.count("</bdi>")


# Nothing is shown


def test_an_empty_answer_says_so():
    html = turn_html(refused())
    assert line(html, "verdict") == "Nothing here answers that."
    assert line(html, "why") is None
    assert html.startswith('<section class="according turn nothing"')
    assert 'role="tab"' not in html


@pytest.mark.parametrize(
    ("why", "verdict", "said"),
    [
        (("phrase", ("old quay",)), None, "No passage in the index prints “old quay”."),
        (("words", ("Zelda", "Quux")), None, "No article holds “Zelda” or “Quux”."),
        (("not near", ()), None, "No passage is near enough to the question."),
        (("strict", ()), None, wording.ONLY_NEAR),
        (("not a question", ("greeting",)), wording.NO_QUESTION["greeting"], None),
        (("no articles", ()), wording.NO_ARTICLES, None),
    ],
)
def test_why_nothing_is_shown_is_said_once(why, verdict, said):
    html = turn_html(refused(why))
    assert shown(line(html, "verdict")) == (verdict or "Nothing here answers that.")
    assert (line(html, "why") and shown(line(html, "why"))) == said
    assert "card" not in html


@pytest.mark.parametrize(
    ("answer", "ways"),
    [
        (refused(("not near", ())), ["Show the nearest passages"]),
        (refused(("strict", ())), ["Show the nearest passages"]),
        (refused(("not a question", ("greeting",))), []),
        (refused(("no articles", ()), articles=0), []),
        (
            refused(("not near", ()), missing=Missing(filters=(ShutOut("outlets", ("A",), 2),))),
            ["Show the nearest passages", "Ask without filters"],
        ),
        (
            refused(("filters", ()), articles=0, missing=Missing(filters=(ShutOut("outlets", ("A",), 3),))),
            ["Ask without filters"],
        ),
        (
            refused(("not near", ()), missing=Missing(filters=(ShutOut("outlets", ("A",), 0),))),
            ["Show the nearest passages"],
        ),
    ],
)
def test_what_can_be_done_where_nothing_is_shown_is_offered_and_nothing_that_would_not_help(answer, ways):
    html = turn_html(answer)
    assert buttons(html, "(?:nearest|unfiltered)") == ways
    assert turn_html(answered()).count("nearest") == 0


def test_names_that_no_article_holds_are_buttons_that_ask_with_another_or_were_searched_for_already():
    offered = Suggestion("Ashrof", "Ashraf", "Who closed Ashraf?", False)
    html = turn_html(refused(("words", ("Ashrof",)), suggestions=(offered,)))
    assert '<button type="button" data-do="suggested" data-words="Who closed Ashraf?">' in html
    assert [*map(shown, buttons(html, "suggested"))] == ["Did you mean “Ashraf”? Ask: Who closed Ashraf?"]
    assert "No article holds “<bdi>Ashrof</bdi>”: searched" not in html
    html = turn_html(answered(suggestions=(replace(offered, searched=True),)))
    assert shown(line(html, "note")) == "No article holds “Ashrof”: searched for “Ashraf” instead."
    assert buttons(html, "suggested") == []


def test_an_error_has_the_question_and_a_way_to_try_again():
    assert failed_html("Who?", "a day has no hour 25") == (
        '<section class="according turn failed"><h2 class="question"><bdi>Who?</bdi></h2>'
        '<p class="verdict" role="alert">A day has no hour 25.</p>'
        '<p class="ways"><button type="button" data-do="retry">Try again</button></p></section>'
    )
    for message in ("Wait!", "Wait?", "Wait."):
        assert f'role="alert">{message}</p>' in failed_html("", message)


# What was understood of the question


def above(*constraints, searched="q", alone=None, **more):
    """The HTML between the first lines and what is below them."""
    html = turn_html(answered(constraints=constraints, searched=searched, **more), alone=alone)
    return html.split("</p>", 1)[1].split('<div role="tablist"', 1)[0]


def dated(words, after=None, before=None, **changes):
    return Constraint(DATES, words, 0, len(words), after=after, before=before, **changes)


def chip(words, label, on=True):
    off, sign = ("", "×") if on else (" off", "+")
    return (
        f'<button type="button" class="chip{off}" data-do="switch" data-words="{words}" '
        f'aria-pressed="{str(on).lower()}">{label}<span class="sign" aria-hidden="true"> {sign}</span></button>'
    )


def test_an_answer_to_a_plain_question_has_nothing_between_its_first_line_and_its_cards():
    assert above() == ""


def test_constraints_understood_from_the_question_are_buttons_that_switch_them_off():
    by = Constraint(OUTLET, "according to the Post", 0, 21, "The Post")
    assert above(dated("In 2009", *YEAR), by, searched="how many?") == (
        '<p class="searched">Searched for: <bdi>how many?</bdi></p><p class="chips">'
        f"{chip('In 2009', 'Only 2009-01-01 to 2009-12-31')} "
        f"{chip('according to the Post', 'Only <bdi>The Post</bdi> (not in this index)')}</p>"
    )


def test_words_that_state_two_constraints_are_one_button():
    both = dated("in 2009", *YEAR), Constraint(OUTLET, "in 2009", 0, 7, "x")
    assert above(*both) == (
        f'<p class="chips">{chip("in 2009", "Only 2009-01-01 to 2009-12-31, Only <bdi>x</bdi>")}</p>'
    )
    assert switchable(answered(constraints=both)) == {"in 2009": [*both]}


def test_a_constraint_says_what_it_does():
    def label(constraint):
        return shown(above(constraint))[:-2]

    assert label(dated("on 1 January 2009", YEAR[0], YEAR[0])) == "Only 2009-01-01"
    assert label(dated("since 2009", YEAR[0])) == "Only 2009-01-01 or later"
    assert label(dated("until 2009", None, YEAR[1])) == "Only 2009-12-31 or earlier"
    assert label(Constraint(OUTLET, "says y", 0, 6, "y")) == "Only y"
    then = Constraint(PERIOD, "in 2009", 0, 7, after=YEAR[0], before=YEAR[1])
    now = Constraint(PERIOD, "recently", 0, 8, after=YEAR[0], before=YEAR[0], counted_from=YEAR[0])
    assert label(then) == "First: articles from 2009-01-01 to 2009-12-31 or soon after"
    assert label(now) == "First: articles from 2009-01-01 or soon after, counted from 2009-01-01"
    assert label(Constraint(ORDER, "first reports", 0, 13)) == "First: the oldest articles"


def test_what_is_not_applied_can_be_switched_on_or_says_why_it_cannot():
    off = [
        dated(words, *YEAR, applied=False, why=why)
        for words, why in (("in 2001", IGNORED), ("in 2002", OVERRIDDEN), ("in 2003", CONTRADICTION))
    ]
    mention = Constraint(MENTION, "in 2090", 0, 7, applied=False, why=IN_FUTURE)
    label = "“<bdi>in 2001</bdi>” not applied: Only 2009-01-01 to 2009-12-31"
    assert above(*off, mention) == (
        f'<p class="chips">{chip("in 2001", label, on=False)} '
        '<span class="chip off">“<bdi>in 2002</bdi>”: overridden by the filters you set</span> '
        '<span class="chip off">“<bdi>in 2003</bdi>”: the dates contradict each other</span></p>'
    )
    assert [*switchable(answered(constraints=(*off, mention)))] == ["in 2001"]


def test_a_question_that_stands_alone_can_be_made_a_follow_up():
    long = "Who said what of " + "the very old bridge " * 20
    html = turn_html(answered(), alone=long)
    assert '<section class="according turn answers" data-turn="1" data-at="0" data-alone aria-' in html
    (label,) = buttons(html, "follow")
    assert shown(label).startswith("follow-up of: Who said what of the very old bridge")
    assert len(shown(label)) <= len("follow-up of: ") + wording.MAX_TAKEN_CHARACTERS + 2
    assert 'data-do="follow" aria-pressed="false">' in html
    assert "data-alone" not in turn_html(answered())


def test_a_follow_up_that_is_complete_by_itself_is_called_that():
    said = "follow-up: complete without the question before"
    assert said in turn_html(answered(), complete=True)
    assert said not in turn_html(answered())


def test_what_is_no_question_is_marked_as_nothing_that_can_be_continued():
    aside = Answer("Thanks!", "Thanks!", "nothing", why=Why("not a question", ("greeting",)))
    assert " data-aside aria-" in turn_html(aside)
    assert "data-aside" not in turn_html(answered()) + turn_html(Answer("q", "q", "nothing"))


# What is below the first lines


def test_the_passages_and_the_balance_come_with_the_answer_and_other_views_from_its_files():
    html = turn_html(answered(), number=4, handle="H/1")
    tabs = re.findall(
        '<button type="button" role="tab" id="turn-4-(.*?)" aria-controls="turn-4-(.*?)-panel" aria-selected="(.*?)" '
        'tabindex="(.*?)" data-do="tab">(.*?)</button>',
        html,
    )
    assert tabs == [
        ("passages", "passages", "true", "0", "Passages (1)"),
        ("side-by-side", "side-by-side", "false", "-1", "Side by side"),
        ("timeline", "timeline", "false", "-1", "Timeline"),
        ("balance", "balance", "false", "-1", "Balance"),
    ]
    panel = '<div role="tabpanel" id="turn-4-{0}-panel" class="{0}" aria-labelledby="turn-4-{0}"{1}>'
    assert html.count('role="tabpanel"') == 4
    assert panel.format("passages", "") + '<article class="card"' in html
    for view in ("side-by-side", "timeline"):
        assert panel.format(view, f' hidden data-href="answer/H%2F1/{view}"') + "</div>" in html
    assert panel.format("balance", " hidden") + '<p class="note">1 of 2 outlets in the index.</p><table' in html
    assert '<a href="answer/H%2F1?as=bibtex" download>BibTeX</a>' in html
    assert buttons(html, "link") == ["Copy link"]


def test_without_files_there_is_nothing_to_fetch():
    html = turn_html(answered())
    assert re.findall('role="tab" id="turn-1-(.*?)"', html) == ["passages", "balance"]
    assert "answer/" not in html
    assert "data-href" not in html.replace('data-do="copy" data-href', "")


def test_the_balance_leads_to_the_cards():
    dates = dt.date(2020, 2, 1), dt.date(2021, 2, 1)
    passages = [citation(article_id=name, date=date) for name, date in zip("ab", dates, strict=True)]
    outlet_matches = tuple(OutletMatch(c.article_id, EVIL, c.date, True) for c in passages)
    counts = Counts(2, {EVIL: 2}, independent=1)
    html = turn_html(answered(*passages, balance=Balance(counts, counts, counts, outlet_matches=outlet_matches)))
    strip, balance = html.split('<div role="tablist"')[0], html.split('class="balance"')[1]
    assert re.findall('<article class="card" [^>]*data-card="(.*?)"', html) == ["1", "2"]
    for part in (strip, balance):
        assert re.findall('<button type="button" data-do="card" data-card="(.*?)"', part) == ["1", "2"]
    assert html.count(f'<th scope="row"><bdi>{SAFE}</bdi></th>') == 2
    assert "<img" not in html


def below(**more):
    """The notes below an answer, with the names of outlets without a match."""
    html = turn_html(answered(**{"confidence": 0.5, **more}))
    return "".join(re.findall('<p class="note">.*?</p>', html.split("<footer ")[-1]))


def balance(**changes):
    return Balance(Counts(1, {"x": 1}, independent=1), index=Counts(1, {"The Post": 1}), **changes)


def test_notes_name_aliases_capped_outlets_undated_articles_and_a_missing_threshold():
    aliases = (Alias("PU", ("Port Union", "Union of Ports")), Alias("HA", tuple("abcde")))
    assert below() == ""
    assert below(aliases=aliases) == (
        '<p class="note">Other names searched for “<bdi>PU</bdi>”: <bdi>Port Union</bdi> and '
        '<bdi>Union of Ports</bdi>.</p><p class="note">Other names searched for “<bdi>HA</bdi>”: <bdi>a</bdi>, '
        "<bdi>b</bdi>, <bdi>c</bdi> and 2 more.</p>"
    )
    assert below(balance=balance(capped={"A": 1})) == (
        '<p class="note">1 more passage from <bdi>A</bdi> matches nearly as well.</p>'
    )
    assert below(balance=balance(capped={"A": 1, "B": 4})) == (
        '<p class="note">5 more passages from <bdi>B</bdi> and <bdi>A</bdi> match nearly as well.</p>'
    )
    assert below(balance=balance(undated_left_out=1200)) == (
        '<p class="note">The date filter leaves out 1,200 undated articles.</p>'
    )
    assert "run: according evaluate --fit." in below(confidence=None)


def test_hostile_words_in_constraints_aliases_and_outlets_are_text():
    evil = EVIL + "\u202eolleh<script>"
    html = turn_html(
        answered(
            constraints=(
                Constraint(OUTLET, evil, 0, len(evil), evil),
                dated(f"{evil} ", *YEAR, applied=False, why=IGNORED),
            ),
            searched=evil,
            aliases=(Alias(evil, (evil,)),),
            balance=balance(capped={evil: 2}, unmatched_outlets=(evil,)),
        ),
        alone=evil,
    )
    # as text: searched for, the outlet, what is ignored, the alias and its spelling, two outlets, the follow-up; and
    # the words of two buttons
    assert html.count(f"{SAFE}\ufffdolleh&lt;script&gt;") == html.count("olleh") == 9
    assert "<img" not in html
    assert "<script" not in html


# Figures


def test_figures_are_one_line_above_the_passages_each_with_a_link_to_its_place():
    mentions = Mention("a", 15, 18, "Two", "The Post", None), Mention("a", 15, 18, "two", None, None)
    html = turn_html(answered(figures=(Figure("number", 2, None, "people", mentions),)))
    place = PLACE.replace("quote=15-19", "quote=15-18")
    link = f'<a href="{place}" target="_blank" rel="noopener"><bdi>{{}}</bdi></a>'
    assert line(html, "figures") == (
        "Figures given: <span><strong><bdi>Two</bdi></strong> "
        f"({link.format('The Post')}; {link.format('an unknown outlet')})</span>"
    )
    assert html.index('class="figures"') < html.index('class="card"')
    assert line(turn_html(answered()), "figures") is None


def test_the_words_of_figures_are_escaped():
    mentions = Mention("a", 15, 18, f"9{EVIL}", EVIL, None), Mention("a", 16, 18, f"9{EVIL}{EVIL}", EVIL, None)
    html = turn_html(answered(figures=(Figure("number", 9, None, "people", mentions),)))
    assert EVIL not in html
    assert line(html, "figures").count(SAFE) == 5
