"""The date of the event that a sentence tells, and what is no such date."""

import datetime as dt
import json
import time
from pathlib import Path

import pytest

from rag.comparison.event_date import event_date

QUESTIONS = Path(__file__).parents[2] / "benchmarks" / "questions" / "event_dates.jsonl"
WEDNESDAY = dt.date(2012, 3, 14)


def read(sentence, published=None, before=""):
    text = before + sentence
    found = event_date(text, len(before), len(text), published)
    return found and (found.value, text[found.start : found.end])


@pytest.mark.parametrize(
    ("sentence", "value", "words"),
    [
        ("Gunmen entered the camp on 1 September 2013.", "2013-09-01", "1 September 2013"),
        ("On Sept. 1, 2013, gunmen entered the camp.", "2013-09-01", "Sept. 1, 2013"),
        ("By the evening of Friday, 12 July 1985, the miners were back.", "1985-07-12", "Friday, 12 July 1985"),
        ("Flooding that began on 2019-03-19 cut off the villages.", "2019-03-19", "2019-03-19"),
        ("The judge ordered their release on 31.05.2018.", "2018-05-31", "31.05.2018"),
        ("The group was taken off the list in late September 2012.", "2012-09", "late September 2012"),
        ("In the spring of 1871 the city rose against the government.", "1871", "spring of 1871"),
        ("In 1981, bombs killed the president and the prime minister.", "1981", "1981"),
        ("In the early 1990s the group was based in Iraq.", "1990s", "early 1990s"),
        ("They were in prison from 1981 to 1989.", "1981/1989", "1981 to 1989"),
        ("The river was closed to ships between May 2002 and June 2005.", "2002-05/2005-06", "May 2002 and June 2005"),
        ("The vote will be held on 9 March 2031.", "2031-03-09", "9 March 2031"),
        ("In 2012 the state took it off the list on which it had been since 1997.", "2012", "2012"),
        ("The agency, founded in 1947, said on 3 May 2010 that it would close the base.", "2010-05-03", "3 May 2010"),
        ("In 1981 the party was banned, and on 28 June 1981 a bomb destroyed its seat.", "1981-06-28", "28 June 1981"),
        ("In a 2008 blog post, the author mocked the group.", "2008", "2008"),
    ],
)
def test_a_date_with_its_year_is_read_as_far_as_it_is_stated(sentence, value, words):
    assert read(sentence) == (value, words)


@pytest.mark.parametrize(
    "sentence",
    [
        "The hall seats 1950 and was full.",
        "Around 2000 people marched to the square.",
        "In 2000 villages the wells ran dry, and they were closed.",
        "The Council adopted Resolution 1747 (2007) without a vote.",
        "UN Resolution 1929 forbids the sale of such parts.",
        "The team won 2-3 after leading 2-0 at half-time.",
        "Of every 10-12 passengers, three had no ticket, the company said.",
        "The man, 19, and his sister, 21, were let go.",
        "At 1900 hours the shelling stopped.",
        "In 480 BC the two fleets met off the island.",
        "May said the vote could wait, and soldiers march in step past the palace.",
        "The government may in time lift the ban on the party.",
        "The shipment left Odessa on 04/05/2018, according to the manifest.",
        "On 31 February 2013 the office was closed.",
        "The Fourth of July holiday of the 1980s was the busiest.",
        "Critics recalled the 1994 siege of the town.",
        "After the invasion of Iraq in 2003, the militia changed sides.",
        "Until 1991 the island had no doctor, the mayor said.",
        "It was the largest protest since 1979, police said.",
        "Unlike in 2009, the police did not use their weapons.",
        "The ministry denied that the raid took place on 8 January 2015.",
        "No election was held in 1992, and the parties were banned.",
        "The meeting planned for 20 January 2015 was never held.",
        "The claim that the plot was hatched in 2007 is false, the judge said.",
        "Had he resigned in 2010, the party might have won.",
        "If the reactor is restarted in 2031, the town will sue.",
        "Were they right-wing extremists in 2012?",
        "In 1997 it was listed, and in 2012 it was delisted.",
        "The general, who had led the coup in 1999, asked the court to set him free.",
        "Copyright 2014 by the publisher, and all rights are reserved.",
        "Sales were 25 percent below their peak, down from a peak in 2012, the firm said.",
        "Before the debate he had spoken of the woman, who left the party in 1970.",
        "Spending in the fiscal year 2018 is to fall, the minister said.",
        "In 2010 and 2011 the harvest failed, they said.",
        "The note speaks of the past, naming U.S. citizens killed in Iran in the 1970s.",
        "It lists six raids on the camp, from which the army removed it in 2012.",
        "In March of that year, the two countries broke off relations.",
        "The list " + "of the names " * 100 + "was printed on 1 May 2010.",
    ],
)
def test_a_number_a_name_or_another_events_date_is_none(sentence):
    assert read(sentence, WEDNESDAY) is None


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("The court sentenced the editor on Monday to two years in prison.", "2012-03-12"),
        ("The editor told the court Wednesday that he had never met the man.", "2012-03-14"),
        ("Ministers will meet again on Friday to discuss the loan.", "2012-03-16"),
        ("The minister, who was at sea, returned to the capital late on Tuesday.", "2012-03-13"),
        ("In January the group lost 52 of its members.", "2012-01"),
        ("On Feb. 1, gunmen entered the camp.", "2012-02-01"),
        ("In May, the commission will publish its findings.", "2012-05"),
        ("The court last May declined to hear the appeal.", "2011-05"),
        ("The firm opened an office in Kyiv last month.", "2012-02"),
        ("Last year 14 journalists were killed in the country.", "2011"),
        ("Next year the tax is to rise to 20 %, and they will pay it.", "2013"),
        ("Yesterday the tribunal heard the first of 40 witnesses.", "2012-03-13"),
    ],
)
def test_a_date_that_counts_from_publication_needs_a_known_one(sentence, value):
    assert read(sentence, WEDNESDAY)[0] == value
    assert event_date(sentence, 0, len(sentence), WEDNESDAY).counted
    assert read(sentence) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The parliament meets every Monday, and the market is slow on Mondays.",
        "They remember Bloody Sunday, when soldiers shot 13 people.",
        "Sheffield Wednesday lost 2-1 at home.",
        "A spokesman said that last Monday's figures were wrong.",
        "“I saw him on Saturday, and he was well,” the neighbour said.",
        "The ministers meet on Wednesday or on Thursday, and they will decide then.",
        "The ministers would meet on Friday, he said.",
        "The focus has to be winning in November, he said.",
        "Not long afterwards, on January 4, he wrote to the minister again.",
        "In his last year at school he wrote a play about the war.",
        "In March, unemployment rose again, they said.",
        "In April, the harvest failed, they said.",
        "The mayor, who died last week, had ruled the city for 30 years.",
        "The 4 July holiday is one of the busiest weekends of the year.",
        "The 17 November movement claimed the attack, police said.",
        "An august body of bishops met behind the doors that were closed.",
    ],
)
def test_a_day_or_month_without_a_year_that_can_be_another_is_refused(sentence):
    assert read(sentence, WEDNESDAY) is None


def test_a_month_is_of_the_year_that_was_named_before_it():
    before = "In 2009 the party won the vote for the first time. "
    assert read("In January the group lost 52 of its members.", WEDNESDAY, before) is None
    assert read("In January the group lost 52 of its members.", WEDNESDAY, "In 2012 they met. ")[0] == "2012-01"


@pytest.mark.parametrize(
    "sentence",
    [
        "Am 3. Mai 2014 wurde das Lager nicht geräumt.",
        "Im September 2012 strich das Außenministerium die Gruppe von der Liste.",
        "در ۳ مه ۲۰۱۴ اردوگاه تخلیه شد.",
        "این گروه در سال 1965 تأسیس شد.",
        "Le 8 avril 2011, l'armée n'est pas entrée dans le camp.",
    ],
)
def test_other_languages_are_not_read_since_their_denials_are_not(sentence):
    assert read(sentence, WEDNESDAY) is None


def test_of_labelled_sentences_none_is_read_wrongly_and_most_are_read():
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    read_rightly = dated = 0
    for row in rows:
        published = row["published"] and dt.date.fromisoformat(row["published"])
        found = event_date(row["text"], 0, len(row["text"]), published)
        right = {row["date"], *row["also"]} - {None}
        assert found is None or found.value in right, row["text"]
        dated += row["date"] is not None
        read_rightly += found is not None and row["date"] is not None
    assert len(rows) >= 120
    assert read_rightly / dated >= 0.9


@pytest.mark.parametrize(
    "sentence",
    [
        "the " + "on Monday, " * 90,
        "the (" + "who , which " * 80 + "in 2005",
        "in " + "1999 " * 190 + "the",
        "said " + "from 1981 to " * 70,
        "the " + "May 1 " * 160,
        "-" * 990 + " the 2005",
    ],
)
def test_a_sentence_made_to_be_slow_is_read_in_milliseconds(sentence):
    event_date("On 3 May 2013 the ferry sank.", 0, 29)  # compiles the patterns
    start = time.process_time()
    event_date(sentence, 0, len(sentence), WEDNESDAY)
    assert time.process_time() - start < 0.2
