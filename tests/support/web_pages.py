"""A saved page of news."""

SENTENCES = [
    "The dock workers of Port Selwyn ended their strike on Tuesday, after eleven days in which no ship was unloaded.",
    "Nobody will be dismissed, said the board, which had asked for four posts to be cut and for longer shifts.",
    "The union's secretary, Mara Lind, called the agreement a fair one, and asked her members to vote on it by Friday.",
]


def page(title="Dock strike ends", texts=SENTENCES):
    body = "".join(f"<p>{text}</p>" for text in texts)
    head = f'<title>{title}</title><meta property="article:published_time" content="2013-05-14">'
    return f"<html><head>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>".encode()


PAGE = page()
