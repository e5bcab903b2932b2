"""Text dumps of web pages -> Articles.

A dump is what a page shows, as lines of text: menus, the articles, lists of other articles, footers. One page may
hold ten articles. Nothing marks where one begins, so the reader goes by what such pages have in common:

1. Each line gets a kind (`classify`): prose, a short line, a dated line ("March 26, 2009 0 comments"), a byline, or
   furniture. Short lines that return all over the page are labels.
2. Dated lines and bylines beside prose are the page's rhythm (`rhythm`): they stand in each article between title and
   text, above the title, or below the text. Stretches cut by them hold one article each; a page without rhythm is one.
3. In a stretch, the short lines above the first paragraph are its head, the best of which is the title (`pick_title`);
   the text ends where lists of other articles, comments or footers begin (`text_end`).

A stretch whose prose is cut off ("... Continue reading") or that alternates titles and summaries is a list of other
articles, and yields nothing. The words below are those of page templates everywhere, not of one site. They and the
limits were tuned on 5 real dumps (23 articles) and 30 made for the purpose (53 articles, some in tests/pages);
`tests/test_page_dump.py` holds what they reach.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path

import regex

from ..article import POSTED, PUBLISHED, Article, identify
from ..attribution import attribute, byline, names_only
from ..dates import find_date
from ..errors import InputError
from ..outlets import catalogue, domain

MIN_WORDS = 18  # a brief of one sentence counts (the shortest real one has 33 words); a slogan does not
BRIEF_WORDS = 45  # titles alternating with paragraphs shorter than this are a list of links
EXCERPT_WORDS = 120  # a text cut off with "..." and shorter than this is a teaser of an article, not the article
LONG_LINE = 500  # characters; no menu, head or footer line on the 35 pages is longer, so such a line is a paragraph
LABEL_TIMES = 3  # a short line printed so often on one page is a category, a caption or a control, never a title
HEAD_LINES = 4  # content lines between a date and the text: title, category, picture label, standfirst


class Kind(Enum):
    BLANK = auto()
    PROSE = auto()
    SHORT = auto()  # titles, category lines, captions, names
    LABEL = auto()  # a short line that returns all over the page
    BULLET = auto()
    DATED = auto()  # nothing but a date and what goes with one
    BYLINE = auto()
    META = auto()  # "3 min read", "Updated 2 hours ago": belongs to a head, holds no date
    NOISE = auto()  # share links, advertisements, menus in one line
    BOX = auto()  # newsletter and cookie boxes: may stand in the middle of a text
    MORE = auto()  # "Continue reading"
    CRUMBS = auto()  # Home » World » Title
    TEASERS = auto()  # heading of a list of other articles
    COMMENTS = auto()
    PAGER = auto()  # "« Older posts", "1 2 3 Next"
    TAGS = auto()  # "Filed under: ...", "Category: ..."
    FOOTER = auto()  # contact and licence lines, copyright


CONTENT = frozenset({Kind.PROSE, Kind.SHORT, Kind.BULLET})
ENDS = frozenset({Kind.TEASERS, Kind.COMMENTS, Kind.PAGER, Kind.TAGS, Kind.FOOTER})

# A line made of these words alone is a control of the page, if one is of the first set; or turns pages, by the second.
_CONTROL = regex.compile(
    r"shared?s?|tweet|print|e|e?mail|permalink|reply|follow|subscribe|rss|facebook|twitter|pinterest|whats|whatsapp|"
    r"telegram|skype|linkedin|reddit|tumblr|google|pocket|viber|messenger|instagram|youtube|tube|flipboard|threads|"
    r"bluesky|mastodon|vk|weibo|xing|digg|stumbleupon|advertisements?|advertising|sponsored|download|listen|search|menu|"
    r"loading|toggle|login|log|sign|skip|imprimer|partager|compartir|drucken|teilen"
)
_PAGING = regex.compile(r"newer|older|next|previous|prev")
_GLUE = regex.compile(
    r"a|an|and|app|articles?|as|at|below|blog|button|by|click|close|comments?|content|continued?s?|end|entr(?:y|ies)|first|for|friend|from|gallery|"
    r"here|hits|images?|in|it|kb|last|like|line|link|linked|main|mb|navigation|new|no|of|on|opens?|or|out|pages?|pdf|photos?|pin|play|posts?|"
    r"reads?|register|report|save|scroll|see|send|sidebar|size|stor(?:y|ies)|text|the|this|to|top|up|us|via|videos?|views?|windows?|"
    r"with|x|your"
)
_TEASERS = regex.compile(
    r"\W*(?:(?:the\s+)?(?:new(?:est)?|latest|recent|related|similar|popular|other|top|featured|more|further|must|"
    r"trending|editor['’]?s?['’]?|recommended|suggested|associated|breaking)\s+(?:\w+\s+)?(?:articles?|posts?|stor(?:y|"
    r"ies)|news|headlines?|reads?|reading|content|coverage|topics?|videos?|picks?|choice|reports?|entries|analys[ie]s|"
    r"links?|updates?|publications?|items?|comments)|most\s+(?:read|viewed|popular|shared|commented|recent|watched|"
    r"discussed)(?:\s+\w+){0,4}|(?:you\s+(?:may|might|could|will|['’]ll)|others)\s+(?:also\s+)?(?:like|love|enjoy|be\s+"
    r"interested|read|find).{0,30}|(?:read|see|watch)\s+(?:next|also|more)|what\s+to\s+read\s+next|next\s+in\s+.{1,40}|"
    r"(?:more|also)\s+(?:from|in|on|by|about|like)\s+.{1,40}|related|trending(?:\s+now)?|popular(?:\s+now)?|"
    r"recommended\s+(?:for|from)\s+.{1,30}|recommended|don['’]?t\s+miss|up\s+next|in\s+this\s+section|"
    r"(?:from\s+)?(?:around|across|elsewhere\s+on)\s+the\s+web|(?:blog\s+)?archives?|categories|blogroll|tag\s+cloud|"
    r"from\s+(?:our|the)\s+(?:archives?|partners|blog|newsroom)|popular\s+tags|(?:stay|keep)\s+(?:connected|in\s+touch).*|"
    r"follow\s+us\b.*|connect\s+with\s+us|about\s+(?:the\s+(?:authors?|[\p{Lu}].{1,40})|us|me|this\s+\w+)|"
    r"post\s+navigation.*|(?:à\s+)?lire\s+(?:aussi|également).*|sur\s+le\s+même\s+sujet|leer\s+también|te\s+puede\s+"
    r"interesar|noticias\s+relacionadas|mehr\s+zum\s+thema|lesen\s+sie\s+auch|auch\s+interessant)\W*",
    regex.I,
)
_COMMENTS = regex.compile(
    r"\W*(?:(?:\d+|one|two|three|no)\s+(?:comments?|responses?|replies|reply|thoughts?|réactions?|commentaires?|"
    r"comentarios?|kommentare?)(?:\s+(?:to|on|so\s+far|yet)\b.*)?|(?:comments?|comentarios|commentaires|kommentare)"
    r"(?:\s*\(\d+\)|\s+section|\s+(?:are\s+)?(?:closed|off|disabled).*|\s+on\s+.*)?|"
    r"(?:leave|post|add|write|submit)\s+(?:a|your)\s+(?:comment|reply|response)|join\s+the\s+(?:conversation|discussion)|"
    r"cancel\s+reply|reader\s+comments|discussion(?:\s+about\s+.*)?|view\s+(?:\d+\s+)?comments?|"
    r".{1,60}\b(?:says|wrote)\s*:|.*\(not\s+verified\).*)\W*",
    regex.I,
)
_COMMENTS_HEADING = regex.compile(r"\W*(?:\d+\s+\w|comm?ent|kommentare|discussion|reader)", regex.I)
_FOOTER = regex.compile(
    r"©|\(c\)\s*(?:19|20)\d\d|\ball\s+rights?\s+reserved\b|\bcopyright\b.{0,20}\b(?:19|20)\d\d|\b(?:back|return)\s+to\s+"
    r"(?:the\s+)?top\b|^\W*(?:proudly\s+)?(?:powered|designed|developed|hosted)\s+by\b|\bterms\s+(?:of\s+(?:use|service)|"
    r"and\s+conditions)\b|\bprivacy\s+policy\b|\bcreative\s+commons\b|^\W*(?:re)?publish\s+this\s+(?:article|story)\W*$|"
    r"^\W*(?:for\s+(?:more|further|media|press|additional)\b.{0,40}\b(?:contact|information|inquiries|enquiries)|"
    r"(?:media|press)\s+contacts?|contacts?)\b.{0,80}:\W*$|^\W*ends\W*$|^\W*(?:###|# # #|-30-)\W*$|^\W*(?:our\s+standards|"
    r"create\s+a\s+free)\b|\bmentions\s+légales\b|\baviso\s+legal\b|^\W*impressum\b",
    regex.I,
)
_TAGS = regex.compile(
    r"\W*(?:tags?|tagged(?:\s+(?:with|as|in))?|labels?|filed\s+(?:under|in)|categor(?:y|ies)|topics?|keywords|posted\s+in|"
    r"(?:in\s+)?sections?|mots[- ]clés|etiquetas|schlagw\w+)\s*[:|].{0,200}|\W*(?:tagged|filed\s+under|posted\s+in)\s.*",
    regex.I,
)
_BOX = regex.compile(
    r"\b(?:we|our|us|you|site|website|vous|nous|notre|usted|nuestro|sie|wir)\b.{0,120}\bcookies?\b|\bnewsletters?\b|"
    r"\b(?:subscribe|subscriber|subscription|sign\s+up|register|log\s*in|sign\s+in)\b.*\b(?:now|here|today|email|inbox|"
    r"updates?|account|free|to\s+(?:read|continue|our|the))\b|\b(?:free|get\s+our|our\s+(?:free|daily|morning|weekly))\s+"
    r"(?:\w+\s+){0,2}(?:e-?mails?|letter|briefing)\b|"
    r"^\W*(?:subscribe|sign\s+up|log\s*in|sign\s+in|register|donate|your\s+e-?mail\s+address|enter\s+your)\b.{0,60}$|"
    r"\b(?:support|fund)\s+(?:our|independent|my)\s+(?:journalism|work|reporting)\b|enable\s+javascript|"
    r"\badvertis(?:e|ing)\s+with\s+us\b|^\W*(?:table\s+of\s+contents|on\s+this\s+page|in\s+this\s+article|contents)\W*$",
    regex.I,
)
_META = regex.compile(
    r"\W*(?:reading\s+time\W+)?(?:\d+\s*min(?:ute)?s?\.?(?:\s+read)?|\d+\s+(?:views?|reads?|hits|shares)|hits\W+\d+|"
    r"(?:(?:last\s+)?(?:updated|published|posted|modified)\W+)?\d+\s+(?:second|minute|hour|day|week|month|year)s?\s+ago|"
    r"(?:last\s+)?(?:updated|published|posted)|date|details|reference|for\s+immediate\s+release)\W*",
    regex.I,
)
_MORE = regex.compile(
    r"(?:\[?(?:…|\.\.\.)\]?\s*)?[([]?(?:continue\s+reading|read\s+(?:more|on|the\s+(?:rest|full))|keep\s+reading|"
    r"full\s+(?:story|article)|more\s*(?:»|→|>>|…)|lire\s+la\s+suite|leer\s+más|weiterlesen).{0,80}$",
    regex.I,
)
_MORE_INLINE = regex.compile(r"(?:…|\.\.\.)\W*(?:continue\s+reading|read\s+more)", regex.I)
_INSERTED = regex.compile(
    r"\W*(?:read\s+(?:more|also|next)|see\s+also|also\s+read|related|watch|more|lire\s+aussi)\s*:\s+.{5,200}|"
    r"\W*(?:story|article)\s+continues\b.{0,40}|\W*(?:click|tap)\s+to\s+.{1,60}",
    regex.I,
)
_JUMP = regex.compile(
    r"\W*(?:«|←|‹|<<)[^»]*|[^«]*(?:»|→|›|>>)\W*|\W*(?:\[[^\[\]]{1,60}\]\s*){2,}|"
    r"\W*(?:«|←|‹|<)\s*(?i:previous|next|older|newer|earlier|précéd|anterior|zurück).*"
)
_BULLET = regex.compile(r"\s*[•◦▪‣●○■*·–—-]\s+\S")
_CRUMB = regex.compile(r"\s*[»›→>]+\s*|\s+[/|\\]\s+")
_HOME = regex.compile(
    r"\W*(?:home|start|front\s+page|main|you\s+are\s+here\W*(?:home)?|accueil|inicio|startseite)\W*", regex.I
)
_MENU = regex.compile(r"\s*[|·•]\s*")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_JOINT = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
_STOPPED = regex.compile(r"[.!?…:;؟。！？।][\s\"'”’»)\]]*\d{0,2}\s*$")
_ASKED = regex.compile(r"[?!][\s\"'”’]*$")
_CUT = regex.compile(r"(?:…|\.\.\.|\[…\]?|\[\.\.\.\]?)[\s\])»→]*$")
_CAPTION = regex.compile(
    r"\b(?:photo(?:graph)?|image|picture|file\s+photo|credit|illustration|getty|afp|ap\s+photo|reuters)\b\s*[:/(]|"
    r"^\s*\(?(?:photo|image|credit)\b|\bphoto\s+by\b",
    regex.I,
)
_ERROR = regex.compile(r"\b404\b|\b(?:page|nothing)\b.{0,20}\b(?:not|n[’']t|was)\s+(?:be\s+)?found\b", regex.I)
_PRODUCTION = regex.compile(r"\(.*\b(?:reporting|writing|editing)\s+by\b.*\)", regex.I)
_CLOSING = regex.compile(
    r"\(|https?://|www\.|\[?\d{1,2}[.\])]\s|[–—-]{1,2}\s*\p{Lu}|(?i:source|via|credit|originally|translated|additional)\b|"
    r".*\b(?i:published|appeared|issued\s+by|contributed\s+to)\b"
)
_DATELINE = regex.compile(r"\(?\p{Lu}[\p{L} .,'’-]{1,40},\s*(?P<day>[^()–—]{6,25}?)\s*\)?\s*[–—-]")


def read(path: Path) -> Iterator[Article]:
    """The articles of one dump, in the order of the page. UTF-8; raises InputError for anything else."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from error
    yield from parse(text, str(path))


def parse(text: str, source: str = "") -> Iterator[Article]:
    """The articles of a dump given as text; `source` is recorded with each."""
    page = Page(text)
    host = find_host(page)
    entries = [entry for stretch in stretches(page) if (entry := extract(page, stretch))]
    for entry in without_summaries(entries, page):
        lines = entry.lines(page)
        found = attribute([page.lines[i] for i in entry.head], lines, catalogue(), host)
        yield identify(
            Article(
                id="",
                text="\n".join(lines).strip(),
                title=page.lines[entry.title].strip() if entry.title is not None else None,
                outlet=found.outlet,
                outlet_basis=found.outlet_basis,
                host=host,
                authors=found.authors,
                date=entry.day,
                date_basis=None if entry.day is None else PUBLISHED if found.outlet == host else POSTED,
                source=source,
            )
        )


class Page:
    """The lines of a page and what each is.

    Attributes:
        lines: as printed, without NUL characters, which no store of text takes.
        kinds: the kind of each line.
        dates: the day of each dated line, None where its form is ambiguous or it lies in the future.
        above, below: for each line the nearest content line before and after it (-1 and len(lines) at the edges).
        end: the line from which on the page holds no article of its own.
    """

    def __init__(self, text: str):
        self.lines = [line.replace("\x00", "") for line in text.splitlines()]
        self.kinds = [classify(line) for line in self.lines]
        self.dates = {i: dated(self.lines[i]) for i, kind in enumerate(self.kinds) if kind is Kind.DATED}
        self.dates = {i: None if day and day > dt.date.today() else day for i, day in self.dates.items()}
        self.dated = sorted(self.dates)
        self.menu = {
            line.strip(" •◦▪*·–—-") for line, k in zip(self.lines, self.kinds, strict=True) if k is Kind.BULLET
        }
        self._mark_labels()
        n = len(self.lines)
        self.above, self.below = [-1] * n, [n] * n
        for i in range(1, n):
            self.above[i] = i - 1 if self.kinds[i - 1] in CONTENT else self.above[i - 1]
        for i in range(n - 2, -1, -1):
            self.below[i] = i + 1 if self.kinds[i + 1] in CONTENT else self.below[i + 1]
        self._words = [0]
        for line, kind in zip(self.lines, self.kinds, strict=True):
            self._words.append(self._words[-1] + (count(line) if kind is Kind.PROSE else 0))
        self.end = self._end()

    def _mark_labels(self) -> None:
        """Tell the lines that return all over the page: nobody prints a title or a paragraph three times."""
        shapes = {i: shape(self.lines[i]) for i, k in enumerate(self.kinds) if k in (Kind.SHORT, Kind.PROSE)}
        times = Counter(shapes.values())
        for i, form in shapes.items():
            if times[form] >= LABEL_TIMES:
                self.kinds[i] = Kind.LABEL if self.kinds[i] is Kind.SHORT else Kind.NOISE

    def _end(self) -> int:
        """A lone heading of comments, or one of other articles that no text follows, after prose."""
        headings = [
            i for i, k in enumerate(self.kinds) if k is Kind.COMMENTS and _COMMENTS_HEADING.match(self.lines[i])
        ]
        lone = {i for i in headings if Counter(map(self.shape, headings))[self.shape(i)] == 1} if headings else set()
        for i, kind in enumerate(self.kinds):
            over = (kind is Kind.TEASERS and not self.resumes(i)) or i in lone
            if over and self.words(0, i):
                return i
        return len(self.lines)

    def shape(self, i: int) -> str:
        return shape(self.lines[i])

    def words(self, start: int, end: int) -> int:
        """How many words of prose lines [start, end) hold."""
        return self._words[max(start, end)] - self._words[start]

    def is_alone(self, i: int) -> bool:
        """Whether line `i` is set off as headings are: no text right above or below it."""
        sides = (j for j in (i - 1, i + 1) if 0 <= j < len(self.lines))
        return not any(self.kinds[j] in CONTENT or self.kinds[j] is Kind.LABEL for j in sides)

    def resumes(self, i: int) -> bool:
        """Whether the text goes on below a box or list at line `i`: a few short lines, then two paragraphs in a row."""
        run, passed = 0, 0
        for j in range(i + 1, min(i + 60, len(self.lines))):
            kind = self.kinds[j]
            if kind is Kind.PROSE and not _CUT.search(self.lines[j][-20:]):
                run += 1
                if run == 2:
                    return True
            elif kind in (Kind.SHORT, Kind.BULLET, Kind.DATED, Kind.PROSE, Kind.LABEL):
                if run or passed > 10:
                    return False
                passed += 1
            elif kind in ENDS:
                return False
        return False

    def ends_text(self, i: int) -> bool:
        """Whether line `i` ends a text: prose, or a signature, credit or address right below prose."""
        if not 0 <= i < len(self.lines) or self.kinds[i] is Kind.PROSE:
            return 0 <= i < len(self.lines)
        above = self.above[i]
        return self.kinds[i] is Kind.SHORT and above >= 0 and self.kinds[above] is Kind.PROSE and closing(self.lines[i])


def count(line: str) -> int:
    """Words of a line; of Chinese, Japanese and Thai, which do not set words apart, two letters count for one."""
    return len(line.split()) + len(_UNSPACED.findall(line)) // 2


def shape(line: str) -> str:
    """A line without its numbers and letter case: what stays the same where a template prints it again."""
    return regex.sub(r"\d+", "#", line.strip().casefold()[:LONG_LINE])


def classify(line: str) -> Kind:
    """The kind of one line, judged by itself."""
    bare = line.strip()
    if not regex.search(r"\w|###", bare):
        return Kind.BLANK
    if len(bare) > LONG_LINE:
        return Kind.PROSE
    words = count(bare)
    if words <= 14 and (control := _control(bare)):
        return control
    if _PRODUCTION.fullmatch(bare):
        return Kind.PROSE
    if words <= 14 and _MORE.match(bare):
        return Kind.MORE
    if words <= 24 and _INSERTED.fullmatch(bare):
        return Kind.NOISE
    if len(bare) < 250 and _BULLET.match(line) and words <= 12 and not regex.search(r"[.!?]$", bare):
        return Kind.BULLET
    if words <= 20 and _JUMP.fullmatch(bare):
        return Kind.PAGER
    if crumbs(bare):
        return Kind.CRUMBS
    if words <= 14 and (heading := _heading(bare)):
        return heading
    if words <= 24 and _is_dated(bare):
        return Kind.DATED
    if words <= 14 and byline(bare):
        return Kind.BYLINE
    if len(bare) < 250 and _FOOTER.search(bare):
        return Kind.FOOTER
    if _TAGS.fullmatch(bare):
        return Kind.TAGS
    if words <= 14 and _is_menu(bare):
        return Kind.NOISE
    if words <= 60 and _BOX.search(bare) and not regex.search(r"[“\"]", bare):
        return Kind.BOX
    if words < BRIEF_WORDS and _CAPTION.search(bare):
        return Kind.SHORT
    if words >= (17 if _ASKED.search(bare) else 10) and _STOPPED.search(bare):
        return Kind.PROSE  # a title may well end in "?" or "!", rarely with more than 16 words
    return Kind.PROSE if words >= 25 else Kind.SHORT


def _control(bare: str) -> Kind | None:
    """NOISE or PAGER for a line made of nothing but a page's controls ("FacebookTwitter", "Older posts"), or numbers."""
    words = regex.findall(r"[^\W\d_]+", _JOINT.sub(" ", bare).casefold())
    if not words:
        return None if find_date(bare) else Kind.NOISE
    kinds = [_CONTROL.fullmatch(w) or _PAGING.fullmatch(w) or _GLUE.fullmatch(w) for w in words]
    if not all(kinds):
        return None
    if any(match and match.re is _CONTROL for match in kinds):
        return Kind.NOISE
    return Kind.PAGER if len(words) <= 4 and any(match and match.re is _PAGING for match in kinds) else None


def _heading(bare: str) -> Kind | None:
    """The kind of a line that is, as a whole, the template's heading of something else than text."""
    if _META.fullmatch(bare):
        return Kind.META
    if _COMMENTS.fullmatch(bare):
        return Kind.COMMENTS
    return Kind.TEASERS if count(bare) <= 9 and _TEASERS.fullmatch(bare) else None


def _is_menu(bare: str) -> bool:
    """Whether a line is a menu: three or more short parts set apart by bars or dots, or links run together."""
    parts = _MENU.split(bare)
    joints = len(_JOINT.findall(bare))
    return (len(parts) >= 3 and all(count(part) <= 4 for part in parts)) or (joints >= 2 and joints * 4 >= count(bare))


_BESIDE_DATE = regex.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|"
    r"\b\d{1,2}\s?[:.h]\s?\d{2}(?::\d\d)?\s*(?:[ap]\.?\s?m\b\.?)?|\b[ap]\.?m\b|[|·•/]\s*(?:in|category|filed\s+under|tags?)\b.*|"
    r"\b(?:posted|published|updated|last|modified|on|at|by|in|date|written|added|created|submitted|first|edited|time|"
    r"issued|releas(?:e|ed)|press|comments?|no|leave|a|reply|repl(?:y|ies)|responses?|views?|reads?|reading|"
    r"min(?:ute)?s?|read|share|print|e-?mail|hits|gmt|utc|bst|[ecmp][sd]?t|cest|cet|irst|ist|hrs?|original(?:ly)?|"
    r"le|el|am|publié|publicado|veröffentlicht|mis|jour|à)\b|\d+|[\W_]+",
    regex.I,
)


def dated(line: str) -> dt.date | None:
    """The day that a dated line states: that of publication where it holds that of an update too."""
    found = find_date(line)
    if not found:
        return None
    second = find_date(line[found[1] :])
    updated = regex.search(r"updated|modified", line[: found[0]], regex.I)
    return second[2] if second and updated else found[2]


def _is_dated(bare: str) -> bool:
    """Whether a line is a date and what stands beside one: author, place, time, category, number of comments."""
    left = len(left_of_date(bare)) if regex.search(r"\d", bare) and find_date(bare) else 99
    sentence = left > 1 and regex.search(r"[.!?]$", bare) and not regex.search(r"[ap]\.m\.$", bare, regex.I)
    return left <= (6 if left < 99 and byline(bare) else 4) and not sentence


def left_of_date(bare: str) -> list[str]:
    """The words that stay of a dated line without its dates, times and the template's words."""
    while found := find_date(bare):
        bare = f"{bare[: found[0]]} {bare[found[1] :]}"
    return _BESIDE_DATE.sub(" ", bare).split()


def crumbs(line: str) -> list[str]:
    """The parts of a breadcrumb trail ("Home » World » Title"), or [] where the line is none."""
    bare = line.strip()
    parts = [part for part in _CRUMB.split(bare) if part]
    arrows = len(parts) > 2 and regex.search(r"[»›→>]", bare) and all(count(part) <= 4 for part in parts[:-1])
    return parts if len(parts) > 1 and (arrows or _HOME.fullmatch(parts[0])) else []


def closing(line: str) -> bool:
    """Whether a short line can close a text: a byline, a credit, an address, a footnote, a name by itself."""
    bare = line.strip()
    return bool(
        byline(bare)
        or _CLOSING.match(bare)
        or regex.fullmatch(r"(?:\p{Lu}[\p{L}'’.-]++[ ,]*){2,4}(?:,\s*\S+){0,3}", bare)
    )


class Layout(Enum):
    SINGLE = auto()  # one article on the page
    DATE_LAST = auto()  # title, text, date; title, text, date
    DATE_SECOND = auto()  # title, date, text
    DATE_FIRST = auto()  # date, title, text


@dataclass(frozen=True)
class Mark:
    """Dated lines and bylines with nothing but blanks and controls between them: lines `first` to `last`.

    `line` is the dated one, or the first where none is.
    """

    first: int
    last: int
    line: int


def marks(page: Page) -> list[Mark]:
    """The marks above the page's end, in order."""
    found: list[Mark] = []
    for i in range(page.end):
        if page.kinds[i] not in (Kind.DATED, Kind.BYLINE):
            continue
        between = page.kinds[found[-1].last + 1 : i] if found and i - found[-1].last < 6 else [Kind.PROSE]
        if all(kind in (Kind.BLANK, Kind.NOISE, Kind.META) for kind in between):
            old = found.pop()
            line = old.line if old.line in page.dates or i not in page.dates else i
            found.append(Mark(old.first, i, line))
        else:
            found.append(Mark(i, i, i))
    return found


@dataclass(frozen=True)
class Place:
    """Where a mark stands: what is right above it, and what is below."""

    text_above: bool
    title_above: bool
    text_below: bool
    title_below: bool


def place(page: Page, mark: Mark, following: int) -> Place:
    """The place of a mark, when the next mark stands at line `following`."""
    above, below = page.above[mark.first], page.below[mark.last]
    text_above = page.ends_text(above)
    short_above = above >= 0 and page.kinds[above] is Kind.SHORT and not text_above
    over_standfirst = text_above and _is_standfirst(page, above)
    text, steps = below, 0
    while text < following and page.kinds[text] is Kind.SHORT and steps < HEAD_LINES:
        text, steps = page.below[text], steps + 1
    reaches = text < min(following, page.end) and page.kinds[text] is Kind.PROSE
    return Place(text_above, short_above or over_standfirst, reaches and steps == 0, reaches and steps > 0)


def _is_standfirst(page: Page, i: int) -> bool:
    """Whether prose at line `i` can stand between title and date: one short paragraph below a line set off."""
    above = page.above[i]
    return (
        page.kinds[i] is Kind.PROSE
        and count(page.lines[i]) < BRIEF_WORDS
        and above >= 0
        and page.kinds[above] is Kind.SHORT
        and page.is_alone(above)
        and not closing(page.lines[above])
    )


def rhythm(page: Page) -> tuple[list[Mark], Layout]:
    """The marks that belong to articles, and where they stand in them.

    A mark counts when text stands right before it, right after it, or after a title: dates in lists of titles ("Recent
    Posts") have no prose beside them, and belong to nothing. Bylines make a rhythm only where dates make none.
    """
    every = marks(page)
    nexts = [*(mark.first for mark in every[1:]), page.end]
    places = {mark: place(page, mark, following) for mark, following in zip(every, nexts, strict=False)}
    beside = [m for m, p in places.items() if p.text_above or p.text_below or p.title_below]
    days = [m for m in beside if m.line in page.dates]
    signed = [m for m in beside if m.line not in page.dates]
    chosen = signed if len(signed) > max(2, len(days)) else days
    if not chosen:
        return [], Layout.SINGLE
    first, half = places[chosen[0]], len(chosen) / 2
    below = sum(places[m].text_below for m in chosen)
    second = sum(places[m].text_below or (places[m].title_above and places[m].title_below) for m in chosen)
    if below > half or (second > half and not first.text_above):
        titled = sum(places[m].title_above for m in chosen) >= half
        layout = Layout.DATE_SECOND if titled else Layout.DATE_FIRST
    else:
        layout = Layout.DATE_LAST if first.text_above else Layout.DATE_FIRST
    usual, times = Counter(form(page, mark) for mark in chosen).most_common(1)[0]
    taken = set(chosen)
    chosen = [mark for mark in every if mark in taken or (times > 1 and form(page, mark) == usual)]
    lines = [mark.line for mark in chosen]
    cuts = [0, *lines] if layout is Layout.DATE_LAST else [*lines, page.end]
    texts = sum(page.words(start, end) >= MIN_WORDS for start, end in pairwise(cuts))
    return chosen, layout if texts > 1 else Layout.SINGLE


def form(page: Page, mark: Mark) -> str:
    """What a mark's line looks like whatever the day: marks of one form are printed by one template."""
    line = page.lines[mark.line]
    found = find_date(line) or (0, 0)
    return shape(f"{line[: found[0]]}#{line[found[1] :]}")


@dataclass(frozen=True)
class Stretch:
    """Lines [start, end) that hold one article, and its mark. In DATE_LAST the last lines are known to be its own."""

    start: int
    end: int
    mark: Mark | None
    layout: Layout


def stretches(page: Page) -> Iterator[Stretch]:
    """The stretches of a page, in order."""
    found, layout = rhythm(page)
    if layout is Layout.SINGLE:
        yield single(page, found)
    elif layout is Layout.DATE_LAST:
        for start, mark in zip([0, *(m.last + 1 for m in found)], found, strict=False):
            yield Stretch(start, mark.line, mark, layout)
    else:
        second = layout is Layout.DATE_SECOND
        starts = [head_above(page, m, before) if second else m.first for before, m in pairwise([None, *found])]
        for start, end, mark in zip(starts, [*starts[1:], page.end], found, strict=True):
            yield Stretch(start, end, mark, layout)


def single(page: Page, found: list[Mark]) -> Stretch:
    """The stretch of a page with one article: from the head that its mark stands in, where most text is below."""
    mark = next((m for m in found if page.words(0, m.first) < page.words(m.last, page.end)), None)
    start = head_above(page, mark, None) if mark else 0
    return Stretch(start, page.end, mark, Layout.SINGLE)


def head_above(page: Page, mark: Mark, previous: Mark | None) -> int:
    """Where the head of the article with `mark` begins: below the text or menu above it."""
    over = {Kind.SHORT, Kind.LABEL, Kind.BLANK, Kind.META, Kind.DATED, Kind.BYLINE, Kind.CRUMBS, Kind.TAGS}
    if previous is None:
        over.add(Kind.NOISE)
    i, limit = mark.first, previous.last + 1 if previous else 0
    while i > limit:
        kind = page.kinds[i - 1]
        standfirst = kind is Kind.PROSE and page.above[mark.first] == i - 1 and _is_standfirst(page, i - 1)
        if not (kind in over or standfirst) or (kind is Kind.SHORT and page.ends_text(i - 1)):
            break
        i -= 1
    return i


@dataclass(frozen=True)
class Entry:
    """What was found in a stretch: lines of the title, the text, and the bylines and dates around it; the day."""

    title: int | None
    text: list[int]
    head: list[int]
    day: dt.date | None

    def lines(self, page: Page) -> list[str]:
        """The lines of the text as printed; one blank line where others stood between."""
        lines: list[str] = []
        for before, i in pairwise([self.text[0] - 1, *self.text]):
            lines += ["", page.lines[i].rstrip()] if i - before > 1 else [page.lines[i].rstrip()]
        return lines


def extract(page: Page, stretch: Stretch) -> Entry | None:
    """The article of one stretch, or None where it holds none."""
    body = first_paragraph(page, stretch)
    if body is None:
        return None
    title = pick_title(page, stretch, body)
    start, end = body if title is None else title + 1, text_end(page, body, stretch)
    text = text_lines(page, start, body, end)
    if is_error_page(page, stretch, body) or is_list_of_others(page, text, stretch):
        return None
    mark = stretch.mark or Mark(body, body, body)
    from_ = max(stretch.start, start - HEAD_LINES) if stretch.layout is Layout.SINGLE else stretch.start
    lines = sorted({*range(from_, body), *range(mark.first, mark.last + 1)} - set(text))
    signs = (Kind.DATED, Kind.BYLINE)
    head = [i for i in lines if page.kinds[i] in signs or is_name(page, i, start, body)]
    return Entry(title, text, head, find_day(page, stretch, title, body, end))


def first_paragraph(page: Page, stretch: Stretch) -> int | None:
    """The first line of prose of the article, which stands below its mark, except where marks close articles."""
    below = stretch.mark and stretch.layout is not Layout.DATE_LAST
    start = stretch.mark.last + 1 if stretch.mark and below else stretch.start
    prose = (i for i in range(start, stretch.end) if page.kinds[i] is Kind.PROSE)
    first = next(prose, None)
    if first is None or stretch.mark or count(page.lines[first]) >= BRIEF_WORDS:
        return first
    second = next(prose, first)  # a sentence above the menu is the site's, not the article's
    between = page.kinds[first:second]
    return second if Kind.CRUMBS in between or between.count(Kind.BULLET) > 2 * HEAD_LINES else first


def text_lines(page: Page, start: int, body: int, end: int) -> list[int]:
    """The lines of [start, end) that are text: all but furniture, and above the first paragraph only a standfirst."""
    kept: list[int] = []
    boxed = False  # below the heading of a table of contents or the like, its items are its own
    for i in range(start, end):
        kind = page.kinds[i]
        if kind is not Kind.BLANK:
            boxed = kind is Kind.BOX or (boxed and kind is Kind.BULLET)
        if i >= body:
            inside = kind in (Kind.SHORT, Kind.LABEL, Kind.BULLET, Kind.BYLINE, Kind.DATED) and not boxed
        else:
            long_enough = count(page.lines[i]) >= (4 if page.is_alone(i) else 8)
            inside = kind is Kind.SHORT and long_enough and not _CAPTION.search(page.lines[i])
        if inside or kind is Kind.PROSE:
            kept.append(i)
    return kept


def text_end(page: Page, body: int, stretch: Stretch) -> int:
    """The line after the last of the article's text."""
    end = stretch.end
    for i in range(body, stretch.end):
        kind = page.kinds[i]
        listed = kind is Kind.MORE and stretch.layout is not Layout.SINGLE
        if listed or (kind in ENDS and not (kind is Kind.TEASERS and page.resumes(i))):
            end = i
            break
        if _PRODUCTION.fullmatch(page.lines[i].strip()[:LONG_LINE]):
            end = i + 1
            break
    if stretch.layout is Layout.DATE_LAST and end == stretch.end:
        return end
    last = next(i for i in range(end - 1, body - 1, -1) if page.kinds[i] is Kind.PROSE)
    while last > body and is_appended(page, last):
        last = next(i for i in range(last - 1, body - 1, -1) if page.kinds[i] is Kind.PROSE)
    for i in range(last + 1, end):
        if page.kinds[i] in (Kind.SHORT, Kind.BYLINE) and closing(page.lines[i]):
            last = i
        elif page.kinds[i] in (Kind.SHORT, Kind.LABEL, Kind.BULLET, Kind.BOX, Kind.CRUMBS, Kind.DATED):
            break
    return last + 1


def is_appended(page: Page, i: int) -> bool:
    """Whether a last paragraph is no part of the text: a teaser's summary below its title, or a line in a box."""
    before = page.above[i]
    boxed = Kind.BOX in page.kinds[max(before, i - HEAD_LINES) : i] and count(page.lines[i]) < MIN_WORDS
    return boxed or (is_cut(page, i) and page.kinds[before] is Kind.SHORT)


def is_cut(page: Page, i: int) -> bool:
    """Whether line `i` is a short paragraph cut off ("..."), or followed by "Continue reading"."""
    line = page.lines[i]
    after = next((j for j in range(i + 1, min(i + 4, len(page.lines))) if page.kinds[j] is not Kind.BLANK), i)
    more = page.kinds[after] is Kind.MORE or _MORE_INLINE.search(line[-LONG_LINE:])
    return bool(more or _CUT.search(line[-20:])) and count(line) < EXCERPT_WORDS


def is_list_of_others(page: Page, text: list[int], stretch: Stretch) -> bool:
    """Whether lines are no article: too few words, an excerpt cut off, or titles alternating with summaries."""
    prose = [i for i in text if page.kinds[i] is Kind.PROSE]
    words = sum(count(page.lines[i]) for i in prose)
    needed = MIN_WORDS if stretch.mark else 2 * MIN_WORDS
    if words < MIN_WORDS or (words < needed and not any(page.kinds[i] is Kind.META for i in range(stretch.end))):
        return True
    last = max(i for i in text if page.kinds[i] in CONTENT)
    if words < EXCERPT_WORDS and len(prose) < 3 and is_cut(page, last):
        return True
    pairs = sum(page.kinds[a] is Kind.SHORT and page.kinds[b] is Kind.PROSE for a, b in pairwise(text))
    cut = sum(is_cut(page, i) for i in prose)
    brief = words / len(prose) < BRIEF_WORDS and not stretch.mark  # with a date of its own it is an interview, say
    return len(prose) > 2 and pairs >= len(prose) - 1 and (brief or cut * 2 > len(prose))


def is_error_page(page: Page, stretch: Stretch, body: int) -> bool:
    """Whether the page says that there is no such page."""
    short = stretch.layout is Layout.SINGLE and page.words(0, page.end) < EXCERPT_WORDS
    return short and any(_ERROR.search(page.lines[i][:LONG_LINE]) for i in range(body + 1))


def without_summaries(entries: list[Entry], page: Page) -> list[Entry]:
    """All entries, or only the full one where all others are single short paragraphs: a list beside an article."""
    full = [e for e in entries if len(e.text) > 1 or page.words(e.text[0], e.text[-1] + 1) >= BRIEF_WORDS]
    return full if len(full) <= 1 and len(entries) > 2 else entries


def pick_title(page: Page, stretch: Stretch, body: int) -> int | None:
    """The line of the title among the short lines above the text; None where there are none that could be one."""
    start, mark = stretch.start, stretch.mark
    if mark and stretch.layout is Layout.DATE_FIRST:
        start = mark.last
    head = [i for i in range(start, body) if page.kinds[i] is Kind.SHORT]
    if mark and stretch.layout is Layout.DATE_SECOND:
        head = [i for i in head if i < mark.first] or head
    if not head:
        return None
    trail = next((crumbs(page.lines[i])[-1] for i in range(start, body) if page.kinds[i] is Kind.CRUMBS), "")
    listed = stretch.layout is not Layout.SINGLE
    said = set(regex.findall(r"\w{4,}", " ".join(page.lines[body : body + 6])[:2000].casefold()))
    scores: dict[int, float] = {}
    for rank, i in enumerate(head):
        scores[i] = _title_score(page, i, trail, said) + rank / len(head) / (2 if listed else 4)
        below = next(j for j in range(i + 1, len(page.lines)) if page.kinds[j] is not Kind.BLANK)
        if below == body and page.is_alone(i):
            scores[i] += 3.0 if listed else 0.5
        before = head[rank - 1] if rank else None
        if before is not None and _is_subtitle(page, before, i):
            scores[i] -= 2.5
    best = max(head, key=lambda i: (scores[i], i))
    return best if scores[best] > 0 or listed else None


def _title_score(page: Page, i: int, trail: str, said: set[str]) -> float:
    """How much a line looks like the title of a text of which `said` are the first words, `trail` ends the breadcrumbs."""
    line = page.lines[i].strip()
    words = count(line)
    score = {1: -2.0, 2: -1.0, 3: 0.5}.get(words, 2.0 if words <= 18 else 0.5)
    score += page.is_alone(i)
    if trail and (line.casefold() == trail.casefold() or (count(trail) > 3 and line.startswith(trail))):
        score += 6
    score += min(2.0, 0.7 * len(said & set(regex.findall(r"\w{4,}", line.casefold()))))
    if _CAPTION.search(line) or regex.search(r"[:,;|]$", line) or byline(line):
        score -= 3
    below = next(j for j in range(i + 1, len(page.lines)) if page.kinds[j] is not Kind.BLANK)
    return score + (1.5 if page.kinds[below] in (Kind.DATED, Kind.BYLINE, Kind.META) else 0.0)


def _is_subtitle(page: Page, before: int, i: int) -> bool:
    """Whether line `i` is the standfirst of a title `before` it: the next line, longer, both set off."""
    titles = count(page.lines[before]) > 4 and count(page.lines[i]) > 5 and page.is_alone(before) and page.is_alone(i)
    return titles and page.below[before] == i and len(page.lines[i]) > len(page.lines[before])


def is_name(page: Page, i: int, start: int, body: int) -> bool:
    """Whether line `i`, between title and text, names the author and nothing else, near a date or byline."""
    if not start <= i < body or page.kinds[i] is not Kind.SHORT or not names_only(page.lines[i]):
        return False
    near = page.kinds[max(start, i - 4) : i + 10]
    return (Kind.DATED in near or Kind.META in near) and page.lines[i].strip() not in page.menu


def find_day(page: Page, stretch: Stretch, title: int | None, body: int, end: int) -> dt.date | None:
    """The day of the article: its mark's, or that of a date between title and text, above, below, or in a dateline."""
    top = body if title is None else title
    alone = stretch.layout is Layout.SINGLE
    line = stretch.mark.line if stretch.mark else -1
    if line in page.dates and (line > top or not alone):
        return page.dates[line]
    inside = next((i for i in range(top, body) if i in page.dates), None)
    if inside is not None:
        return page.dates[inside]
    above = page.dated[bisect(page.dated, top) - 1] if page.dated and page.dated[0] < top else -1
    if above >= 0 and (page.below[above] == top or not alone) and not left_of_date(page.lines[above]):
        return page.dates[above]  # a day over the title, or over all the posts of one day
    below = next((i for i in range(end, min(end + HEAD_LINES, len(page.lines))) if i in page.dates), None)
    if alone and below is not None:
        return page.dates[below]
    dateline = _DATELINE.match(page.lines[body][:LONG_LINE])
    found = find_date(dateline["day"]) if dateline else None
    return found[2] if found else None


_COPYRIGHT = regex.compile(r"(?:©|\(c\)|copyright|@(?=\s*(?:19|20)\d\d))(?P<rest>.*)", regex.I)
_YEARS = regex.compile(r"^[\W_]*(?:(?:copyright|©|\(c\)|by|(?:19|20)\d\d|present)[\W_]*)*+", regex.I)
_RIGHTS = regex.compile(r"\s*[,–—-]?\s*(?:\ball\s+rights?\s+reserved\b|\b(?:inc|ltd|llc)\b|(?:19|20)\d\d).*", regex.I)
_SITE = regex.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", regex.I)


def find_host(page: Page) -> str | None:
    """The site that the page says it is, by the name or domain in its copyright line; None where it says nothing."""
    names = catalogue()
    printed = {line.strip().casefold(): line.strip() for line in page.lines if len(line) < 80}
    for i, kind in enumerate(page.kinds):
        line = page.lines[i].strip()
        if kind is not Kind.FOOTER or not (match := _COPYRIGHT.search(line)):
            continue
        sites = [domain(word) for word in _SITE.findall(line)]
        name = _RIGHTS.sub("", regex.split(r"[.|·©]", _YEARS.sub("", match["rest"]))[0]).strip(" ,-–—\t\u00a0")
        known = [outlet for site in sites if (outlet := names.of_url(site))] + [names.resolve(name)]
        shown = printed.get(name.casefold()) or (name if 0 < len(name.split()) <= 6 else None)
        if host := next(filter(None, [*known, shown, *sites]), None):
            return host
    return None
