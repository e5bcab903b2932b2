"""Classify the lines of a page, each by itself: prose, a short line, a date, or one of several kinds of furniture.

`page_dump` finds articles with these kinds; the readers of plain text, PDF, HTML and feeds use them to recognise heads,
bylines and "read more" lines. The words in the patterns are those of page templates in general, not of one site.
"""

from __future__ import annotations

import functools
from enum import Enum, auto

import regex

from rag.provenance.attribution import byline
from rag.provenance.dates import find_date

from .dated_lines import is_dated

BRIEF_WORDS = 45  # titles alternating with paragraphs shorter than this are a list of links
LONG_LINE = 500  # characters; a longer line is a paragraph: on 35 pages no menu, head or footer line is longer
PROSE_WORDS = 10  # of a line that ends with punctuation; 25 of one that does not


class LineKind(Enum):
    """What a line of a page is."""

    BLANK = auto()
    PROSE = auto()
    SHORT = auto()  # titles, category lines, captions, names
    LABEL = auto()  # a short line that recurs all over the page
    BULLET = auto()
    DATED = auto()  # a date, with at most what usually accompanies one
    BYLINE = auto()
    META = auto()  # "3 min read", "Updated 2 hours ago": part of a head, but without a date
    NOISE = auto()  # share links, advertisements, menus in one line
    BOX = auto()  # newsletter and cookie boxes, which may interrupt a text
    MORE = auto()  # "Continue reading"
    CRUMBS = auto()  # Home » World » Title
    TEASERS = auto()  # heading of a list of other articles
    COMMENTS = auto()
    PAGER = auto()  # "« Older posts", "1 2 3 Next"
    TAGS = auto()  # "Filed under: ...", "Category: ..."
    FOOTER = auto()  # contact and licence lines, copyright


CONTENT = frozenset({LineKind.PROSE, LineKind.SHORT, LineKind.BULLET})
ENDS = frozenset({LineKind.TEASERS, LineKind.COMMENTS, LineKind.PAGER, LineKind.TAGS, LineKind.FOOTER})

# A line of only these words is a page control if one of them is a control word, or a pager if one is a paging word.
_CONTROL_WORD = regex.compile(
    r"shared?s?|tweet|print|e|e?mail|permalink|reply|follow|subscribe|rss|facebook|twitter|pinterest|whats|whatsapp|"
    r"telegram|skype|linkedin|reddit|tumblr|google|pocket|viber|messenger|instagram|youtube|tube|flipboard|threads|"
    r"bluesky|mastodon|vk|weibo|xing|digg|stumbleupon|advertisements?|advertising|sponsored|download|listen|search|menu|"
    r"loading|toggle|login|log|sign|skip|imprimer|partager|compartir|drucken|teilen"
)
_PAGING_WORD = regex.compile(r"newer|older|next|previous|prev")
_FILLER_WORD = regex.compile(
    r"a|an|and|app|articles?|as|at|below|blog|button|by|click|close|comments?|content|continued?s?|end|entr(?:y|ies)|first|for|friend|from|gallery|"
    r"here|hits|images?|in|it|kb|last|like|line|link|linked|main|mb|navigation|new|no|of|on|opens?|or|out|pages?|pdf|photos?|pin|play|posts?|"
    r"reads?|register|report|save|scroll|see|send|sidebar|size|stor(?:y|ies)|text|the|this|to|top|up|us|via|videos?|views?|windows?|"
    r"with|x|your"
)
_TEASERS = regex.compile(
    r"\W*(?:(?:the\s+)?(?:new(?:est)?|latest|recent|related|similar|popular|other|top|featured|more|further|must|"
    r"trending|editor['’]?s?['’]?|recommended|suggested|breaking)\s+(?:\w+\s+)?(?:articles?|posts?|stor(?:y|"
    r"ies)|news|headlines?|reads?|reading|content|coverage|topics?|videos?|picks?|choice|reports?|entries|analys[ie]s|"
    r"links?|updates?|publications?|items?|comments)|most\s+(?:read|viewed|popular|shared|commented|recent|watched|"
    r"discussed)(?:\s+\w+){0,4}|(?:you\s+(?:may|might|could|will|['’]ll)|others)\s+(?:also\s+)?(?:like|love|enjoy|be\s+"
    r"interested|read|find).{0,30}|(?:read|see|watch)\s+(?:next|also|more)|what\s+to\s+read\s+next|next\s+in\s+.{1,40}|"
    r"(?:more|also)\s+(?:from|in|on|by|about|like)\s+.{1,40}|related|trending(?:\s+now)?|popular(?:\s+now)?|"
    r"recommended\s+(?:(?:\w+\s+)?(?:for|from|of)\s+.{1,30})|recommended|don['’]?t\s+miss|up\s+next|in\s+this\s+section|"
    r"(?:from\s+)?(?:around|across|elsewhere\s+on)\s+the\s+web|(?:blog\s+)?archives?|categories|blogroll|tag\s+cloud|"
    r"from\s+(?:our|the)\s+(?:archives?|partners|blog|newsroom)|popular\s+tags|(?:stay|keep)\s+(?:connected|in\s+touch).*|"
    r"follow\s+us\b.*|connect\s+with\s+us|about\s+(?:the\s+(?:authors?|[\p{Lu}].{1,40})|us|me|this\s+\w+)|"
    r"post\s+navigation.*|.{1,40}\byou\s+(?:may|might)\s+have\s+missed|(?:à\s+)?lire\s+(?:aussi|également).*|sur\s+le\s+même\s+sujet|leer\s+también|te\s+puede\s+"
    r"interesar|noticias\s+relacionadas|mehr\s+zum\s+thema|lesen\s+sie\s+auch|auch\s+interessant)\W*",
    regex.I,
)
_COMMENT = (
    r"(?:comments?|responses?|replies|reply|thoughts?|réactions?|réponses?|commentaires?|comentarios?|comentários?|"
    r"respuestas?|respostas?|kommentare?|reaktionen|rückmeldungen|commenti|commento|risposte|komentarze?|komentář[ei]?|"
    r"reacties?|kommentarer?|kommentit|yorum(?:lar)?|комментари\p{L}+|коментар\p{L}*|отзыв\p{L}*|تعليقات?|دیدگاه|نظرات?)"
)
_COMMENTS = regex.compile(
    r"\W*(?:no\s+comments|keine\s+kommentare|aucun\s+commentaire|sin\s+comentarios|nessun\s+commento|sem\s+comentários|"
    r"brak\s+komentarzy|geen\s+reacties|нет\s+комментариев)(?:\s+yet)?[^\w.]*|"
    rf"\W*(?:(?:\d+|one|two|three|eine?|une?|uno)\s+{_COMMENT}(?:\s+(?:to|on|so\s+far|yet|zu|auf|für|sur|à|sobre|en|a|su|"
    rf"do|op|til|till|к|на|для|على)\b.*)?|(?:comments?|comentarios|comentários|commentaires|kommentare|commenti|"
    rf"komentarze|reacties|комментарии|leserkommentare)"
    r"(?:\s*\(\d+\)|\s+section|\s+(?:are\s+)?(?:closed|off|disabled).*|\s+(?:on|zu|sur|su|op)\s+.*)?|"
    rf"(?:{_COMMENT}\s+)?(?:leave|post|add|write|submit|schreiben?(?:\s+sie)?|hinterlass(?:e|en)?(?:\s+sie)?|verfassen?|"
    r"laisse[rz]?|écri(?:re|vez)|ajoute[rz]|poste[rz]|dejar?|escrib[ea]|publicar|añadir|lascia|scrivi|aggiungi|deixe|deixar|"
    r"escreva|dodaj|napisz|zostaw|geef|plaats|schrijf|skriv|lämna|оставить|оставьте|добавить|написать|أضف|اترك)\s+"
    rf"(?:\p{{L}}+\s+){{0,2}}?(?:{_COMMENT}|antwort(?:en)?)(?:\s+\p{{L}}+){{0,2}}|"
    r"join\s+the\s+(?:conversation|discussion)|"
    r"cancel\s+reply|reader\s+comments|discussion\s+about\s+.*|view\s+(?:\d+\s+)?comments?|.*\(not\s+verified\).*)\W*",
    regex.I,
)
_FOOTER = regex.compile(
    r"\bcopyright\b.{0,20}\b(?:19|20)\d\d|\b(?:back|return)\s+to\s+(?:the\s+)?top\b|^\W*(?:proudly\s+)?(?:powered|designed|developed|hosted)\s+by\b|\bterms\s+(?:of\s+(?:use|service)|"
    r"and\s+conditions)\b|\bprivacy\s+policy\b|\bcreative\s+commons\b|^\W*(?:re)?publish\s+this\s+(?:article|story)\W*$|"
    r"^\W*(?:for\s+(?:more|further|media|press|additional)\b.{0,40}\b(?:contact|information|inquiries|enquiries)|"
    r"(?:media|press)\s+contacts?|contacts?)\b.{0,80}:\W*$|^\W*ends\W*$|^\W*(?:###|# # #|-30-)\W*$|"
    r"^\W*(?:our\s+standards|create\s+a\s+free)\b|\bmentions\s+légales\b|\baviso\s+legal\b|^\W*impressum\b",
    regex.I,
)
_TAGS = regex.compile(
    r"\W*(?:tags?|tagged(?:\s+(?:with|as|in))?|labels?|filed\s+(?:under|in)|categor(?:y|ies)|topics?|keywords|"
    r"posted\s+in|(?:in\s+)?sections?|mots[- ]clés|etiquetas|schlagw\w+)\s*[:|].{0,200}|"
    r"\W*(?:tagged|filed\s+under|posted\s+in)\s.*",
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
# A whole sentence is furniture only if it is about the page, or addresses its reader about it.
_LEGAL = regex.compile(
    r"^.{0,40}©|(?:©|\(c\))\s*(?:19|20)\d\d|\ball\s+rights?\s+reserved\b|\bcopyright\W{0,3}(?:19|20)\d\d|\bour\s+(?:privacy\s+policy|terms\s+(?:of|and))\b|"
    r"\bcreative\s+commons\s+(?:\S+\s+){0,3}licen[cs]e|site\s+can\s+also\s+be\s+(?:accessed|reached|visited)\s+at\b|"
    r"\b(?:views?|opinions?)\b.{0,80}\bnot\s+necessarily\s+(?:reflect|represent|those)\b",
    regex.I,
)
_TO_READER = regex.compile(
    r"\b(?:we|site|partners?)\b.{0,40}\buses?\b.{0,20}\bcookies\b|\bcookies\b.{0,60}\b(?:you|your|device)\b|"
    r"\b(?:sign\s+up|subscribe|register|log\s*in|sign\s+in)\b.{0,60}\b(?:our|newsletters?|inbox|alerts?|to\s+(?:read|continue))\b|"
    r"\bour\s+(?:\w+\s+){0,2}(?:newsletters?|briefing)\b|\bour\s+(?:free|daily|weekly|morning)\s+e-?mails?\b|\byour\s+inbox\b|\bsigning\s+up\W+you\s+agree\b|\bto\s+receive\s+(?:new|our)\b|\bnewsletters?\b.{0,60}\b(?:you|your|us|inbox)\b|"
    r"\b(?:support|fund)\s+(?:our|independent|my)\s+(?:journalism|reporting)\b|\benable\s+javascript\b|"
    r"^\W*(?:enter\s+)?your\s+e-?mail\s+address\b",
    regex.I,
)
_META = regex.compile(
    r"\W*(?:reading\s+time\W+)?(?:\d+\s*min(?:ute)?s?\.?(?:\s+read)?|\d+\s+(?:views?|reads?|hits|shares)|hits\W+\d+|"
    r"(?:(?:last\s+)?(?:updated|published|posted|modified)\W+)?\d+\s+(?:second|minute|hour|day|week|month|year)s?\s+ago|"
    r"(?:last\s+)?(?:updated|published|posted)|date|details|reference|for\s+immediate\s+release|"
    r"(?:(?:news|story|article|index)\s+)?(?:id|code|service|ref(?:erence)?|number|font\s+size)\s*[:#]\s*.{1,40})\W*",
    regex.I,
)
_READ_MORE = (
    r"(?:continue\s+reading|read\s+(?:more|on|the\s+(?:rest|full))|keep\s+reading|full\s+(?:story|article)|"
    r"more\s*(?:»|→|>>|…)|lire\s+(?:la\s+suite|plus)|en\s+savoir\s+plus|leer\s+m[áa]s|seguir\s+leyendo|weiter\s?lesen|"
    r"mehr\s+lesen|ganzen\s+(?:artikel|beitrag)\s+lesen|leggi\s+(?:tutto|di\s+più)|continua\s+a\s+leggere|"
    r"(?:ler|leia)\s+mais|continue\s+lendo|lees\s+(?:meer|verder)|czytaj\s+(?:dalej|więcej)|læs\s+mere|läs\s+mer|"
    r"les\s+mer|lue\s+lisää|devamını\s+oku|читать\s+(?:далее|дальше|полностью)|читати\s+далі|ادامه\s+مطلب|اقرأ\s+المزيد)"
)
_MORE = regex.compile(rf"(?:\[?(?:…|\.\.\.)\]?\s*)?[([]?{_READ_MORE}.{{0,80}}$", regex.I)
MORE_AT_END = regex.compile(rf"(?:…|\.\.\.)\W*{_READ_MORE}|{_READ_MORE}\s*[)\]»→>]+\s*$|\w>{{2,}}\s*$", regex.I)
_INSERTED = regex.compile(
    r"\W*(?:read\s+(?:more|also|next)|see\s+also|also\s+read|related|watch|more|lire\s+aussi)\s*:\s+.{5,200}|"
    r"\W*(?:advertisement\W+)?(?:story|article)\s+continues\b.{0,40}|\W*(?:click|tap)\s+to\s+.{1,60}",
    regex.I,
)
_JUMP = regex.compile(
    r"\W*(?:«|←|‹|<<)[^»]*|[^«]*(?:»|→|›|>>)\W*|\W*(?:\[[^\[\]]{1,60}\]\s*){2,}|"
    r"\W*(?:«|←|‹|<)\s*(?i:previous|next|older|newer|earlier|précéd|anterior|zurück).*"
)
_BULLET = regex.compile(r"\s*[•◦▪‣●○■*·–—-]\s+\S")
_LABELLED = regex.compile(r"\W*(?:published|posted|written|updated|created|date)\b", regex.I)
_CRUMB = regex.compile(r"\s*[»›→>]+\s*|\s+[/|\\]\s+")
_HOME = regex.compile(
    r"\W*(?:home|start|front\s+page|main|you\s+are\s+here\W*(?:home)?|accueil|inicio|startseite)\W*", regex.I
)
_MENU = regex.compile(r"\s*[|·•]\s*")
_UNSPACED_LETTER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_WORD = regex.compile(r"\w|###")
_LETTERS = regex.compile(r"[^\W\d_]+")
_CAMEL_JOINT = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
_PUNCTUATION_END = regex.compile(r"[.!?…:;؟。！？।][\s\"'”’»)\]]*\d{0,2}\s*$")
_SENTENCE_END = regex.compile(r"(?<!\b(?:min|mins|std|sek|sec|hrs|Min|Std|Sek))(?<=\p{Ll}{2})[.。][\s\"'”’»)\]]*$")
_QUESTION_END = regex.compile(r"[?!][\s\"'”’]*$")
CAPTION = regex.compile(
    r"\b(?:photo(?:graph)?|image|picture|file\s+photo|credit|illustration|getty|afp|ap\s+photo|reuters)\b\s*[:/(]|"
    r"^\s*\(?(?:photo|image|credit)\b|\bphoto\s+by\b|\[[^\[\]]+/[^\[\]]+\]\s*$",
    regex.I,
)
SPEAKER = regex.compile(r".{1,60}\b(?:says|wrote)\s*:", regex.I)
PRODUCTION = regex.compile(r"\(.*\b(?:reporting|writing|editing)\s+by\b.*\)", regex.I)
_CLOSING = regex.compile(
    r"\(|https?://|www\.|\[?\d{1,2}[.\])]\s|[–—-]{1,2}\s*\p{Lu}|(?i:source|via|credit|originally|translated|additional)\b|"
    r".*\b(?i:published|appeared|issued\s+by|contributed\s+to)\b"
)
_POSTED = regex.compile(
    r"\W*(?:(?:posted|written|submitted|published)\s+)?by\s+\S.{1,40}?\s(?:[/|·•]|at\s+\d|on\s+\d).*", regex.I
)


def count_words(line: str) -> int:
    """Return the number of words of a line. In Chinese, Japanese and Thai two letters count as one word."""
    return len(line.split()) + len(_UNSPACED_LETTER.findall(line)) // 2


def shape(line: str) -> str:
    """Return a line without its numbers and letter case: what stays the same when a template prints it again."""
    return str(regex.sub(r"\d+", "#", line.strip().casefold()[:LONG_LINE]))


def classify(line: str) -> LineKind:
    """Return the kind of a line, judged without its context."""
    return _classify(line) if len(line) <= LONG_LINE else _kind(line)


@functools.lru_cache(maxsize=4096)  # a dump is looked through twice, and what pages repeat they repeat often
def _classify(line: str) -> LineKind:
    return _kind(line)


def _kind(line: str) -> LineKind:
    bare = line.strip()
    if not _WORD.search(bare):
        return LineKind.BLANK
    if len(bare) > LONG_LINE:
        return LineKind.PROSE
    words = count_words(bare)
    if PRODUCTION.fullmatch(bare):
        return LineKind.PROSE
    if words <= 24 and _INSERTED.fullmatch(bare):
        return LineKind.NOISE
    if furniture := _furniture(line, bare, words) if not _is_sentence(bare) else _addressed_to_reader(bare):
        return furniture
    if words < BRIEF_WORDS and CAPTION.search(bare):
        return LineKind.SHORT
    if words >= (17 if _QUESTION_END.search(bare) else PROSE_WORDS) and _PUNCTUATION_END.search(bare):
        return LineKind.PROSE  # a title may end in "?" or "!", but rarely has more than 16 words
    return LineKind.PROSE if words >= 25 else LineKind.SHORT


def is_prose(line: str) -> bool:
    """Return whether `classify` finds that a line is prose; labels and headings are recognised by their length."""
    may_be = count_words(line) >= PROSE_WORDS or len(line) > LONG_LINE or "(" in line
    return may_be and classify(line) is LineKind.PROSE


def _is_sentence(bare: str) -> bool:
    """Return whether a line ends like a sentence, unlike headings, labels and menus."""
    return count_words(bare) > 3 and bool(_SENTENCE_END.search(bare))


def _addressed_to_reader(bare: str) -> LineKind | None:
    """Return the kind of a sentence that is about the page or addresses its reader, None for other sentences."""
    if count_words(bare) <= 60 and _TO_READER.search(bare) and not set(bare) & set('“"'):
        return LineKind.BOX
    return LineKind.FOOTER if len(bare) < 250 and _LEGAL.search(bare) else None


def _furniture(line: str, bare: str, words: int) -> LineKind | None:
    """Return the kind of a line of furniture, or None. The order decides between patterns that match the same line."""
    if words <= 14 and (control := _control(bare)):
        return control
    if words <= 14 and _MORE.match(bare):
        return LineKind.MORE
    if len(bare) < 250 and _BULLET.match(line) and words <= 20 and bare[-1] not in ".!":
        return LineKind.DATED if _LABELLED.match(bare) and is_dated(bare) else LineKind.BULLET
    if words <= 20 and _JUMP.fullmatch(bare):
        return LineKind.PAGER
    if breadcrumbs(bare):
        return LineKind.CRUMBS
    if words <= 14 and (heading := _heading(bare)):
        return heading
    if words <= 24 and is_dated(bare):
        # dumps indent what belongs to an item of a list
        return LineKind.META if line.startswith("  ") else LineKind.DATED
    if words <= 14 and (byline(bare) or _POSTED.fullmatch(bare)):
        return LineKind.BYLINE
    if kind := _addressed_to_reader(bare):
        return kind
    if words <= 14 and _FOOTER.search(bare):
        return LineKind.FOOTER
    if _TAGS.fullmatch(bare):
        return LineKind.TAGS
    if words <= 14 and _is_menu(bare):
        return LineKind.NOISE
    return LineKind.BOX if words <= 60 and _BOX.search(bare) and not set(bare) & set('“"') else None


def _control(bare: str) -> LineKind | None:
    """Return NOISE or PAGER for a line of only numbers or a page's controls ("FacebookTwitter", "Older posts")."""
    words = _LETTERS.findall(_CAMEL_JOINT.sub(" ", bare).casefold())
    if not words:
        return None if find_date(bare) or "###" in bare else LineKind.NOISE
    strong = [word for word in words if not _FILLER_WORD.fullmatch(word)]
    if not strong or not all(_CONTROL_WORD.fullmatch(word) or _PAGING_WORD.fullmatch(word) for word in strong):
        return None
    if any(_CONTROL_WORD.fullmatch(word) for word in strong):
        return LineKind.NOISE
    return LineKind.PAGER if len(words) <= 4 else None


def _heading(bare: str) -> LineKind | None:
    """Return the kind of a line that is, as a whole, a template's heading or label of something other than text."""
    if _META.fullmatch(bare):
        return LineKind.META
    if _COMMENTS.fullmatch(bare):
        return LineKind.COMMENTS
    return LineKind.TEASERS if count_words(bare) <= 9 and _TEASERS.fullmatch(bare) else None


def _is_menu(bare: str) -> bool:
    """Return whether a line is a menu: three or more short parts between bars or dots, or links run together."""
    parts = _MENU.split(bare)
    joints = len(_CAMEL_JOINT.findall(bare))
    return (len(parts) >= 3 and all(count_words(part) <= 4 for part in parts)) or (
        joints >= 2 and joints * 4 >= count_words(bare)
    )


def breadcrumbs(line: str) -> list[str]:
    """Return the parts of a breadcrumb trail ("Home » World » Title"), or [] for any other line."""
    bare = line.strip()
    parts = [part for part in _CRUMB.split(bare) if part]
    arrows = len(parts) > 2 and set(bare) & set("»›→>") and all(count_words(part) <= 4 for part in parts[:-1])
    return parts if len(parts) > 1 and (arrows or _HOME.fullmatch(parts[0])) else []


def can_close_text(line: str) -> bool:
    """Return whether a short line can close a text: a sentence, byline, credit, address, footnote or name."""
    bare = line.strip()
    return bool(
        (count_words(bare) > 3 and _SENTENCE_END.search(bare))
        or byline(bare)
        or _CLOSING.match(bare)
        or regex.fullmatch(r"(?:\p{Lu}[\p{L}'’.-]++[ ,]*){2,4}(?:,\s*\S+){0,3}", bare)
    )
