"""Bytes become the intended text: the encoding is detected, mojibake repaired, and binary data rejected."""

import codecs

import pytest

from rag.errors import InputError
from rag.readers.decoding import decode, detect_encoding, fix_mojibake, to_text

TRAM = {  # sentences written for the tests, as a newspaper of each country would have stored them
    "English, typographic": (
        "cp1252",
        "“We won’t close,” the café’s owner said — the vote was 12 to 3. Nobody objected.",
    ),
    "English, one accent": ("cp1252", "The café reopened on Monday after the works in Mill Street had ended."),
    "English, very short": ("cp1252", "She said it’s late."),
    "French": (
        "cp1252",
        "« C’est une étape décisive », a déclaré le maire, qui espère réduire la circulation à l’entrée.",
    ),
    "German": ("cp1252", "Die Bürger stimmten für den Bau der Straßenbahn. „Ein großer Schritt“, sagte sie später."),
    "Spanish": (
        "cp1252",
        "¿Quién pagará las obras? Según la alcaldesa, el presupuesto alcanzará mañana los veinte millones.",
    ),
    "Portuguese": (
        "cp1252",
        "As obras começarão na primavera, segundo a presidente, que não quis comentar as eleições.",
    ),
    "Danish": (
        "cp1252",
        "Byrådet stemte mandag for den nye sporvogn. Arbejdet begynder til foråret, sagde borgmesteren på mødet.",
    ),
    "Polish": (
        "cp1250",
        "Rada miasta zagłosowała za budową linii. Prace rozpoczną się wiosną, powiedziała burmistrzyni.",
    ),
    "Polish, ISO": ("iso8859_2", "Rada miasta zagłosowała w poniedziałek za budową linii. Prace rozpoczną się wiosną."),
    "Czech": (
        "cp1250",
        "Zastupitelstvo schválilo stavbu tramvajové trati. Práce začnou na jaře, řekla primátorka v pondělí.",
    ),
    "Hungarian": (
        "cp1250",
        "A tanács hétfőn megszavazta a villamos építését, mondta a polgármester, aki örült a döntésnek.",
    ),
    "Turkish": ("cp1254", "Çalışmalar ilkbaharda başlayacak, dedi belediye başkanı, seçimler hakkında yorum yapmadı."),
    "Russian": ("cp1251", "Городской совет проголосовал за строительство трамвайной линии. Работы начнутся весной."),
    "Russian, KOI8": (
        "koi8_r",
        "Городской совет проголосовал за строительство трамвайной линии. Работы начнутся весной.",
    ),
    "Greek": ("cp1253", "Το δημοτικό συμβούλιο ψήφισε τη Δευτέρα υπέρ της κατασκευής γραμμής τραμ."),
    "Arabic": ("cp1256", "صوت مجلس المدينة يوم الاثنين لصالح بناء خط الترام. وقالت رئيسة البلدية إن الأعمال ستبدأ."),
    "Chinese": ("gb18030", "市议会星期一投票赞成修建有轨电车线路。市长说，工程将于春天开始，她拒绝对选举发表评论。"),
    "Japanese": ("shift_jis", "市議会は月曜日、路面電車の建設を可決した。工事は春に始まると市長は述べた。"),
    "Korean": ("euc_kr", "시의회는 월요일 전차 노선 건설을 가결했다. 시장은 공사가 봄에 시작될 것이라고 말했다."),
}


@pytest.mark.parametrize("language", TRAM)
def test_the_encoding_of_a_text_is_detected(language):
    codec, words = TRAM[language]
    assert to_text(words.encode(codec)) == words


@pytest.mark.parametrize("language", TRAM)
def test_valid_utf_8_is_decoded_as_utf_8(language):
    words = TRAM[language][1]
    assert detect_encoding(words.encode()) == "utf-8"
    assert to_text(words.encode()) == words


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("language", ["English, typographic", "Arabic", "Chinese"])
def test_a_byte_order_mark_determines_the_encoding(codec, language):
    words = TRAM[language][1]
    assert to_text(words.encode(codec)) == words


def test_utf_16_and_32_of_the_other_byte_order_are_read():
    assert to_text(codecs.BOM_UTF16_BE + "Žluť".encode("utf-16-be")) == "Žluť"
    assert to_text(codecs.BOM_UTF32_BE + "Žluť".encode("utf-32-be")) == "Žluť"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_recognised_by_its_nul_bytes(codec):
    assert to_text("The council voted.".encode(codec)) == "The council voted."


def test_a_declared_charset_is_used_if_it_fits():
    words = "Городской совет"
    assert to_text(words.encode("cp866"), "IBM866") == words
    assert to_text("l’été".encode("cp1252"), "ISO-8859-1") == "l’été"  # as browsers read what is declared Latin-1
    assert to_text("l’été".encode(), "windows-1251") == "l’été"  # valid UTF-8 comes first


@pytest.mark.parametrize("declared", ["utf-8", "no such charset", "", "rot13", "base64", "punycode", "unicode_escape"])
def test_a_wrong_or_unknown_declared_charset_is_ignored(declared):
    words = TRAM["German"][1]
    assert to_text(words.encode("cp1252"), declared) == words


def test_a_text_truncated_within_a_character_is_utf_8():
    words = "Žluťoučký kůň přeběhl náměstí, řekla starostka."
    assert to_text(words.encode()[:-1] + "é".encode()[:1]) == words[:-1] + "\ufffd"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"The council\x00 voted", "it contains NUL bytes"),
        (bytes(range(256)) * 4, "it contains NUL bytes"),
        (b"\xff\xfeT\x00\x00", "it starts like UTF-16 but is not"),
        (b"".join(bytes([1 + i * 7 % 255]) for i in range(4000)), "it is full of control characters"),
        (b"%PDF-1.7\nstream", "it is a PDF file; rename it to .pdf"),
        (b"{\\rtf1 The council}", "it is an RTF file; save it as plain text"),
        (b"PK\x03\x04docx", "it is a ZIP file"),
        (b"\x1f\x8b\x08text", "it is a gzip file"),
    ],
)
def test_binary_data_are_rejected(data, reason):
    with pytest.raises(InputError, match=r"^not text: ") as error:
        to_text(data)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("CafÃ© on Mill Street", "Café on Mill Street"),
        ("They donâ€™t know", "They don’t know"),
        ("itâ\x80\x99s late", "it’s late"),
        ("the pope\x92s visit \x96 a first", "the pope’s visit – a first"),
        ("Ã¢â‚¬Å“fiscal cliff", "“fiscal cliff"),
        ("FranÃ§ois dit â€œoui", "François dit “oui"),
        ("The “café” and the cafÃ©", "The “café” and the café"),
    ],
)
def test_mojibake_is_repaired(broken, meant):
    assert fix_mojibake(broken) == meant
    assert to_text(broken.encode()) == meant


@pytest.mark.parametrize(
    "words",
    [
        *(words for _, words in TRAM.values()),
        "CAMPEÃO, AÇÃO, NAÇÃO E CORAÇÃO",
        "Ã parte disso, a situação é grave",
        "ÂNCORA, Ângela e a maçã da irmã",
        "VÕ VĂN KIỆT, ĐÀ NẴNG, Nguyễn Ái Quốc",
        "à la carte – «Où?»",
        "İÇİŞLERİ BAKANLIĞI",
        "50 €/m² · 20 °C ±3 µm · ½ £",
        "a 🙂 and a 👍🏽, ﬁne ﬂour, “quotes”, it's &amp; — …",
        "™ ® © § ¶ † ‡",
        "what was lost ��� stays lost",
        "the reforms worked \x80\x94to reduce",  # its first byte is gone: what it was is not certain
    ],
)
def test_sound_text_comes_through_unchanged(words):
    assert fix_mojibake(words) == words


def test_mojibake_is_repaired_line_by_line():
    assert fix_mojibake("Ã parte\nCafÃ©\nO CAMPEÃO “X”") == "Ã parte\nCafé\nO CAMPEÃO “X”"


def test_decoding_for_parsers_repairs_no_mojibake():
    assert decode(b"\xef\xbb\xbfCaf\xc3\x83\xc2\xa9") == "CafÃ©"
