"""No sentence passes whose facts or meaning its citation does not hold."""

import pytest

from app.answer import Verdict
from app.answering.verify import CitedSource, is_quoted, verify_sentence, verify_sentences
from app.evidence.reader import Reader
from app.question.parsed_question import ParsedQuestion

SOURCE = CitedSource(
    "Direct flights between Lumen and Port Ada began on 30 May 2023, with three flights a week.",
    "Transport between the two cities",
)


def verdict(sentence: str, reader: Reader, source: CitedSource = SOURCE) -> Verdict:
    return verify_sentences([sentence], [source], reader)[0].verdict


def test_the_very_words_are_quoted(reader: Reader) -> None:
    assert verdict(SOURCE.quote, reader) is Verdict.QUOTED
    assert verdict(
        "The fine was 3 million.",
        reader,
        CitedSource(f"**{SOURCE.quote}** The fine was 3 million."),
    ) is (Verdict.QUOTED)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("It costs 40 euros", "We asked. **It costs** 40 euros. Then we paid."),
        ("it costs 40 euros.", "It costs 40 euros"),
        ("pears from Kent", "- oranges from Spain;\n- pears from Kent;\n- plums"),
        ("The pier opened in 1962. It closed.", "The pier opened in 1962.\nIt closed. It burned."),
        ("The “big” one won.", 'The "big" one won!'),
        ("The earlier hosts:", "It began in 2017. The earlier hosts:"),
        ("Who came?", "- Who came? And when?"),
        ("It has nine groups .", "It has nine groups . Former members pay."),
        ("It ran (as “The Gull”).", "It ran (as “The Gull”). It sank."),
        ("It sank.", "It ran (as “The Gull” until 1911.) It sank."),
    ],
)
def test_whole_sentences_are_quoted_whatever_their_marks(sentence: str, quote: str) -> None:
    assert is_quoted(sentence, quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The company paid the fine", "He denied that the company paid the fine."),
        ("40 euros", "It cost 140 euros."),
        ("40 euros", "It cost 40 euros."),
        ("The fine was paid.", "The fine was paid, the rival said."),
        ("The fine was paid.", "The fine was paid?"),
        ("The fine was paid.", "If the fine was paid. then it was late"),
        ("Resume is here.", "Résumé is here."),
        ("—", "The fine — was paid."),
        ("The fine was paid.", "(He denied it) the fine was paid."),
        ("The fine (of 1911).", "The fine (of 1911) was not paid."),
    ],
)
def test_a_part_of_a_sentence_is_no_quotation(sentence: str, quote: str) -> None:
    assert not is_quoted(sentence, quote)


@pytest.mark.parametrize(
    "sentence",
    [
        "Direct flights between Lumen and Port Ada began on May 30, 2023.",
        "There are 3 flights a week between Lumen and Port Ada.",
    ],
)
def test_the_same_facts_in_other_words_are_supported(sentence: str, reader: Reader) -> None:
    assert verdict(sentence, reader) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("There are four flights a week between Lumen and Port Ada.", "the number 4"),
        ("Direct flights between Lumen and Port Ada began on 29 May 2023.", "29"),
        ("Direct flights between Lumen and Karvel began on 30 May 2023.", "karvel"),
        ("The airline speaks of “a bridge of friendship”.", "a bridge of friendship"),
    ],
)
def test_a_foreign_fact_is_unsupported_and_named(
    sentence: str, missing: str, reader: Reader
) -> None:
    judgement = verify_sentences([sentence], [SOURCE], reader)[0]
    assert judgement.verdict is Verdict.UNSUPPORTED
    assert missing in judgement.why


@pytest.mark.parametrize(
    "sentence",
    [
        "Direct flights between Lumen and Port Ada did not begin on 30 May 2023.",
        "Cheap tickets, hot meals and wide seats made passengers happy.",
    ],
)
def test_a_turned_or_invented_meaning_is_not_supported(sentence: str, reader: Reader) -> None:
    assert verdict(sentence, reader) not in (Verdict.QUOTED, Verdict.SUPPORTED)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Harlow beat Weston in the final.", "Weston beat Harlow in the final."),
        (
            "The crater was formed by two impacts.",
            "The crater may have been formed by two impacts.",
        ),
        ("The deputy leads the ministry.", "If he resigns, the deputy leads the ministry."),
        ("All shops close on Sundays.", "Most shops close on Sundays."),
        ("The pump is oiled every 200 days.", "The pump is oiled every 200 hours."),
        ("The fee is 40 dollars.", "The fee is 40 €."),
        ("The town sold the mill.", "The mayor denied that the town sold the mill."),
    ],
)
def test_a_word_that_turns_the_meaning_is_not_overlooked(
    sentence: str, quote: str, reader: Reader
) -> None:
    assert verdict(sentence, reader, CitedSource(quote)) is Verdict.UNSUPPORTED


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The fee is 40 euros.", "The fee is 40 €."),
        ("The town sold the mill in 1990.", "The town sold the mill to a brewery in 1990."),
        (
            "The crater may have been formed by two impacts.",
            "The crater may have been formed by two big impacts.",
        ),
        (
            "The concert in Ystad was cancelled.",
            "It plays in Lund on Friday, while the concert in Ystad was cancelled.",
        ),
    ],
)
def test_the_same_wording_passes(sentence: str, quote: str, reader: Reader) -> None:
    assert verdict(sentence, reader, CitedSource(quote)) is Verdict.SUPPORTED


def test_a_heading_says_what_a_restated_sentence_is_about() -> None:
    unsure = (0.5, 0.4, 0.1)
    quote = "The agreement starts on 1 April and runs for three years."
    about = CitedSource(quote, headings="Cleaning services")
    said = "The cleaning agreement starts on 1 April."
    assert verify_sentence(said, about, unsure).verdict is Verdict.SUPPORTED
    assert verify_sentence(said, CitedSource(quote), unsure).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    "sentence",
    [
        "The agreement ends on 1 April.",
        "The agreement starts in three years.",
        "The services start on 1 April.",
        "The agreement never starts on 1 April.",
    ],
)
def test_what_is_not_restated_needs_the_reader(sentence: str) -> None:
    quote = "The agreement starts on 1 April and runs for three years."
    source = CitedSource(quote, headings="Cleaning services")
    assert verify_sentence(sentence, source, (0.5, 0.4, 0.1)).verdict is Verdict.UNSUPPORTED


@pytest.mark.parametrize(
    ("question", "sentence", "quote"),
    [
        (
            "Who is Belmark's envoy to Norvania?",
            "Belmark's envoy to Norvania is Ida Rehn.",
            "Norvania's envoy to Belmark, Ida Rehn, spoke about the new bridge.",
        ),
        (
            "Whom did Bert Malling hire in 1961?",
            "Bert Malling hired Anna Sund in 1961.",
            "In 1961 Anna Sund hired Bert Malling.",
        ),
    ],
)
def test_the_questions_own_words_prove_no_swap_of_who_and_whom(
    question: str, sentence: str, quote: str, reader: Reader
) -> None:
    (judged,) = verify_sentences([sentence], [CitedSource(quote)], reader, ParsedQuestion(question))
    assert judged.verdict is Verdict.UNSUPPORTED
    assert judged.rests, "the source's own sentence takes its place"


def test_words_in_another_order_are_no_swap(reader: Reader) -> None:
    quote = "The envoy of Norvania to Belmark, Ida Rehn, opened the bridge on 3 May."
    for sentence in ("Norvania's envoy to Belmark is Ida Rehn.", "Ida Rehn opened the bridge."):
        (judged,) = verify_sentences([sentence], [CitedSource(quote)], reader)
        assert "other way round" not in judged.why


FAIR = "From 3 to 5 June 2024 the Skell Harvest Fair was held in Ansey, where Tarn had a stall."


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("The Tarn Harvest Fair was held in June 2024.", "says so of another"),
        ("Tarn’s Harvest Fair was held in June 2024.", "says so of another"),
        ("The Skell Harvest Fair was held in June 2024.", ""),
        ("The Skell Harvest Fair, like the Tarn Harvest Fair, was held in June 2024.", ""),
    ],
)
def test_a_name_with_one_word_exchanged_is_another(sentence: str, why: str) -> None:
    """However sure the reader or the model is."""
    judged = verify_sentence(sentence, CitedSource(FAIR), (0.99, 0.005, 0.005))
    assert ("says so of another" in judged.why) == bool(why), judged


def test_what_answers_stands_in_the_cited_words_not_only_around_them() -> None:
    question = ParsedQuestion("Who led the group at the fair?")
    around = "The group was led by the mayor of Tarn. From 3 to 5 June the fair was held in Ansey."
    source = CitedSource("From 3 to 5 June the fair was held in Ansey.", around)
    judged = verify_sentence(
        "The group at the fair was led by the mayor.", source, (0.99, 0.005, 0.005), question
    )
    assert judged.verdict is Verdict.UNSUPPORTED
    cited = CitedSource("The group was led by the mayor of Tarn.", around)
    judged = verify_sentence(
        "The group at the fair was led by the mayor.", cited, (0.99, 0.005, 0.005), question
    )
    assert judged.verdict is Verdict.SUPPORTED
