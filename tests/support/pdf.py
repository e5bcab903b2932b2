"""Write PDF files, line by line."""

import io

import pypdf
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

FIRST = [
    "The dock workers of Port Selwyn ended their strike on Tuesday, after",
    "eleven days in which no ship was unloaded and no crane was moved at",
    "all, and went back to work in the afternoon.",
]


def lines(texts, x=70, y=640, size=11, leading=13):
    return [(x, y - i * leading, size, text) for i, text in enumerate(texts)]


def make_pdf(*pages, info=None, password=None, stream=None):
    """Return a PDF of `pages`, each a list of (x, y, font size, line), or of one content `stream`."""
    writer = pypdf.PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    font = writer._add_object(DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()}))
    for page in pages or [[]]:
        drawn = []
        for x, y, size, text in page:
            escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn.append(f"BT /F1 {size} Tf {x} {y} Td ({escaped}) Tj ET")
        content = DecodedStreamObject()
        content.set_data(stream or "\n".join(drawn).encode("cp1252"))
        sheet = writer.add_blank_page(595, 842)
        sheet[NameObject("/Contents")] = writer._add_object(content.flate_encode())
        fonts = DictionaryObject({NameObject("/F1"): font})
        sheet[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    if info:
        writer.add_metadata(info)
    if password is not None:
        writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()
