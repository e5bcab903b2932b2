"""RSS feeds."""

TEXT = "The tram line opens in spring, the mayor of Selwyn said."


NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*items, title="The Harbour Gazette", link="https://gazette.example/", head=""):
    items = "".join(f"<item>{item}</item>" for item in items)
    channel = f"<channel><title>{title}</title><link>{link}</link>{items}</channel>"
    return f'<?xml version="1.0"?>{head}<rss version="2.0" {NAMESPACES}>{channel}</rss>'.encode()
