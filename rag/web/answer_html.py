"""Answer -> HTML: a turn of the conversation. What was asked, who answers, the passages, and how to weigh them.

The sentences come from `rag.answer.wording`, the cards from `card_html`, the charts from `charts`. Everything is made
of `Html`, which escapes what is put into it. What the buttons do is in `app.js`, by their `data-do`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.balance import Balance
from rag.answer.export import FORMS
from rag.answer.grade import ANSWERS, NEAR
from rag.answer.html import Html, isolated, phrase
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.query.constraints import IGNORED, OFFERS, Constraint
from rag.web.card_html import card_html
from rag.web.charts import kinds_html, outlets_html, strip_html, times_html
from rag.web.dossier_files import dossiers_html
from rag.web.figures_html import figures_html
from rag.web.since_asked import SinceAsked, line_html, mark_html, more_html
from rag.web.urls import answer_url, view_url

NOTHING = "Nothing here answers that."

_TURN = Html(
    '<section class="according turn {grade}" data-turn="{number}" data-at="{at}"{marks} '
    'aria-labelledby="asked-{number}">'
    '<h2 class="question" id="asked-{number}">{question}</h2>{parts}</section>'
)
# It has no number, by which the page would know it: there may be several.
_FAILED = Html(
    '<section class="according turn failed"{}><h2 class="question">{}</h2><p class="verdict" role="alert">{}</p>'
    '<p class="ways">{}</p></section>'
)
# What can be done after an error: try again, change the question, or ask anew what it continues, which the script does.
RETRY, EDIT, FORGET = "retry", "edit", "forget"
_TRY_AGAIN = Html('<button type="button" data-do="retry">Try again</button>')
_WAYS = {
    RETRY: _TRY_AGAIN,
    EDIT: Html('<button type="button" data-do="edit">Change the question</button> {}').format(_TRY_AGAIN),
    FORGET: _TRY_AGAIN,
}
_VERDICT = Html('<p class="verdict">{}</p>')
_FOLLOW = Html(
    '<button type="button" class="chip off" data-do="follow" aria-pressed="false">follow-up of: {}'
    '<span class="sign" aria-hidden="true"> +</span></button>'
)
# For the script: a question that is not taken to continue the one before, and one that nothing can continue.
_ALONE, _ASIDE = Html(" data-alone"), Html(" data-aside")
_COMPLETE = Html('<span class="chip off">follow-up: complete without the question before</span>')
_NOTE = Html('<p class="note">{}.</p>')
# What each card is called, for those who go from one to the next without what is above the first.
_LABEL, _NEAR_LABEL = "Passage {} of {}", "Passage {} of {}, which may not answer"
_ALSO_LABEL = "Passage that is new too"


def turn_html(
    answer: Answer,
    catalogue: Catalogue | None = None,
    number: int = 1,
    handle: str | None = None,
    alone: str | None = None,
    complete: bool = False,
    since: SinceAsked | None = None,
    until: int = 0,
) -> Html:
    """Return the answer as cards below the notes on how to weigh it, or the sentence that says that there is none.

    Args:
        answer: the answer.
        catalogue: what is known of outlets; by default the catalogue that comes with According.
        number: of the question in its conversation.
        handle: by which the files of the answer are kept (see `answer_files`), if they are.
        alone: the question before, if this one is not taken to continue it.
        complete: whether the reader said that it does, and it needs nothing of it.
        since: what is new since the reader last asked it, if that is known.
        until: up to when the index was searched (see `since_asked.searched_until`).
    """
    parts = [*_verdict(answer, since), _constraints(answer, alone, complete)]
    if answer.found:
        parts.append(figures_html(answer))
        parts.append(_tabs(answer, catalogue or load_catalogue(), number, handle, since))
    else:
        parts += _ways_on(answer)
    parts.append(_after(answer, handle))
    return _TURN.format(
        grade=answer.grade,
        number=number,
        at=until,
        marks=Html("{}{}").format(_ALONE if alone else "", "" if wording.is_question(answer) else _ASIDE),
        question=isolated(answer.question),
        parts=Html().join(parts),
    )


def failed_html(question: str, message: str, way: str = RETRY) -> Html:
    """Return what takes the place of an answer where there was an error.

    Args:
        question: as typed.
        message: what went wrong.
        way: what can be done: RETRY, EDIT, or FORGET where the server does not know what was asked before.
    """
    sentence = f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '!', '?')) else '.'}"
    return _FAILED.format(Html(" data-forgotten") if way == FORGET else "", isolated(question), sentence, _WAYS[way])


def switchable(answer: Answer) -> dict[str, list[Constraint]]:
    """Return the constraints that the reader can switch on and off, by their words in the question."""
    found: dict[str, list[Constraint]] = {}
    for c in answer.constraints:
        if c.applied or c.why in (IGNORED, *OFFERS):
            found.setdefault(c.words, []).append(c)
    return found


def _verdict(answer: Answer, since: SinceAsked | None) -> list[Html]:
    """Return the lines that say whether and by whom the question is answered, why if not, what is new; and cautions."""
    parts = []
    if answer.grade == ANSWERS:
        parts.append(_VERDICT.format(wording.verdict(answer)))
    elif answer.found:
        parts.append(_VERDICT.format(wording.notice(answer)))
        parts.append(Html('<p class="count">{}</p>').format(wording.counts(answer)))
    elif reason := wording.reason(answer):
        parts.append(_VERDICT.format(NOTHING if wording.is_question(answer) else phrase(reason)))
        parts += [Html('<p class="why">{}</p>').format(phrase(reason))] if wording.is_question(answer) else []
    else:
        parts.append(_VERDICT.format(NOTHING))
    parts.append(line_html(since, answer))
    caution = Html('<p class="caution"><strong>Caution:</strong> {}.</p>')
    return parts + [caution.format(phrase(wording.caution(found))) for found in answer.balance.warnings]


def _constraints(answer: Answer, alone: str | None, complete: bool) -> Html:
    """Return what was searched for, and what was understood from the words of the question, applied or not.

    What the reader can switch on and off is a button each.
    """
    switch = Html(
        '<button type="button" class="chip{}" data-do="switch" data-words="{}" aria-pressed="{}">{}'
        '<span class="sign" aria-hidden="true"> {}</span></button>'
    )
    fixed = Html('<span class="chip off">“{}”: {}</span>')
    lines = []
    if answer.searched != answer.question:
        lines.append(Html('<p class="searched">Searched for: {}</p>').format(isolated(answer.searched)))
    chips = []
    for words, same in switchable(answer).items():
        on = any(c.applied for c in same)
        label = Html(", ").join(phrase(wording.limit(c, answer)) for c in same if c.applied or not on)
        if not on:
            why = "; ".join(dict.fromkeys(c.why for c in same if c.why in OFFERS))
            reason = Html(" ({})").format(why) if why else ""
            label = Html("“{}” not applied{}: {}").format(isolated(words), reason, label)
        chips.append(switch.format("" if on else " off", words, str(on).lower(), label, "×" if on else "+"))
    other = [c for c in wording.unapplied(answer) if c.words not in switchable(answer)]
    chips += [fixed.format(isolated(c.words), c.why) for c in other]
    if alone:
        short = textwrap.shorten(alone, wording.MAX_TAKEN_CHARACTERS, placeholder=" …")
        chips.append(_FOLLOW.format(isolated(short)))
    chips += [_COMPLETE] if complete else []
    if chips:
        lines.append(Html('<p class="chips">{}</p>').format(Html(" ").join(chips)))
    return Html().join([*lines, _offers(answer)])


def _offers(answer: Answer) -> Html:
    """Return the questions that may have been meant, as buttons; and what was searched for instead of a word."""
    offer = Html('<button type="button" data-do="suggested" data-words="{}">{}</button>')
    offers = [
        offer.format(found.question, phrase(wording.ask_instead(found)))
        for found in answer.suggestions
        if not found.searched
    ]
    instead = [_NOTE.format(phrase(wording.suggestion(found))) for found in answer.suggestions if found.searched]
    return Html().join([*instead, Html('<p class="ways">{}</p>').format(Html(" ").join(offers)) if offers else ""])


def _ways_on(answer: Answer) -> list[Html]:
    """Return what a reader can do where nothing is shown: see the nearest passages, or ask without the filters."""
    ways = []
    if answer.balance.allowed.articles and wording.is_question(answer):
        ways.append(Html('<button type="button" data-do="nearest">Show the nearest passages</button>'))
    if any(shut.articles for shut in answer.missing.filters):
        ways.append(Html('<button type="button" data-do="unfiltered">Ask without filters</button>'))
    return [Html('<p class="ways">{}</p>').format(Html(" ").join(ways))] if ways else []


def _tabs(answer: Answer, catalogue: Catalogue, number: int, handle: str | None, since: SinceAsked | None) -> Html:
    """Return the passages, and tabs that show the same sources in other ways, two of them fetched when opened."""
    count = len(answer.passages)
    cards = {c.article_id: place for place, c in reversed([*enumerate(answer.passages, 1)])}
    passages = [
        card_html(
            c,
            (_NEAR_LABEL if c.grade == NEAR else _LABEL).format(place, count),
            place,
            catalogue,
            doubtful=wording.is_doubtful(c, answer),
            new=mark_html(since, c.article_id),
        )
        for place, c in enumerate(answer.passages, 1)
    ]
    more = [
        card_html(c, _ALSO_LABEL, place, catalogue) for place, c in enumerate(since.more if since else (), count + 1)
    ]
    panels = {
        "passages": (f"Passages ({count})", Html().join(passages) + more_html(Html().join(more)), ""),
        **(
            {
                "side-by-side": ("Side by side", "", view_url(handle, "side-by-side")),
                "timeline": ("Timeline", "", view_url(handle, "timeline")),
            }
            if handle
            else {}
        ),
        "balance": ("Balance", _balance(answer.balance, cards), ""),
    }
    tab = Html(
        '<button type="button" role="tab" id="{0}-{1}" aria-controls="{0}-{1}-panel" aria-selected="{2}" '
        'tabindex="{3}" data-do="tab">{4}</button>'
    )
    panel = Html('<div role="tabpanel" id="{0}-{1}-panel" class="{1}" aria-labelledby="{0}-{1}"{2}{3}>{4}</div>')
    name, hidden, source = f"turn-{number}", Html(" hidden"), Html(' data-href="{}"')
    tabs, bodies = [], []
    for place, (key, (title, content, href)) in enumerate(panels.items()):
        tabs.append(tab.format(name, key, str(place == 0).lower(), 0 if place == 0 else -1, title))
        fetched = source.format(href) if href else ""
        bodies.append(panel.format(name, key, hidden if place else "", fetched, content))
    listed = Html('<div role="tablist" aria-label="Views of this answer">{}</div>').format(Html().join(tabs))
    return Html().join([strip_html(answer.passages), listed, *bodies])


def _balance(balance: Balance, cards: dict[str, int]) -> Html:
    """Return the charts, which are tables too. Who has no match is said side by side."""
    outlets = wording.counted(balance.allowed.named, "outlet")
    said = f"{balance.shown.named:,} of {outlets} {wording.scope(balance)}"
    charts = Html('<p class="note">{}.</p>{}{}{}').format(
        said, outlets_html(balance), kinds_html(balance), times_html(balance, cards)
    )
    return charts


def _after(answer: Answer, handle: str | None) -> Html:
    """Return what is below the passages: notes on the search, and what can be taken along."""
    notes: Sequence[Html] = [_NOTE.format(phrase(note)) for note in wording.notes(answer, suggestions=False)]
    tools = [Html('<button type="button" data-do="link">Copy link</button>')]
    if handle:
        anchor = Html('<a href="{}" download>{}</a>')
        tools += [anchor.format(answer_url(handle, name), form.label) for name, form in FORMS.items()]
        tools.append(dossiers_html(handle))
    return Html('<footer class="after">{}<p class="tools">{}</p></footer>').format(
        Html().join(notes), Html(" ").join(tools)
    )
