"""The chat in a real browser: asked, followed to the exact words, kept, corrected."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from app.evidence.custom_calibration import fits_for
from app.service.conversations.feedback_set import feedback_set_path, read_cases
from evals.datasets.case import Case
from evals.datasets.question_sets import load_set
from tests.support.browser import NARROW, Served, Watched, ask, unfold, watch

VISITS = "How many times did President Aliyev visit Central Asian countries?"
NOT_THERE = "How deep is the Mariana Trench?"
SELECT = """words => {
  const walk = document.createTreeWalker(
    document.querySelector('.pane .pages'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(walk.currentNode, at);
    range.setEnd(walk.currentNode, at + words.length);
    document.getSelection().removeAllRanges();
    document.getSelection().addRange(range);
    return;
  }
  throw new Error('not in the pane: ' + words);
}"""


def words(text: str | None) -> str:
    return " ".join((text or "").split())


def test_a_footnote_opens_the_exact_words_inside_the_view(page: Page, served: Served) -> None:
    turn = ask(page, VISITS)
    expect(turn.locator(".prose")).to_contain_text("13 times")
    button = turn.locator(".prose .cite").first
    quote = button.get_attribute("data-quote") or ""
    button.click()
    mark = page.locator(".pane mark").first
    expect(mark).to_be_in_viewport()
    marked = "".join(page.locator(".pane mark").all_text_contents())
    assert words(quote).startswith(words(marked))
    revision = served.library.documents()[0]
    assert marked in served.library.text(revision.id)
    assert page.locator(".pane mark b").first.text_content() in marked
    inside = page.evaluate(
        "() => { const m = document.querySelector('.pane mark').getBoundingClientRect(),"
        " p = document.querySelector('.pane .pages').getBoundingClientRect();"
        " return m.top >= p.top && m.bottom <= p.bottom; }"
    )
    assert inside
    expect(page.locator(".pane-head .path")).to_contain_text("A format that began in 2017")


def test_a_footnotes_card_tells_quote_place_and_verdict(page: Page) -> None:
    turn = ask(page, VISITS)
    button = turn.locator(".prose .cite").first
    button.hover()
    card = page.locator(".card")
    expect(card.locator(".quote")).to_contain_text("13 times")
    expect(card.locator(".place")).to_contain_text("briefing.md › ")
    expect(card.locator(".verdict")).to_have_text("The document's own words.")
    expect(card).to_be_in_viewport(ratio=1)
    page.mouse.move(5, 5)
    expect(card).to_have_count(0)
    button.focus()
    expect(card).to_have_count(1)
    expect(button).not_to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-current", "true")
    expect(card).to_have_count(0)
    page.locator(".pane .close").click()
    expect(button).not_to_have_attribute("aria-current", "true")


def test_footnotes_are_stepped_through_by_keyboard(page: Page) -> None:
    turn = ask(page, "Which bodies does Azerbaijan belong to, and what did Aliyev say in 2023?")
    if turn.locator(".cite").count() < 2:
        turn = ask(page, "What is said about transport, railways, ports and airports?")
    quotes = turn.locator("button.quote")
    count = quotes.count()
    assert count >= 2
    unfold(turn)
    quotes.first.click()
    expect(page.locator(".steps .count")).to_have_text(f"1 of {count}")
    first = page.locator(".pane mark").first.text_content()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".steps .count")).to_have_text(f"2 of {count}")
    assert page.locator(".pane mark").first.text_content() != first
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".steps .count")).to_have_text(f"1 of {count}")
    page.keyboard.press("Escape")
    expect(page.locator(".read:visible")).to_have_count(0)
    expect(page.locator("[data-do=cite]:focus")).to_have_count(1)


def test_a_refusal_shows_the_closest_passages(page: Page) -> None:
    turn = ask(page, NOT_THERE)
    expect(turn.locator(".refusal")).to_contain_text("Not in the documents")
    closest = turn.locator(".closest .quote")
    assert closest.count() >= 1
    assert turn.locator(".prose .cite").count() == 0
    closest.first.click()
    expect(page.locator(".pane mark").first).to_be_in_viewport()


def test_empty_and_overlong_questions_get_a_clear_message(page: Page) -> None:
    page.fill("#question textarea", "   ")
    page.press("#question textarea", "Enter")
    expect(page.locator(".problem")).to_contain_text("question")
    turn = ask(page, "why " * 5000)
    expect(turn.locator(".problem")).to_contain_text("19,999 characters")


NEXT_AT_ONCE = """([text, answered]) => {
  const next = () => {
    const ready = [...document.querySelectorAll('#question button')]
      .some((one) => one.textContent.includes('Ask'));
    if (!ready || document.querySelectorAll('.turn:not(.live)').length < answered) return;
    observer.disconnect();
    const area = document.querySelector('#question textarea');
    area.value = text;
    area.dispatchEvent(new Event('input', { bubbles: true }));
    setTimeout(() => area.dispatchEvent(new KeyboardEvent('keypress', {
      key: 'Enter', bubbles: true, cancelable: true })), 0);
  };
  const observer = new MutationObserver(next);
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def test_a_question_asked_the_moment_that_the_last_one_ends_is_not_lost(page: Page) -> None:
    for number in range(4):
        following = f"Who led round {number} of the harbour survey?"
        page.evaluate(NEXT_AT_ONCE, [following, 2 * number + 1])
        page.fill("#question textarea", f"When did round {number} of the harbour survey end?")
        page.press("#question textarea", "Enter")
        expect(page.locator(".turn:not(.live)")).to_have_count(2 * number + 2, timeout=90_000)
        page.locator("#question button", has_text="Ask").wait_for()


def test_examples_come_from_the_document_and_can_be_asked(page: Page) -> None:
    example = page.locator(".examples button").first
    question = example.text_content() or ""
    assert question.endswith("?")
    example.click()
    expect(page.locator(".turn:not(.live) .asked").first).to_have_text(question)


def test_a_follow_up_is_understood_and_can_be_edited(page: Page) -> None:
    ask(page, "Who proposed the Consultative Meetings?")
    turn = ask(page, "When did he propose them?")
    expect(turn.locator(".understood")).to_contain_text("Understood as When did President")
    understood = turn.locator(".understood q").text_content()
    turn.locator(".understood button").click()
    expect(page.locator("#question textarea")).to_have_value(understood or "")
    # A question that only goes on is read with the one before it, which the reader sees above.
    turn = ask(page, "And when?")
    expect(turn.locator(".understood")).to_have_count(0)


def test_conversations_are_kept_found_renamed_and_deleted(page: Page, served: Served) -> None:
    ask(page, "Who is the ambassador to Tajikistan?")
    page.reload()
    page.locator("#conversations button", has_text="ambassador").first.click()
    expect(page.locator(".turn .asked").first).to_have_text("Who is the ambassador to Tajikistan?")
    turn = ask(page, "Which country hosted the third meeting?")
    expect(turn).to_contain_text("Turkmenistan")
    page.fill("#find textarea, #find input", "no such words here")
    expect(page.locator("#conversations")).to_contain_text("Nothing found")
    page.fill("#find textarea, #find input", "")
    row = page.locator("#conversations li", has=page.locator("[aria-current]"))
    row.locator("summary").click()
    row.get_by_label("Name", exact=True).fill("Ambassadors <b>x</b>")
    row.get_by_label("Name", exact=True).press("Enter")
    renamed = page.locator("#conversations .open", has_text="Ambassadors <b>x</b>")
    expect(renamed).to_have_count(1)
    expect(renamed).to_be_focused()
    row.locator("summary").click()
    row.get_by_role("button", name="Delete").click()
    expect(renamed).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()
    undo = page.locator("#conversations .undo button")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(renamed).to_have_count(1)
    expect(page.locator(".turn .asked").first).to_have_text("Who is the ambassador to Tajikistan?")


def test_a_conversation_is_exported_with_footnotes(page: Page) -> None:
    ask(page, VISITS)
    page.locator("#conversations li summary").first.click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Markdown").first.click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert VISITS in text
    assert re.search(r"13 times\.\[\^\d\]", text)
    assert re.search(r"^\[\^1\]: “", text, re.MULTILINE)


def test_a_mark_becomes_a_case_of_the_readers_own_set(page: Page, served: Served) -> None:
    turn = ask(page, VISITS)
    turn.get_by_role("button", name="Right").click()
    expect(turn.get_by_role("button", name="Right")).to_have_attribute("aria-pressed", "true")
    case = next(
        c for c in load_set(feedback_set_path(served.library.folder)).cases if c.question == VISITS
    )
    assert case.answerable
    assert ("13",) in case.answers
    assert fits_for(served.library.folder).quotes.points[-1][1], "it joined the calibration"
    turn.get_by_role("button", name="Right").click()
    expect(turn.get_by_role("button", name="Right")).to_have_attribute("aria-pressed", "false")
    rows = read_cases(feedback_set_path(served.library.folder)).values()
    assert VISITS not in [row["question"] for row in rows]
    assert fits_for(served.library.folder) == fits_for()


def case_of(served: Served, turn: Locator) -> Case:
    """The question of the own set that an answer made."""
    name = (turn.get_attribute("id") or "").removeprefix("x-")
    return next(c for c in load_set(feedback_set_path(served.library.folder)).cases if c.id == name)


def test_a_wrong_answer_is_corrected_in_words(page: Page, served: Served) -> None:
    turn = ask(page, "Which country hosted the third meeting?")
    turn.get_by_role("button", name="Wrong").click()
    keep = turn.get_by_role("button", name="Keep it as a test")
    keep.click()
    expect(turn.locator(".correct .problem")).to_contain_text("Type the right answer")
    turn.get_by_label("The right answer").fill("<b>Turkmenistan</b>; Avaza")
    turn.get_by_label("right place").fill("no such words anywhere")
    keep.click()
    expect(turn.locator(".correct .problem")).to_contain_text("occur in no document")
    expect(turn.get_by_label("The right answer")).to_have_value("<b>Turkmenistan</b>; Avaza")
    turn.get_by_label("right place").fill("")
    keep.click()
    expect(turn.locator(".kept-words")).to_have_text("<b>Turkmenistan</b>; Avaza")
    case = case_of(served, turn)
    assert case.answers == (("<b>Turkmenistan</b>",), ("Avaza",))
    assert case.kind == "marked wrong"
    expect(page.locator("#own-set")).to_contain_text("Your own set has")
    page.locator("#own-set button").click()
    expect(page.locator("#set input")).to_have_value(re.compile("Your own set"))


def test_the_right_passage_is_chosen_in_the_source(page: Page, served: Served) -> None:
    turn = ask(page, VISITS)
    turn.get_by_role("button", name="Incomplete").click()
    turn.locator(".correct .books button").first.click()
    words = "13 times"
    expect(page.locator(".pane .pages")).to_contain_text(words)
    expect(turn.locator(".correct")).to_be_in_viewport(ratio=1)
    text = page.locator(".pane .text")
    before = text.bounding_box()
    page.evaluate(SELECT, "3 tim")  # words that are selected in part are taken whole
    place = page.get_by_role("button", name="This is the right place")
    expect(place).to_have_text(f"This is the right place: “{words}”")
    assert text.bounding_box() == before, "the text does not move under the pointer"
    place.click()
    expect(turn.get_by_label("right place")).to_have_value(words)
    expect(turn.get_by_label("right place")).to_be_focused()
    turn.get_by_role("button", name="Keep it as a test").click()
    expect(turn.locator(".kept-words")).to_have_text(words)
    case = case_of(served, turn)
    assert case.evidence == ((words,),)
    assert case.answers == ((words,),)


def test_what_the_documents_do_not_say_becomes_a_refusal(page: Page, served: Served) -> None:
    turn = ask(page, "Who is the ambassador to Tajikistan?")
    turn.get_by_role("button", name="Wrong").click()
    turn.get_by_role("button", name="The documents do not say").click()
    expect(turn.locator(".kept-words")).to_have_text("a refusal")
    assert not case_of(served, turn).answerable


def test_an_answer_can_be_linked_to(page: Page, served: Served) -> None:
    turn = ask(page, "Which country hosted the fourth meeting?")
    name = (turn.get_attribute("id") or "").removeprefix("x-")
    page.goto(f"{served.address}/?answer={name}")
    expect(page.locator(f"#x-{name}")).to_contain_text("Kyrgyzstan")


def test_a_narrow_window_reads_downwards(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(viewport=NARROW, color_scheme="dark")
    page = context.new_page()
    seen = watch(page, served.address)
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    turn = ask(page, VISITS)
    turn.locator(".cite").first.click()
    expect(page.locator(".pane mark").first).to_be_in_viewport()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    # The source is a sheet over the lower part; without one the question box is always in view.
    sheet = page.locator(".pane").bounding_box()
    assert sheet is not None and sheet["y"] > 100
    assert sheet["y"] + sheet["height"] <= NARROW["height"] + 1
    page.locator(".pane .close").click()
    expect(page.locator(".pane")).to_have_count(0)
    expect(page.locator("#question")).to_be_in_viewport(ratio=1)
    # The shelf is a drawer.
    fresh, toggle = page.locator("#fresh"), page.locator(".shelf-toggle")
    expect(fresh).to_be_hidden()
    toggle.click()
    expect(fresh).to_be_in_viewport(ratio=1)
    expect(toggle).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(fresh).to_be_hidden()
    expect(toggle).to_be_focused()
    toggle.click()
    page.locator("#conversations button").first.click()
    expect(fresh).to_be_hidden()
    context.close()
    assert seen == Watched(), seen


def test_no_handler_is_a_public_endpoint(served: Served, page: Page) -> None:
    info = page.request.get(f"{served.address}/gradio_api/info").json()
    assert info["named_endpoints"] == {}
    assert info["unnamed_endpoints"] == {}
