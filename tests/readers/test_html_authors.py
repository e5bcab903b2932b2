"""What trafilatura finds of a page's authors is found without giving it the whole page."""

import re

import pytest
from trafilatura.metadata import extract_author
from trafilatura.xpaths import AUTHOR_XPATHS

from rag.readers.html import authors
from rag.readers.html.authors import AUTHOR_ATTRIBUTES, AUTHOR_WORDS
from rag.readers.html.page import parse_page

BODIES = [
    '<div class="top"><p>Today <span class="author-name">Jane <b>Roe</b></span> of the desk</p></div>',
    '<div id="comments"><p class="author">John Doe</p></div><p id="author">Jane Roe</p>',
    '<p class="post-author"><time>7 May</time> by <a rel="author">Jane Roe</a><figure>Sue</figure> and John Doe</p>',
    '<div class="sidebar"><div><a class="author">John Doe</a></div></div><ul><li><h3 class="byline">Jane Roe</h3></ul>',
    '<div class="authors"><div class="author">Jane Roe</div><span class="print author">John Doe</span></div>',
    "<div><rel>me</rel>Jane Roe</div><author>John Doe</author>",
    '<section data-component="BylineBlock"><em>Jane Roe</em></section>',
    '<div class="writer">Jane Roe</div><div class="screenname">John Doe</div>',
    '<span itemprop="author name">Jane Roe</span><a data-testid="AuthorURL">John Doe</a>',
    "<p>Nobody signs this.</p>",
    *(f'<p class="{name}">Jane Roe</p>' for name in ("BBL", "byl", "username", "channel-name", "posted-by", "Byline")),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("start", ["<body>", '<body class="single-author">', '<html class="author-page"><body>'])
def test_the_authors_are_those_that_trafilatura_finds_in_the_whole_page(start, body):
    page = parse_page(f"{start}<nav>Home</nav>{body}<p>The council closed the bridge.</p></body>", None)
    assert authors._by_trafilatura(page) == (extract_author(page.tree) or "")


def test_all_that_trafilatura_looks_for_is_looked_for():
    for expression in AUTHOR_XPATHS:
        path = expression.path.replace("rel='me'", "")  # an element, in our expression too
        assert {*re.findall(r"@([\w-]+)", path)} <= {*AUTHOR_ATTRIBUTES}
        for word in (word for literal in re.findall("'([^']*)'", path) for word in literal.split("|")):
            for spelt in (re.sub(r"\[(.)(.)\]", form, word) for form in (r"\1", r"\2")):
                assert any(part in spelt for part in AUTHOR_WORDS), spelt
