"""A saved web page becomes an article: its text, headline, date, authors, site, and original outlet."""

import datetime as dt
import json
import time

import pytest
from support import samples

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import html, limits

FIRST = "The council of Port Selwyn voted on Monday night for a tram line from the harbour to the old fish market."
SECOND = "Work will begin in spring, and the first cars should run in three years, the mayor told the council."
THIRD = "Two members voted against it because nobody could say what the bridge over the inner basin would cost."
TEXT = "\n".join((FIRST, SECOND, THIRD))
TITLE = "Port Selwyn gets its tram back"
HAN_TITLE = "塞尔温港市议会批准重建电车线：明年春天开工"
HAN_TEXT = "\n".join(
    (
        "塞尔温港市议会星期一晚上投票决定，从港口到旧鱼市场重新修建一条电车线路，工程将于明年春天开始。",
        "市长对议员们说，第一批车辆预计三年后上路，票价与现在的公共汽车相同，学生可以免费乘坐。",
        "两名议员投了反对票，因为没有人能够说明横跨内港的桥梁究竟要花多少钱，也没有人知道由谁来付款。",
    )
)


def page(head="", above="", below="", title=f"{TITLE} - Valley Post", h1=f"<h1>{TITLE}</h1>", text=None):
    """Return a minimal page whose text is in <article>."""
    paragraphs = "".join(f"<p>{line}</p>" for line in (text or TEXT).split("\n"))
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body><nav><a href='/'>Home</a></nav>"
        f"<article>{h1}{above}{paragraphs}</article>{below}</body></html>"
    )


def ld(data):
    return f'<script type="application/ld+json">{data if isinstance(data, str) else json.dumps(data)}</script>'


def meta(**fields):
    return "".join(f'<meta property="{k.replace("__", ":")}" content="{v}">' for k, v in fields.items())


def read(markup, url=None, charset=None):
    return html.parse(markup, load_catalogue(), "x.html", url, charset)


def news(**fields):
    return ld({"@context": "https://schema.org", "@type": "NewsArticle", "headline": TITLE, **fields})


# What content systems print


def test_references_in_a_json_ld_graph_are_resolved():
    graph = [
        {
            "@type": "Article",
            "@id": "https://valley.example/tram#article",
            "headline": TITLE,
            "author": {"@id": "https://valley.example/#/person/1"},
            "publisher": {"@id": "https://valley.example/#organization"},
            "datePublished": "2014-09-05T23:40:00-04:00",
        },
        {"@type": "Organization", "@id": "https://valley.example/#organization", "name": "The Valley Post"},
        {"@type": "Person", "@id": "https://valley.example/#/person/1", "name": "Jane Roe"},
    ]
    found = read(page(ld({"@context": "https://schema.org", "@graph": graph})), "https://valley.example/tram")
    assert (found.title, found.text) == (TITLE, TEXT)
    assert (found.outlet, found.outlet_basis, found.host) == (
        "The Valley Post",
        "metadata: publisher",
        "The Valley Post",
    )
    assert (found.authors, found.date.isoformat(), found.date_basis) == (("Jane Roe",), "2014-09-05", "published")
    assert (found.url, found.source, found.kind) == ("https://valley.example/tram", "x.html", "full text")


def test_several_authors_are_read_and_the_date_is_in_the_outlets_time_zone():
    head = news(
        author=[{"@type": "Person", "name": "Jane Roe"}, {"@type": "Person", "name": "John Doe"}],
        publisher={"@type": "NewsMediaOrganization", "name": "The Capital Ledger"},
        datePublished="2015-04-07T03:42:00.000Z",
    )
    printed = '<time datetime="2015-04-06T23:42:00-04:00">April 6, 2015 11:42 pm</time>'
    found = read(page(head, above=printed))
    assert found.authors == ("Jane Roe", "John Doe")
    assert found.date == dt.date(2015, 4, 6)


def test_the_url_shows_the_date_in_the_outlets_time_zone():
    head = meta(article__published_time="2015-04-07T03:42:00Z")
    assert read(page(head), "https://valley.example/2015/4/6/835/tram").date == dt.date(2015, 4, 6)


def test_an_old_page_without_data_is_read_from_what_it_prints():
    head = '<meta name="DC.date.issued" content="2014-09-05"><meta name="Author" content="By Jane Roe and John Doe">'
    found = read(page(head, below="<div>© 2019 Valley Post Ltd. All rights reserved.</div>"))
    assert (found.date.isoformat(), found.authors) == ("2014-09-05", ("Jane Roe", "John Doe"))
    assert (found.outlet, found.outlet_basis) == ("Valley Post", "host page: Valley Post")


def test_a_date_near_the_headline_is_the_date():
    found = read(page(above='<div class="submitted">Submitted by <a>Jane Roe</a> on Fri, 2014-09-05 12:30</div>'))
    assert (found.date.isoformat(), found.date_basis) == ("2014-09-05", "published")
    assert found.text == TEXT


def test_blog_software_is_not_the_publisher():
    head = ld({"@type": "BlogPosting", "headline": TITLE, "publisher": {"@type": "Organization", "name": "Blogger"}})
    head += meta(og__site_name="ValleyNotes | news and views from the valley")
    found = read(page(head), "https://valleynotes.blogspot.example/2014/09/tram.html")
    assert (found.outlet, found.outlet_basis) == ("ValleyNotes", "host page: ValleyNotes")


def test_an_amp_page_is_read_from_its_data():
    markup = page(news(publisher="The Valley Post", datePublished="2014-09-05"), title="", h1="").replace(
        "<html", "<html amp"
    )
    found = read(markup)
    assert (found.title, found.outlet, found.date.isoformat()) == (TITLE, "The Valley Post", "2014-09-05")


def test_json_ld_with_template_leftovers_is_read():
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "datePublished": "2014-09-05T08:00:00+02:00"})
    data = f"<!-- \n{data[:-1]},\n}}\n -->;"
    assert read(page(ld(data))).date == dt.date(2014, 9, 5)


def test_data_of_other_articles_are_ignored():
    other = {"@type": "NewsArticle", "headline": "Ferry strike goes on", "datePublished": "2011-01-01"}
    listed = {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": other}]}
    assert read(page(ld([listed, other]) + news(datePublished="2014-09-05"))).date == dt.date(2014, 9, 5)


def test_the_catalogue_names_the_site_of_an_address():
    found = read(
        page(meta(og__site_name="CNN.com International")), "https://edition.cnn.com/2014/09/05/tram/index.html"
    )
    assert (found.outlet, found.host, found.outlet_basis) == ("CNN", "CNN", "host page: CNN")
    assert (found.date.isoformat(), found.date_basis) == ("2014-09-05", "from the address")


LANGUAGES = [
    (
        "Le tram revient à Port-Selwyn",
        "Le conseil de Port-Selwyn a voté lundi soir pour une ligne de tram entre le port et le vieux marché.\n"
        "Les travaux commenceront au printemps, a dit le maire devant le conseil.",
        "Publié le 5 septembre 2014 à 18h02",
    ),
    (
        "Port Selwyn bekommt seine Straßenbahn zurück",
        "Der Rat von Port Selwyn hat am Montagabend für eine Straßenbahn vom Hafen zum alten Markt gestimmt.\n"
        "Die Arbeiten sollen im Frühjahr beginnen, sagte der Bürgermeister vor dem Rat.",
        "Stand: 05.09.2014",
    ),
    (
        "El tranvía vuelve a Puerto Selwyn",
        "El consejo de Puerto Selwyn votó el lunes por la noche a favor de un tranvía del puerto al viejo mercado.\n"
        "Las obras empezarán en primavera, dijo el alcalde ante el consejo.",
        "5 de septiembre de 2014",
    ),
    (
        "В Порт-Селвин вернётся трамвай",
        "Совет Порт-Селвина проголосовал вечером в понедельник за трамвайную линию от гавани до старого рынка.\n"
        "Работы начнутся весной, сообщил мэр города на заседании совета.",
        "5 сентября 2014",
    ),
    (
        "塞尔温港有轨电车将恢复运行",
        "塞尔温港议会周一晚间投票决定修建一条从港口到旧鱼市场的有轨电车线路，工程将于明年春天开始。\n"
        "市长在会上表示，首批车辆将在三年内投入运营，但两名议员投了反对票。",
        "2014年09月05日 10:20",
    ),
    (
        "عودة الترام إلى ميناء سيلوين",
        "صوّت مجلس ميناء سيلوين مساء الاثنين لصالح إنشاء خط ترام يربط الميناء بسوق السمك القديم.\n"
        "وقال رئيس البلدية أمام المجلس إن العمل سيبدأ في الربيع المقبل.",
        "5 سبتمبر 2014",
    ),
]


@pytest.mark.parametrize(("title", "text", "dated"), LANGUAGES)
def test_pages_of_any_language_are_read(title, text, dated):
    markup = page(title=f"{title} | Example", h1=f"<h1>{title}</h1>", above=f"<div>{dated}</div>", text=text)
    found = read(markup.encode())
    assert (found.title, found.text, found.date) == (title, text, dt.date(2014, 9, 5))


@pytest.mark.parametrize("charset", ["windows-1251", "utf-16"])
def test_the_encoding_is_detected(charset):
    lines = [
        "Совет Порт-Селвина проголосовал вечером в понедельник за трамвайную линию от гавани до старого рынка.",
        "Работы начнутся весной, а первые вагоны пойдут через три года, сообщил мэр города на заседании совета.",
    ]
    head = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'
    assert read(page(head, text="\n".join(lines)).encode(charset)).text == "\n".join(lines)
    assert read(page(text="\n".join(lines)).encode(charset), charset=charset).text == "\n".join(lines)


def test_the_url_is_where_the_page_was_saved_from():
    saved = "<!-- saved from url=(0035)https://valley.example/2014/tram -->"
    head = '<link rel="canonical" href="https://valley.example/canonical">'
    assert read(page(head).replace("<html>", f"{saved}<html>")).url == "https://valley.example/2014/tram"
    assert read(page(head)).url == "https://valley.example/canonical"
    assert read(page(head), "https://valley.example/given").url == "https://valley.example/given"
    assert read(page()).url is None


# Title


@pytest.mark.parametrize(
    ("h1", "title", "head"),
    [
        (f"<h1>Valley Post</h1><h2>{TITLE}</h2>", f"{TITLE} | Valley Post", meta(og__site_name="Valley Post")),
        (f"<h1>{TITLE}</h1>", "Tram to return to Port Selwyn - Transport", meta(og__title="Port Selwyn has its tram")),
        ("", f"Valley Post | {TITLE}", meta(og__site_name="Valley Post")),
        ("", f"{TITLE} - Valley Post", ""),
        ("<h1>Valley Notes</h1>", f"Valley Notes » Blog Archive » {TITLE}", ""),
        ("", "x", meta(og__title="Port Selwyn gets its tram&amp;nbsp;back")),
        (f"<h1>{TITLE}</h1>", "Port Selwyn: all you must know", meta(og__title="tram-port-selwyn-2014")),
        (f"<h1>Better living by the sea</h1><h2>{TITLE}</h2>", f"Stories - {TITLE} - Notes", ""),
        (f"<h1>{TITLE}</h1><h1>Valley Newsletter</h1>", "Valley", ""),
        (f"<h1><time>5 Sep</time> {TITLE}</h1>", f"{TITLE} ‹ Valley", ""),
        (f"<h1></h1><h2>{TITLE}</h2>", "valley.example", meta(og__url="https://valley.example/tram")),
        ("<h3>Port Selwyn gets:</h3><h4>Its tram back</h4>", f"{TITLE} | Valley Post", meta(og__title=TITLE)),
        (f"<div>{TITLE}</div>", f"{TITLE} - All about the trams - Notes", ""),
    ],
)  # fmt: skip
def test_the_title_is_the_headline_without_the_sites_name(h1, title, head):
    assert read(page(head, title=title, h1=h1)).title == TITLE


def test_entities_and_tags_in_a_title_are_resolved():
    head = news(publisher="Valley Post") + meta(og__title="Roe &amp;amp; Doe&#39;s &lt;i&gt;tram&lt;/i&gt;")
    assert read(page(head, title="Roe &amp; Doe's tram", h1="")).title == "Roe & Doe's tram"


def test_the_site_is_the_part_of_the_title_that_is_not_the_headline():
    found = read(page(title=f"Blog » {TITLE} « Valley Notes"), "https://valleynotes.example/?p=7")
    assert (found.title, found.host) == (TITLE, "Valley Notes")


@pytest.mark.parametrize(
    "h1", [f"<h1>{HAN_TITLE}</h1>", f"<div>{HAN_TITLE}</div>", f"<h1>河谷网</h1><b>{HAN_TITLE}</b>"]
)
@pytest.mark.parametrize(
    "behind", ["_河谷网", "-河谷网", "--交通--河谷网", "_要闻_河谷网_valley.example", " 港口 - 河谷网"]
)
def test_chinese_titles_are_separated_from_the_site_without_spaces(h1, behind):
    found = read(page(title=f"{HAN_TITLE}{behind}", h1=h1, text=HAN_TEXT))
    assert (found.title, found.host) == (HAN_TITLE, "河谷网")


@pytest.mark.parametrize(
    ("below", "host"),
    [
        ("<p>Copyright © 2014 河谷出版有限公司 谷ICP备00000001号</p>", "河谷出版有限公司"),
        ("<p>© 2014 河谷日报 地址：港口路一号</p>", "河谷日报"),
        ("<p>© 2014 Valley Press www.valley.example</p>", "Valley Press"),
        ("<p>© 2014 Valley Press. Letters are copyrighted by their writers</p>", "Valley Press"),
        ("<script>// © 2014 Some Script Makers</script>", None),
    ],
)
def test_the_owner_of_the_page_is_named_by_its_copyright_line(below, host):
    assert read(page(title=TITLE, below=below)).host == host


# Date


@pytest.mark.parametrize(
    ("stamp", "basis"),
    [
        ("2999-01-01T10:00:00Z", "refused: 2999-01-01T10:00:00Z (in the future)"),
        ("03/04/2019", "refused: 03/04/2019 (two readings)"),
        ("0001-01-01T00:00:00", "refused: 0001-01-01T00:00:00 (not a day)"),
        ("1970-01-01T00:00:00Z", "refused: 1970-01-01T00:00:00Z (not a day)"),
    ],
)
def test_an_impossible_date_is_refused_and_the_article_kept(stamp, basis):
    found = read(page(meta(article__published_time=stamp)))
    assert (found.date, found.date_basis, found.text) == (None, basis, TEXT)


def test_a_date_before_a_dash_at_the_start_of_the_text_is_the_date():
    assert read(page(text=f"Sept. 5, 2014 -- {TEXT}")).date == dt.date(2014, 9, 5)
    assert read(page(text=f"Sept. 5, 2014 was the day on which all began. {TEXT}")).date is None


def test_a_valid_printed_date_replaces_an_ambiguous_stamp():
    found = read(page(meta(article__published_time="03/04/2019"), above="<div>3 April 2019</div>"))
    assert (found.date.isoformat(), found.date_basis) == ("2019-04-03", "published")


@pytest.mark.parametrize(
    "furniture",
    [
        {"below": "<footer>© 2014 Valley Post. Last change: 5 September 2014</footer>"},
        {"below": '<div class="comments"><p>Max, 5 September 2014: Well done.</p></div>'},
        {"text": f"{FIRST}\nThe line was closed on 5 September 2014 after a cable fell, hurting one man.\n{THIRD}"},
        {"head": '<meta name="date.expires" content="2030-01-01">' + meta(og__updated_time="2016-01-01")},
    ],
)  # fmt: skip
def test_dates_in_furniture_and_prose_are_ignored(furniture):
    found = read(page(**furniture))
    assert (found.date, found.date_basis) == (None, None)


def test_the_date_of_publication_is_preferred_to_that_of_an_update():
    above = "<p>Updated: September 9, 2014 | Published: September 5, 2014</p>"
    assert read(page(above=above)).date == dt.date(2014, 9, 5)


@pytest.mark.parametrize(
    "below",
    [
        '<div class="post-footer">This post was published on 5 September 2014 by the editors.</div>',
        '<div id="articlefooter"><span>Date</span> <span>5 September 2014</span></div>',
        '<div class="post-footer">By Jane on 5 September 2014 | no comments</div>',
    ],
)
def test_a_labelled_date_below_the_article_is_the_date(below):
    today = "<div>9 September 2014</div>"
    markup = page(below=below).replace("<article>", f"{today}<article>")
    assert read(markup).date == dt.date(2014, 9, 5)


@pytest.mark.parametrize(
    "below",
    [
        "<h3><a href='/ferry'>The ferry strike goes on</a></h3><p>Published 5 September 2014</p>",
        "<div><a href='/ferry'>The ferry strike goes on</a> <span>Published 5 September 2014</span></div>",
        "<div>Published 5 September 2014</div><div>Published 6 September 2014</div>",
        "<div class='related'>Published 5 September 2014</div>",
        "<p>The report of the council was published on 5 September 2014.</p>",
    ],
)
def test_dates_of_other_articles_are_ignored(below):
    assert read(page(below=below)).date is None


@pytest.mark.parametrize(
    ("above", "head"),
    [
        ('<time datetime="2014-09-09T10:00:00Z">5 September 2014</time>', ""),
        ('<span class="updated">2014-09-09T10:00:00Z</span><span>5 September 2014</span>', ""),
        ("<div>5 September 2014</div>", '<meta name="dateCreated" content="2014-09-09T10:00:00Z">'),
        ("", meta(og__title=f"{TITLE} | VP | 05.09.2014") + '<meta name="dateCreated" content="2014-09-09">'),
    ],
)
def test_a_printed_date_is_preferred_to_a_stamp_of_an_update(above, head):
    assert read(page(head, above=above)).date == dt.date(2014, 9, 5)


# Outlet and authors


@pytest.mark.parametrize(
    ("head", "basis"),
    [
        (news(author={"@type": "Organization", "name": "Associated Press"}), "metadata: author"),
        (news(author="AP"), "metadata: author"),
        (meta(author="The Associated Press"), "metadata: author"),
        (news(isBasedOn="https://apnews.com/article/tram"), "metadata: isBasedOn"),
        (news(sourceOrganization={"name": "Associated Press"}), "metadata: sourceOrganization"),
        ('<meta name="original-source" content="https://apnews.com/article/tram">', "metadata: original-source"),
        ('<link rel="canonical" href="https://apnews.com/article/tram">', "metadata: canonical"),
    ],
)
def test_page_data_name_the_original_outlet(head, basis):
    head += meta(og__site_name="Valley Post", article__published_time="2014-09-05")
    found = read(page(head), "https://valley.example/tram")
    assert (found.outlet, found.outlet_basis, found.host) == ("Associated Press", basis, "Valley Post")
    assert (found.date_basis, found.authors) == ("posted by host", ())


def test_a_canonical_url_on_another_site_names_the_original_outlet():
    head = '<link rel="canonical" href="https://apnews.com/article/tram">' + meta(og__site_name="Valley Post")
    found = read(page(head))
    assert (found.outlet, found.host) == ("Associated Press", "Valley Post")


@pytest.mark.parametrize(
    ("above", "text", "basis"),
    [
        ('<p class="byline">By Jane Roe, Reuters</p>', TEXT, "byline: By Jane Roe, Reuters"),
        ("", f"TIRANA (Reuters) - {TEXT}", "dateline: TIRANA (Reuters) -"),
        ("", f"{TEXT}\nSource: Reuters", "credit line: Source: Reuters"),
        ("<div><span>Source:</span> <a href='/r'>Reuters</a></div>", TEXT, "credit line: Source: Reuters"),
        ("", f"{TEXT}\nhttps://www.reuters.com/article/tram", "url: https://www.reuters.com/article/tram"),
    ],
)
def test_credits_name_the_original_outlet_even_if_the_page_states_a_publisher(above, text, basis):
    found = read(page(news(publisher="Valley Post"), above=above, text=text), "https://valley.example/tram")
    assert (found.outlet, found.outlet_basis, found.host) == ("Reuters", basis, "Valley Post")


@pytest.mark.parametrize(
    ("above", "outlet", "basis"),
    [
        ("<p>2014-09-05 10:20 来源: <a href='/s'>港口晚报</a></p>", "港口晚报", "credit line: 来源:港口晚报"),
        ("<p>2014年09月05日</p><p>文章来源：Harbour Notes-社区 打印</p>", "Harbour", "credit line: 文章来源：Harbour"),
        ("<p>2014-09-05</p><i class='art-source'>港口记事</i>", "港口记事", "credit line: 港口记事"),
        ("<p><b>港口晚报</b> <i>2014-09-05 10:20</i></p>", "港口晚报", "credit line: 港口晚报"),
    ],
)
def test_a_source_printed_in_chinese_is_the_original_outlet(above, outlet, basis):
    found = read(page(title=f"{HAN_TITLE}_河谷网", h1=f"<h1>{HAN_TITLE}</h1>", above=above, text=HAN_TEXT))
    assert (found.outlet, found.outlet_basis, found.host) == (outlet, basis, "河谷网")
    assert (found.date, found.date_basis) == (dt.date(2014, 9, 5), "posted by host")


@pytest.mark.parametrize(
    "above",
    [
        "<p>2014-09-05 来源：河谷网-要闻</p>",
        "<p>2014-09-05 来源：网络</p>",
        "<p>2014-09-05 来源：<b>字号：大</b></p>",
        "<p>2014-09-05</p><p><a href='/r'>我要举报</a></p>",
        "<p>2014-09-05</p><p>图片来源：港口晚报</p>",
    ],
)
def test_a_printed_source_that_names_no_other_outlet_is_ignored(above):
    found = read(page(title=f"{HAN_TITLE}_河谷网", h1=f"<h1>{HAN_TITLE}</h1>", above=above, text=HAN_TEXT))
    assert (found.outlet, found.host, found.date_basis) == ("河谷网", "河谷网", "published")


def test_where_the_text_only_suggests_another_outlet_the_site_is_named_with_the_doubt():
    text = (
        f"{FIRST}\n“Let them wait,” she told Reuters by telephone, and would say no more about the tram line.\n{THIRD}"
    )
    named = read(page(meta(og__site_name="Valley Watch"), text=text))
    stated = read(page(meta(og__site_name="Valley Watch") + news(publisher="Valley Watch"), text=text))
    assert (named.outlet, named.outlet_basis) == ("Valley Watch", "host page: Valley Watch; but told Reuters")
    assert (stated.outlet, stated.outlet_basis) == ("Valley Watch", "metadata: publisher; but told Reuters")
    assert read(page(text=text, title=TITLE)).outlet == "Reuters"


def test_an_outlet_that_is_cited_is_not_the_source():
    found = read(
        page(
            meta(og__site_name="Valley Post"),
            text=f"{FIRST}\nReuters reported on Monday that the cars were sold.\n{THIRD}",
        )
    )
    assert found.outlet == "Valley Post"


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\nhttps://petition.example/save-the-tram",
        f"{TEXT}\nThe Finest: Tea & Some Time by the sea.",
        f"{TEXT}\nJane Roe, « The harbour of the north », Le Monde diplomatique, May 2014.",
    ],
)
def test_a_link_or_a_footnote_at_the_end_is_not_the_original_outlet(text):
    site = meta(og__site_name="Le Monde diplomatique")
    found = read(page(site, text=text), "https://blog.mondediplo.example/tram")
    assert (found.outlet, found.authors) == (found.host, ())


def test_names_that_are_not_persons_are_not_authors():
    head = '<meta name="author" content="admin"><meta name="author" content="Valley Post Staff">'
    head += meta(og__site_name="Valley Post", article__author="https://www.facebook.example/jane.roe")
    assert read(page(head)).authors == ()


def test_a_byline_names_the_author_if_the_data_do_not():
    assert read(page(above='<p class="byline">By Jane Roe</p>')).authors == ("Jane Roe",)


def test_a_button_after_an_author_is_not_part_of_the_name():
    assert read(page('<meta name="author" content="Jane Roe Follow">')).authors == ("Jane Roe",)


def test_an_outlet_after_an_author_is_not_part_of_the_name():
    found = read(page(meta(og__site_name="Valley Post"), above='<p class="byline">By Jane Roe CNN</p>'))
    assert found.authors == ("Jane Roe",)


# Text


def test_menus_comments_and_the_headline_are_not_text():
    below = "<aside><h3>More</h3><ul><li><a href='/1'>Ferry</a></li></ul></aside>"
    below += '<div id="comments"><p>Max Poe: I have waited for this tram since I was a child, well done all.</p></div>'
    assert read(page(below=below)).text == TEXT


def test_a_headline_repeated_below_the_text_does_not_remove_the_text():
    whole = " ".join(line.rstrip(".") for line in TEXT.split("\n"))
    assert read(page(h1="", text=f"{whole} (vp)\n{TITLE}\n{SECOND}")).text.startswith(whole)


def test_lists_and_tables_come_without_markup():
    body = f"<p>{FIRST}</p><ul><li>{SECOND}</li><li>{THIRD}</li></ul>"
    found = read(page().replace("".join(f"<p>{p}</p>" for p in (FIRST, SECOND, THIRD)), body))
    assert found.text == TEXT


def test_a_text_that_only_the_data_have_is_taken_from_them():
    body = "&lt;p&gt;" + "&lt;/p&gt;&lt;p&gt;".join(TEXT.split("\n")) + "&lt;/p&gt;"
    assert read(page(news(articleBody=body), text="Loading …")).text == TEXT


# Pages that are not articles


TEASERS = "".join(
    f"<h2><a href='/{n}'>The {n} thing that happened in the valley</a></h2><p>Something happened for the {n} time in "
    "the valley, and many people of Port Selwyn went out of their houses to see it for themselves.</p>"
    for n in ("first", "second", "third", "fourth", "fifth")
)


MISSING = "The page that you asked for was not found. It may have been moved to another place, or it never was there."
FORM = "Please log in to continue reading this article. You can also read three articles each month without an account."
CHECK = (
    "We are checking your browser before you can go to the page; this takes only a few seconds, so please stay here."
)
LIST = f"<html><head><title>Valley</title></head><body>{TEASERS}</body></html>"
COLLECTION = page(ld({"@type": "CollectionPage", "name": "Trams"}))


@pytest.mark.parametrize(
    ("markup", "url", "reason"),
    [
        (page(title="Valley Post", h1=""), "https://valley.example/", "the front page of a site, not an article"),
        (LIST, "https://valley.example/news", "a list of articles, not an article"),
        (COLLECTION, "https://valley.example/tag/tram", "a list of articles, not an article"),
        (page(title="404", h1="<h1>404</h1>", text=MISSING), None, "an error page, not an article"),
        (page(title="Log in", h1="", text=FORM), None, "a log-in or subscription form, not an article"),
        (page(title="Just a moment...", h1="", text=CHECK), None, "a check against robots, not an article"),
        (page(text="Nothing to see."), None, "no article text found on the page"),
        ("<html><body></body></html>", None, "no article text found on the page"),
        ("", None, "not a web page"),
        ("These are words and no page.", None, "not a web page"),
    ],
)
def test_a_page_that_is_not_an_article_is_rejected_with_a_reason(markup, url, reason):
    with pytest.raises(InputError, match=reason):
        read(markup, url)


def test_an_article_about_errors_and_log_ins_is_an_article():
    about = f"{TEXT}\nThe site of the council said only: page not found. Citizens had to log in to read the plan."
    long = "\n".join(
        about.replace("council", f"council of {place}") for place in ("Harlow", "Selwyn", "Marsh", "Kells")
    )
    assert read(page(text=long)).title == TITLE


def test_a_page_with_a_wrong_og_url_is_still_an_article():
    assert read(page(news() + meta(og__url="https://valley.example/"))).text == TEXT


# Broken and hostile pages


@pytest.mark.parametrize(
    "head",
    [
        ld("[" * 100_000),
        ld('{"@type": "NewsArticle", "headline": ' + "[" * 500 + '"x"' + "]" * 500 + "}"),
        ld({"@type": ["NewsArticle", 3, None], "headline": {"a": 1}, "author": [1, None, {"name": [1]}], "publisher": 5,
            "datePublished": 20140905, "articleBody": [1], "@id": {}, "isBasedOn": [3, {"url": 4}]}),
        ld("{not json"),
        ld('{"@type": "NewsArticle", "headline": "half \\ud83d"}'),
        '<link rel="canonical" href="http://[::1"><meta property="og:url" content="http://[bad">',
        '<link rel="canonical" href="https://valley.example[&quot;x&quot;]/a">',
        "<script>var a = '</div></article><h1>';",
    ],
)  # fmt: skip
def test_broken_data_do_not_prevent_reading(head):
    found = read(page(head + "</script>"))
    assert (found.title, found.text) == (TITLE, TEXT)
    found.content_hash.encode()


def test_invalid_characters_are_removed():
    found = read(
        page(title="Port \x00Selwyn gets its tram back", h1="<h1>Port \x00Selwyn gets \ud83dits tram back</h1>")
    )
    assert (found.title, found.text) == (TITLE, TEXT)
    assert read(page().replace("tram", "tr\x00am").encode()).text == TEXT


def test_entities_are_not_expanded_and_no_file_is_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of the harbour")
    lol = '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">'
    lol += f'<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    found = read(page(text=f"{TEXT} &b; &x;").replace("<!DOCTYPE html>", lol))
    assert "aaaaaaaaaa" not in found.text
    assert "secret" not in found.text


def test_a_page_over_the_size_limit_is_rejected():
    with pytest.raises(InputError, match="too large"):
        read(b" " * (limits.MAX_BYTES + 1))


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + page(),
        page(title="word - " * 50_000, h1="<h1>" + "w - " * 50_000 + "</h1>"),
        page('<meta name="date" content="12 of foo 2014 x">' * 5_000),
        page(below="<p>" + "copyright © " * 50_000 + "</p>"),
        page(below="<h1>Another</h1>" * 5_000),
        page(below="<h2><a href='/a'>Another</a></h2><p>Published 5 September 2014</p>" * 5_000),
    ],
)
def test_every_page_is_read_in_time(markup):
    began = time.process_time()
    try:
        found = read(markup).text
    except InputError as error:
        found = str(error)
    assert time.process_time() - began < 10
    assert found.startswith((FIRST, "its markup has more than"))


def test_a_file_is_one_article_with_its_path_as_source(tmp_path):
    path = tmp_path / "saved.html"
    path.write_text(page(), "utf-8")
    (found,) = html.read(path, load_catalogue())
    assert (found.source, found.title, found.text) == (str(path), TITLE, TEXT)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="the file is empty"):
        list(html.read(path, load_catalogue()))


def test_nothing_is_printed_by_the_libraries(capfd):
    with pytest.raises(InputError):
        read("<html><body></body></html>")
    assert capfd.readouterr() == ("", "")


def test_mojibake_is_mended_wherever_it_is_on_a_page_but_looked_for_in_what_is_read():
    broken = {"Café": "CafÃ©", "don’t": "donâ€™t", "Zürcher": "ZÃ¼rcher"}
    page = samples.PAGE.replace(samples.TITLE, "The Café that they don’t close")
    page = page.replace("The Delta Herald", "Zürcher Bote").replace("Its captain", "Its captain don’t mind")
    whole = html.parse(page, load_catalogue(), "")
    for word, mojibake in broken.items():
        page = page.replace(word, mojibake)
    mended = html.parse(page.encode(), load_catalogue(), "")
    assert mended == whole
    assert (mended.title, mended.outlet) == ("The Café that they don’t close", "Zürcher Bote")
