"""The site that a page dump is from: the name in its copyright line, if it is the name of a publisher."""

import pytest

from rag.provenance.catalogue import load_catalogue
from rag.readers import page_dump

TEXT = """\
The harbour board has put off the sale of its two grain cranes until the autumn, after dockers blocked the gates.

The chair of the board said on Tuesday that the cranes were older than the town hall, and that a buyer could wait."""


def host(line, above="Home\nTown\nSport\n", below=""):
    page = f"{above}\nCrane sale put off until autumn\n\nMay 4, 2016\n\n{TEXT}\n\n{line}\n{below}"
    (article,) = page_dump.parse(page, load_catalogue(), "")
    return article.host


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("© 2016 The Quay Gazette. All rights reserved.", "The Quay Gazette"),
        ("© 2016 Quay Gazette Alle Rechte vorbehalten", "Quay Gazette"),
        ("The Quay Gazette © 2016 | Webdesign by Nordlicht", "The Quay Gazette"),
        ("© L’Écho du Quai – Mentions légales", "L’Écho du Quai"),
        ("Copyright © 2016 www.quay-gazette.example", "quay-gazette.example"),
        ("© Quay GazettePrivacyContactTerms of use", "Quay Gazette"),
        ("© 2016 Quay Gazette, a Northern Media company", "Quay Gazette"),
    ],
)
def test_the_copyright_line_names_the_site(line, name):
    assert host(line) == name


@pytest.mark.parametrize(
    "line",
    [
        "© TUTTI I DIRITTI RISERVATI",
        "© Todos los derechos reservados",
        "© 2016 Все права защищены",
        "© Reprodukcja tylko za zgodą",
        "© 2016 Licence de reproduction",
        "© 2016 part of the Northern Media group",
        "Copyright © 2016 an Inland Holdings plc company",
        "© dts, dts:160504-12-4711/2",
        "© 2016 Northern Holdings GmbH",
        "© 2016 Reuters",
    ],
)
def test_a_notice_an_owner_and_an_agency_are_not_the_site(line):
    assert host(line) is None


def test_an_owner_or_agency_that_the_page_shows_by_another_sign_is_the_site():
    assert host("© 2016 northern holdings GmbH", above="Northern Holdings\n\nTown\nSport\n") == "Northern Holdings"
    assert host("© 2016 taz", below="Letters to briefe@taz.example") == "taz"
    assert host("© 2016 Reuters", above="Reuters\nWorld\nMarkets\n") == "Reuters"


def test_a_sign_above_the_text_without_a_year_is_a_photographers():
    assert host("", above="© Jane Roe\n") is None
    assert host("© 2016 The Quay Gazette", above="© Jane Roe\n") == "The Quay Gazette"
