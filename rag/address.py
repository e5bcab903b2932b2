"""The canonical address of an article: the same for every spelling of a URL that leads to the same article.

w3lib does what holds for all URLs: letter case, escapes, order of parameters. Here is what holds for articles: which
parts never tell two articles apart (the scheme, "www.", parameters that count visitors), and which addresses cannot
identify one at all, because many articles are found there one after another (a site's home page). In doubt a part is
kept: two addresses of one article are two versions less, one address of two articles would lose one of them.
"""

from __future__ import annotations

import functools
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import regex

# Parameters that say how a visitor came, as the analytics and advertising products that add them document. A name
# that some site uses to identify an article ("id", "cid", "source", "ref", "page") is not among them.
_TRACKING = regex.compile(
    r"utm_\w+|(?:pk|piwik|mtm|matomo)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement)|"
    r"itm_(?:source|medium|campaign|content|term)|at_(?:medium|campaign|format|custom\d|link_\w+|ptr_name|bbc_team)|"
    r"hsa_\w+|__hs\w+|_hs(?:enc|mi)|(?:fb|g|d|tw|y|ys|tt)clid|msclkid|wbraid|gbraid|gclsrc|igshi?d?|"
    r"li_fat_id|srsltid|mc_[ce]id|mkt_tok|_ga|_gl|_openstat|oly_(?:anon|enc)_id|vero_(?:conv|id)|ml_subscriber(?:_hash)?|"
    r"xtor|xtref|ns_(?:mchannel|source|campaign|linkname|fee)|cmp|cmpid|ocid|ncid|ito|smid|smtyp|"
    r"guccounter|guce_referr?er(?:_sig)?|ref_src|ref_url|traffic_source|feedtype|feedname|outputtype|amp|replytocom",
    regex.I,
)
# Fragments that lead to a part that every page of a site has. Others may name one entry of a live page.
_COMMON_FRAGMENT = regex.compile(
    r"|:~:.*|(?:comments?|respond|disqus_thread|content|main|main-content|top|more-\d+)|comment-\d+|"
    r"(?:xtor|utm_\w+|ref|at_\w+)=.*",
    regex.I | regex.S,
)
# Pages of one article in the format AMP: a first or last part of the path, an ending, "output=amp".
_AMP_PATH = regex.compile(r"^/amp(?=/[^/]+)|/amp/?$|\.amp(?=(?:\.html?)?$)")
_HOST_PREFIX = regex.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_HOME = regex.compile(r"(?:/(?:index|home|default|main)(?:\.\w{2,5})?|/[a-z]{2}(?:[-_][a-z]{2})?)?/?", regex.I)


def as_followed(url: str) -> str:
    """Return a URL with the slashes that a browser sees when it follows it.

    "https://a.example\\@b.example" leads to a.example (URL Standard, "special" schemes), though Python reads b.example.
    """
    return regex.sub(r"\A[^?#]+", lambda found: found.group().replace("\\", "/"), url)


@functools.lru_cache(4096)
def canonical_address(url: str | None) -> str | None:
    """Return the address by which an article at a URL is known: "example.org/fined?id=3".

    Args:
        url: the URL that a record or a page states.

    Returns:
        The address, without scheme; None if the URL is none, or is that of a site's home page, which cannot identify
        an article.
    """
    from w3lib.url import canonicalize_url  # here, as commands that only list articles do not need it

    url = as_followed(url or "")
    if not regex.match(r"https?://[^/?#\s]", url, regex.I):
        return None
    try:
        parts = urlsplit(canonicalize_url(url, keep_fragments=True))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:  # not a URL, whatever it begins with
        return None
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, value) for name, value in pairs if not _is_of_view(name, value)])
    fragment = "" if _COMMON_FRAGMENT.fullmatch(parts.fragment) else parts.fragment
    path = regex.sub(r"/{2,}", "/", parts.path)
    path = _AMP_PATH.sub("", path).rstrip("/")
    if _HOME.fullmatch(path) and not query and not fragment:
        return None
    host = _HOST_PREFIX.sub("", host) + (f":{port}" if port and port not in (80, 443) else "")
    return urlunsplit(("", "", f"{host}{path}", query, fragment))


def _is_of_view(name: str, value: str) -> bool:
    """Whether a parameter says how a visitor came, or that the page is shown as AMP."""
    return bool(_TRACKING.fullmatch(name)) or (name.casefold(), value.casefold()) == ("output", "amp")
