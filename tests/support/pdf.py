"""Write PDF files, line by line."""

import io

import pypdf
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, TextStringObject

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


def make_unicode_pdf(texts):
    """Return a PDF of a page with any characters, one line for each text: its font says which each code stands for."""
    codes = {c: n for n, c in enumerate(dict.fromkeys("".join(texts)), 1)}
    pairs = [f"<{n:04x}> <{c.encode('utf-16-be').hex()}>" for c, n in codes.items()]
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    table = DecodedStreamObject()
    table.set_data(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        b"1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        + "".join(f"{len(b)} beginbfchar\n" + "\n".join(b) + "\nendbfchar\n" for b in blocks).encode()
        + b"endcmap end end"
    )
    writer = pypdf.PdfWriter()
    order = {"/Registry": TextStringObject("Adobe"), "/Ordering": TextStringObject("Identity")}
    info = _dictionary(order | {"/Supplement": NumberObject(0)})
    letters = {"/Type": "/Font", "/Subtype": "/CIDFontType2", "/BaseFont": "/Any", "/DW": NumberObject(500)}
    letters = writer._add_object(_dictionary(letters | {"/CIDSystemInfo": info}))
    font = {"/Type": "/Font", "/Subtype": "/Type0", "/BaseFont": "/Any", "/Encoding": "/Identity-H"}
    font |= {"/DescendantFonts": ArrayObject([letters]), "/ToUnicode": writer._add_object(table)}
    shown = ["".join(f"{codes[c]:04x}" for c in text) for text in texts]
    drawn = [f"BT /F1 9 Tf 40 {800 - 12 * i} Td <{text}> Tj ET" for i, text in enumerate(shown)]
    content = DecodedStreamObject()
    content.set_data("\n".join(drawn).encode())
    sheet = writer.add_blank_page(595, 842)
    sheet[NameObject("/Contents")] = writer._add_object(content)
    fonts = _dictionary({"/F1": writer._add_object(_dictionary(font))})
    sheet[NameObject("/Resources")] = _dictionary({"/Font": fonts})
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _dictionary(values):
    return DictionaryObject(
        {NameObject(k): NameObject(v) if isinstance(v, str) and v[0] == "/" else v for k, v in values.items()}
    )
