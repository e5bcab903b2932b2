"""A dossier: what outlets say about one question, as one file that can be passed on and checked again.

quoted.py        a quotation with its number, and its receipt: what must be known to find the words again
dossier.py       Dossier: the comparison, the timeline and their quotations
contents.py      what a dossier shows, section by section, as plain text: the same in every format
html.py          one HTML file that needs nothing from anywhere, with dossier.html.jinja and dossier.css
markdown.py      the same in Markdown
pdf.py           the same as PDF, with dossier.typ
envelope.py      the machine-readable block in each of these files
reading.py       a file -> its receipts, and the words that it shows for them
verification.py  checks receipts against an index
"""
