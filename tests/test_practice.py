"""Practice in a real browser: questions, schedule, statistics, data, interview, marks, paths."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from conftest import PHONE, WIDE, violations
from fsrs import Card, Rating, Scheduler

from conceptbook.practice.deck import digest
from conceptbook.structure import Probe

DAY = 86_400_000  # milliseconds


@pytest.fixture
def practice(visit):
    """Open the practice page, ready; with another query, size or a script that runs first."""

    def open_page(query: str = "", script: str = "", **options):
        page = visit("practice", query=query, script=script, **options)
        page.wait_for_selector("[data-practice][data-ready]")
        return page

    return open_page


def start(page) -> None:
    """Begin a session with what is chosen."""
    page.locator("[data-start]").click()
    page.wait_for_selector("[data-view=session]:not([hidden])")
    loaded(page)


def loaded(page) -> None:
    """Wait until the answer of the question is there."""
    page.wait_for_selector("[data-reveal]:enabled")


def answer(page, grade: int) -> None:
    """Show the answer of the question and grade oneself, by keyboard."""
    loaded(page)
    page.keyboard.press("Space")
    page.wait_for_selector("[data-answer]:not([hidden])")
    page.keyboard.press(str(grade))
    page.wait_for_selector("[data-answer]", state="hidden")


def asked(page) -> str:
    """Return the key of the question that is asked."""
    return page.locator("[data-where]").evaluate(
        "link => link.pathname.split('/').pop().replace('.html', '') + link.hash"
    )


def exported(page) -> dict:
    """Return what the page exports."""
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    return json.loads(download.value.path().read_text("utf-8"))


def give(page, content) -> str:
    """Import a file with this content, and return what the page says of it."""
    text = content if isinstance(content, str) else json.dumps(content)
    page.locator("[data-data-status]").evaluate("element => element.textContent = ''")
    page.locator("[data-file]").set_input_files(
        {"name": "practice.json", "mimeType": "application/json", "buffer": text.encode()}
    )
    page.wait_for_function("document.querySelector('[data-data-status]').textContent !== ''")
    return page.locator("[data-data-status]").inner_text()


def file(*reviews: dict, **changes) -> dict:
    """Return a file as the page exports it."""
    base = {"format": "conceptbook-practice", "version": 1, "book": "knowledge-hub"}
    base |= {"interviews": [], "marks": {}}
    return {**base, "reviews": list(reviews), **changes}


def review(card: str, days_ago: float, rating: int, answer: str = "") -> dict:
    """Return a review as it is kept."""
    at = int(datetime.now(UTC).timestamp() * 1000 - days_ago * DAY)
    return {"id": f"{card} {at}", "card": card, "at": at, "rating": rating, "answer": answer}


def questions(page) -> list[dict]:
    """Return the questions of the index: key, page, answer's digest."""
    return page.evaluate(
        """async () => (await conceptPractice.loadIndex("")).pages.flatMap((page) =>
        page.questions.map(([id, level, answer, text]) => ({ key: `${page.slug}#${id}`,
        slug: page.slug, domain: page.domain, title: page.title, level, answer, text })))"""
    )


# --- A session ----------------------------------------------------------------------------------


def test_a_session_from_choice_to_summary_by_keyboard_alone(practice):
    page = practice("?domain=sql&size=5")
    assert page.locator("[data-plan]").inner_text() == "5 questions: 5 new"
    page.locator("[data-start]").focus()
    page.keyboard.press("Enter")
    loaded(page)
    for number in range(1, 6):
        assert page.locator("[data-position]").inner_text() == f"{number} of 5"
        assert page.evaluate("document.activeElement.matches('[data-question]')")
        assert page.locator("[data-from]").inner_text().startswith("SQL and databases · ")
        assert not page.locator("[data-answer]").is_visible()
        answer(page, 4)
    assert page.locator("[data-result]").inner_text() == "5 answers: 5 easy."
    assert page.evaluate("document.activeElement.id") == "practice-summary"
    row = page.locator("[data-retention] tr", has_text="SQL and databases").inner_text().split("\t")
    assert row[1].startswith("5 of ")
    assert page.errors == []


def test_the_answer_is_that_of_the_page_with_its_rubric_and_a_link_to_it(practice, visit):
    page = practice("?page=two-tower-model")
    assert "Two-tower retrieval" in page.locator("[data-only]").inner_text()
    start(page)
    question = page.locator("[data-question]").inner_text()
    page.locator("[data-reveal]").click()
    shown = page.locator("[data-answer-text]").inner_text()
    page.locator("[data-levels] summary").click()
    assert "Senior (L5)" in page.locator("[data-levels]").inner_text()
    assert "Staff (L6)" in page.locator("[data-levels]").inner_text()
    page.locator("[data-where]").click()
    page.wait_for_url("**/two-tower-model.html#probe-*")
    probe = page.locator(f"[id='{page.url.split('#')[1]}']")
    probe.evaluate("element => element.open = true")
    assert question in probe.locator("summary").inner_text()
    assert probe.locator(".probe-answer").inner_text().split() == shown.split()


def test_what_failed_is_asked_again_before_the_session_ends(practice):
    page = practice("?size=5&domain=algorithms")
    start(page)
    first = page.locator("[data-question]").inner_text()
    answer(page, 1)
    for _ in range(4):
        answer(page, 3)
    assert page.locator("[data-position]").inner_text() == "6 of 6"
    assert page.locator("[data-question]").inner_text() == first
    answer(page, 3)
    assert "1 again" in page.locator("[data-result]").inner_text()
    assert first in page.locator("[data-again]").inner_text()


def test_a_reload_goes_on_at_the_same_question_with_the_same_words(practice):
    page = practice("?size=5")
    start(page)
    answer(page, 3)
    question = page.locator("[data-question]").inner_text()
    page.locator("[data-own]").fill("I would measure first.")
    loaded(page)
    page.keyboard.press("Control+Enter")
    page.reload()
    page.wait_for_selector("[data-answer]:not([hidden])")
    assert page.locator("[data-question]").inner_text() == question
    assert page.locator("[data-own]").input_value() == "I would measure first."
    assert page.locator("[data-answer]").is_visible()
    assert page.locator("[data-position]").inner_text() == "2 of 5"
    assert len(exported_in_session(page)["reviews"]) == 1


def exported_in_session(page) -> dict:
    """End the session, then export."""
    page.locator("[data-end]").click()
    return exported(page)


def test_no_answer_is_shown_under_another_question(practice):
    page = practice("?size=5&domain=sql")
    start(page)
    page.context.route("**/_practice/*.js", lambda route: route.abort())
    while page.locator("[data-retry]").is_hidden():  # pages that were loaded before have theirs
        answer(page, 4)
        page.wait_for_selector("[data-reveal]:enabled, [data-retry]:not([hidden])")
    assert "cannot be loaded" in page.locator("[data-notice]").inner_text()
    page.keyboard.press("Space")
    assert page.locator("[data-answer]").is_hidden()
    page.context.unroute("**/_practice/*.js")
    page.locator("[data-retry]").click()
    loaded(page)
    assert page.locator("[data-notice]").is_hidden()
    page.keyboard.press("Space")
    key = asked(page)
    text = page.locator("[data-answer-text]").inner_html()
    slug, probe = key.split("#")
    answers = page.evaluate("slug => conceptPractice.loadPage('', slug)", slug)["answers"]
    same = (
        "([a, b]) => Object.assign(document.createElement('p'), { innerHTML: b }).innerHTML === a"
    )
    assert page.evaluate(same, [text, answers[probe][1]])


def test_a_network_that_asks_to_log_in_first_loses_nothing(practice):
    """Such a network answers every request with its own page, as if all were well."""
    page = practice()

    def log_in_first(route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<!doctype html><p>Log in</p>")

    def refused() -> str:
        page.wait_for_selector("[data-reload]:not([hidden])")
        assert page.locator("[data-view]:visible").count() == 0
        return page.locator("[data-notice]").inner_text()

    def try_again(shown: str) -> None:
        page.context.unroute("**/_practice/*.js")
        page.locator("[data-reload]").click()
        page.wait_for_selector(f"[data-view={shown}]:not([hidden])")
        assert page.locator("[data-notice]").is_hidden()
        assert page.locator("[data-reload]").is_hidden()

    page.context.route("**/_practice/*.js", log_in_first)
    page.reload()
    assert "questions cannot be loaded" in refused()
    assert exported(page)["reviews"] == []
    page.locator("[data-reload]").click()
    assert "questions cannot be loaded" in refused()
    try_again("choose")
    page.context.route("**/_practice/*.js", log_in_first)
    page.locator("[data-start]").click()
    page.wait_for_selector("[data-retry]:not([hidden])")
    assert "answer cannot be loaded" in page.locator("[data-notice]").inner_text()
    page.context.unroute("**/_practice/*.js")
    page.locator("[data-retry]").click()
    loaded(page)
    assert page.locator("[data-notice]").is_hidden()

    page.context.route("**/_practice/*.js", log_in_first)
    page.goto(page.url.split("practice.html")[0] + "mock-interview.html")
    assert "designs cannot be loaded" in refused()
    try_again("choose")
    page.locator("[data-design=notification-system]").click()
    page.locator("[data-notes]").fill("an outbox")
    page.context.route("**/_practice/notification-system.js", log_in_first)
    page.reload()
    assert "design cannot be loaded" in refused()
    page.context.unroute("**/_practice/notification-system.js")
    try_again("interview")
    assert page.locator("[data-notes]").input_value() == "an outbox"
    assert not any("TypeError" in error for error in page.errors)


def test_keys_pressed_while_a_grade_is_written_do_nothing(practice):
    slow = """const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (record) {
            const late = put.call(this, record); const end = performance.now() + 1000;
            this.get("keep").onsuccess = function again() {
                if (performance.now() < end) late.source.get("keep").onsuccess = again; };
            return late; };"""
    page = practice("?size=5", script=slow)
    start(page)
    page.keyboard.press("Space")
    for key in ("4", "Space", "1", "4", "s"):
        page.keyboard.press(key)
    assert page.locator("[data-position]").inner_text() == "1 of 5", "it is written already"
    page.wait_for_timeout(1500)
    assert page.locator("[data-position]").inner_text() == "2 of 5"
    assert len(exported_in_session(page)["reviews"]) == 1
    assert page.errors == []


OLD = '{"queue": ["gone#probe-x", "mmoe#probe-y"], "done": [{"key": "gone#probe-x", "rating": 1}]}'


@pytest.mark.parametrize("kept", [OLD, "{", "[]", '{"queue": 7}', '{"queue": []}', "null"])
def test_a_session_of_another_version_does_no_harm(practice, kept):
    script = f"sessionStorage.setItem('conceptbook:knowledge-hub:session', {json.dumps(kept)});"
    page = practice("?size=5", script=f"if (!window.name) {{ {script} window.name = 'old'; }}")
    start(page)
    answer(page, 4)
    assert page.locator("[data-position]").inner_text() == "2 of 5"
    assert page.errors == []


def test_a_clock_that_is_set_back_stops_nothing(visit):
    page = visit("practice", query="?size=5", clock=True)
    page.wait_for_selector("[data-ready]")
    start(page)
    page.clock.run_for(1000)
    answer(page, 1)
    now = page.evaluate("Date.now()")
    page.clock.set_system_time((now - 3 * DAY) / 1000)
    for _ in range(5):
        answer(page, 4)
    assert "1 again, 5 easy" in page.locator("[data-result]").inner_text()
    assert page.errors == []


def test_the_last_grade_is_taken_back_from_the_summary(practice):
    page = practice("?size=5")
    start(page)
    for _ in range(5):
        answer(page, 4)
    page.reload()
    page.wait_for_selector("[data-view=summary]:not([hidden])")
    page.locator("[data-undo-last]").click()
    page.wait_for_selector("[data-view=session]:not([hidden])")
    assert page.locator("[data-position]").inner_text() == "5 of 5"
    assert len(exported_in_session(page)["reviews"]) == 4


def test_a_link_to_other_questions_does_not_end_the_session(practice):
    page = practice("?size=5&domain=sql")
    start(page)
    answer(page, 4)
    page.goto(page.url.split("?")[0] + "?page=heaps-top-k")
    page.wait_for_selector("[data-ready]")
    assert "Heaps" in page.locator("[data-only]").inner_text()
    page.reload()
    page.wait_for_selector("[data-ready]")
    page.get_by_role("button", name="Go on with your session (4 left)").click()
    loaded(page)
    assert page.locator("[data-timer]").inner_text().startswith("0:")  # not the time in between
    assert page.locator("[data-position]").inner_text() == "2 of 5"
    assert page.locator("[data-from]").inner_text().startswith("SQL")


def test_a_grade_is_taken_back(practice):
    page = practice("?size=5")
    start(page)
    question = page.locator("[data-question]").inner_text()
    answer(page, 1)
    page.keyboard.press("u")
    page.wait_for_function(
        "q => document.querySelector('[data-question]').innerText === q", arg=question
    )
    assert page.locator("[data-position]").inner_text() == "1 of 5"
    page.locator("[data-skip]").click()
    assert exported_in_session(page)["reviews"] == []


def test_a_book_that_is_a_folder_of_files_practices_and_keeps_too(browser, site):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{(site / 'practice.html').as_uri()}?size=5")
    page.wait_for_selector("[data-practice][data-ready]")
    start(page)
    answer(page, 4)
    page.reload()
    page.wait_for_selector("[data-practice][data-ready]")
    assert page.locator("[data-position]").inner_text() == "2 of 5"
    assert len(exported_in_session(page)["reviews"]) == 1
    context.close()


def test_keys_typed_into_the_answer_grade_nothing(practice):
    page = practice("?size=5")
    start(page)
    page.locator("[data-own]").focus()
    page.keyboard.type("1 s u 2")
    assert page.locator("[data-own]").input_value() == "1 s u 2"
    assert page.locator("[data-position]").inner_text() == "1 of 5"
    assert not page.locator("[data-answer]").is_visible()
    assert "Ctrl+Enter shows the book" in page.locator(".practice-own").inner_text()
    page.keyboard.press("Control+Enter")
    assert page.locator("[data-answer]").is_visible()


def test_a_key_is_what_it_types_and_its_place_only_in_another_script(practice):
    page = practice("?size=5")
    start(page)

    def press(key: str, code: str) -> str:
        pressed = {"key": key, "code": code, "bubbles": True}
        page.locator("[data-view=session]").dispatch_event("keydown", pressed)
        page.wait_for_timeout(50)
        return page.locator("[data-position]").inner_text()

    first = page.locator("[data-question]").inner_text()
    assert press("o", "KeyS") == "1 of 5"  # Dvorak, where S is elsewhere
    assert press("s", "Semicolon") == "1 of 4"
    assert first != page.locator("[data-question]").inner_text()
    assert press("\u044b", "KeyS") == "1 of 3"  # Russian
    loaded(page)
    page.keyboard.press("Space")
    page.wait_for_selector("[data-answer]:not([hidden])")
    assert press("&", "Digit1") == "2 of 4"  # French: digits are behind Shift; asked once more
    assert press("g", "KeyU") == "2 of 4"  # Dvorak again
    assert press("u", "KeyF") == "1 of 3"


def test_the_choice_is_in_the_address_and_back_undoes_it(practice):
    page = practice()
    total = page.locator("[name=level][value=L6] + span [data-count]").inner_text()
    page.locator("[name=domain][value=frontend]").check(force=True)
    assert "domain=frontend" in page.url
    assert int(page.locator("[name=level][value=L6] + span [data-count]").inner_text()) < int(total)
    page.go_back()
    assert page.locator("[name=level][value=L6] + span [data-count]").inner_text() == total


# --- The schedule -------------------------------------------------------------------------------


def test_the_schedule_gives_the_published_intervals(practice):
    """The vector of py-fsrs, go-fsrs and ts-fsrs for FSRS-6 with its default parameters.

    https://github.com/open-spaced-repetition/py-fsrs/blob/main/tests/test_basic.py

    There, a new question that went well is asked once more after ten minutes; here it comes back
    in two days, and in three if it is answered after ten minutes all the same, as Good keeps a day
    from Hard. From then on both say the same.
    """
    days = [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]
    intervals = practice().evaluate(
        """([ratings, days]) => {
        let at = Date.UTC(2022, 10, 29, 12, 30);
        const reviews = [];
        return ratings.map((rating, number) => {
            reviews.push({ id: String(number), card: "a#b", at, rating });
            const { due } = conceptSchedule.createSchedules()(reviews, at).get("a#b");
            const interval = Math.floor((due - at) / 864e5);
            at += days[number] * 864e5 || 6e5;
            return interval;
        });}""",
        [[3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3], days],
    )
    assert intervals == [2, 3, *days[2:]]


def test_the_schedule_is_that_of_the_reference_implementation(practice):
    """Stability, difficulty and when it is due after minutes, hours and days, against py-fsrs.

    ts-fsrs, as Anki, keeps the intervals of Hard, Good and Easy a day apart, py-fsrs does not: when
    a question is due is compared where they are so by themselves.
    """
    chance = random.Random(6)
    runs = []
    for _ in range(50):
        at, run = 1_700_000_000_000, []
        for _ in range(10):
            run.append((at, chance.choice([1, 2, 3, 3, 4])))
            at += int(DAY * chance.choice([0.001, 0.1, 0.9, 1, 1.7, 5, 40]))
        runs.append(run)
    page = practice()
    ours = page.evaluate(
        """(runs) => runs.map((run) => {
        const reviews = run.map(([at, rating]) => ({ id: String(at), card: "a#b", at, rating }));
        const { card } = conceptSchedule.createSchedules()(reviews, Date.now()).get("a#b");
        return [card.stability, card.difficulty, reviews.map(({ at }) =>
            conceptSchedule.createSchedules()(reviews, at).get("a#b").due)]; })""",
        runs,
    )
    steps = (timedelta(minutes=10),)
    compared = 0
    for run, (stability, difficulty, dues) in zip(runs, ours, strict=True):
        scheduler = Scheduler(learning_steps=steps, relearning_steps=steps, enable_fuzzing=False)
        card = Card()
        for (at, rating), due in zip(run, dues, strict=True):
            moment = datetime.fromtimestamp(at / 1000, UTC)
            choices = [scheduler.review_card(card, grade, moment)[0] for grade in Rating]
            card = choices[rating - 1]
            if choices[1].due < choices[2].due < choices[3].due:
                assert datetime.fromtimestamp(due / 1000, UTC) == card.due
                compared += 1
        assert stability == pytest.approx(card.stability, rel=1e-4)
        assert difficulty == pytest.approx(card.difficulty, rel=1e-4)
    assert compared > 250  # of 500


def test_a_review_of_a_clock_that_was_ahead_buries_no_question(visit):
    page = visit("practice", query="?size=due", clock=True)
    page.wait_for_selector("[data-ready]")
    forecast = page.locator("[data-forecast]")
    one, two = [q["key"] for q in questions(page)[:2]]
    given = file(review(one, 30, 3), review(one, -365, 3), review(two, -365, 4))
    give(page, given)
    assert forecast.inner_text().startswith("1 due now")
    assert "2 answers are dated later than now" in forecast.inner_text()
    start(page)
    assert asked(page) == one
    answer(page, 3)
    assert forecast.inner_text().startswith("0 due now")
    page.clock.set_system_time((page.evaluate("Date.now()") + 300 * DAY) / 1000)
    page.reload()  # the answer that was given since says when
    page.wait_for_selector("[data-ready]")
    assert forecast.inner_text().startswith("1 due now")
    assert len(exported(page)["reviews"]) == 4
    page.clock.set_system_time((page.evaluate("Date.now()") + 70 * DAY) / 1000)
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert "dated later" not in forecast.inner_text()


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata"])
def test_a_question_is_due_from_four_in_the_morning_of_its_day(visit, zone):
    """Where the reader is; and a whole day after its answer."""
    page = visit("practice", clock=True, timezone_id=zone)
    page.wait_for_selector("[data-ready]")

    def moment(day: int, hour: int, minute: int = 0) -> int:
        return page.evaluate("at => new Date(2026, 5, ...at).getTime()", [day, hour, minute])

    def due(day: int, hour: int, minute: int = 0) -> str:
        page.clock.set_system_time(moment(day, hour, minute) / 1000)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        return page.locator("[data-forecast]").inner_text().split(" due now")[0]

    one, two = [{**review(q["key"], 0, 3), "at": moment(1, 20)} for q in questions(page)[:2]]
    failed = {**two, "id": "failed", "at": moment(1, 19, 50), "rating": 1}
    give(page, file(one, failed, two))  # come back in two days, in one
    assert due(2, 19, 59) == "0"
    assert due(2, 20) == "1"
    assert due(3, 3, 59) == "1"
    assert due(3, 4) == "2"


def test_what_is_due_comes_first_the_least_remembered_before_the_rest(practice):
    page = practice("?size=5")
    known = [q["key"] for q in questions(page)[:3]]
    ages = (40, 400, 4)
    reviews = [review(key, age, 3) for key, age in zip(known, ages, strict=True)]
    give(page, file(*reviews))
    assert page.locator("[data-plan]").inner_text() == "5 questions: 3 due, 2 new"
    start(page)
    order = []
    for _ in range(3):
        order.append(asked(page))
        answer(page, 4)
    assert order == [known[1], known[0], known[2]]


def test_questions_that_changed_are_recognized_and_those_that_went_retire(practice):
    page = practice()
    first, second = questions(page)[:2]
    slug = first["slug"]
    give(
        page,
        file(
            review(f"{slug}#probe-as-it-was-worded-before", 9, 3, first["answer"]),
            review(second["key"], 9, 3, "00000000"),
            review(f"{slug}#probe-nobody-asks-any-more", 9, 3, "11111111"),
        ),
    )
    forecast = page.locator("[data-forecast]").inner_text()
    assert forecast.startswith("2 due now")
    assert "1 question you answered is no longer" in forecast
    page.goto(page.url.split("?")[0] + f"?page={slug}&size=due")
    page.wait_for_selector("[data-ready]")
    start(page)
    edited = {}
    for _ in range(2):
        loaded(page)
        page.keyboard.press("Space")
        edited[asked(page)] = page.locator("[data-edited]").is_visible()
        assert page.locator("[data-grade='3'] small").inner_text() != "2 days"  # of a new one
        page.keyboard.press("3")
        page.wait_for_selector("[data-answer]", state="hidden")
    assert edited == {first["key"]: False, second["key"]: True}
    forecast = page.locator("[data-forecast]").inner_text()
    assert forecast.startswith("0 due now, 0 within a day")  # the old reviews still count
    assert "1 question you answered is no longer" in forecast


def test_the_digest_is_of_the_words_not_of_their_lines():
    one = Probe("Why?", "L5", "Because of {glue:text}`x`\nand so on.", 1)
    assert digest(one) == digest(
        Probe("Why not?", "L6", "Because of {glue:text}`x` and\nso on.", 9)
    )
    assert digest(one) != digest(Probe("Why?", "L5", "Because of {glue:text}`y` and so on.", 1))


def test_statistics_count_what_was_tested_a_day_or_more_later(practice):
    page = practice()
    a, b = [q for q in questions(page) if q["domain"] == "algorithms"][:2]
    c = next(q for q in questions(page) if q["domain"] == "frontend")
    reviews = [review(a["key"], 30, 3), review(a["key"], 20, 1), review(a["key"], 19.99, 3)]
    reviews += [review(b["key"], 30, 1), review(b["key"], 20, 3), review(b["key"], 10, 1)]
    reviews += [review(c["key"], 3, 3)]
    gone = f"{a['slug']}#probe-nobody-asks-any-more"  # counts as it did when it was asked
    give(page, file(review(gone, 30, 3), review(gone, 20, 3)))
    assert page.locator("[data-statistics-empty]").is_hidden()
    assert "1 question you answered is no longer" in page.locator("[data-forecast]").inner_text()
    give(page, file(*reviews))
    rows = page.locator("[data-retention] tr").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    shown = {row[0]: row[-1] for row in rows}
    assert shown["Algorithms"] == "50% of 4"
    assert shown["Frontend system design"] == "–"


def test_weak_concepts_are_named_with_the_question_to_begin_at(practice):
    page = practice()
    strong, weak = (
        [q for q in questions(page) if q["slug"] == slug] for slug in ("mmoe", "kafka-log")
    )
    reviews = [review(q["key"], 2, 3) for q in strong[:3]]
    reviews += [review(weak[0]["key"], 2, 3), review(weak[1]["key"], 1, 1)]
    reviews += [review(weak[1]["key"], 0.999, 3)]  # a minute later: nothing new
    give(page, file(*reviews))
    assert page.locator("[data-weak] li").count() == 1
    assert page.locator("[data-weak] a").first.inner_text() == weak[0]["title"]
    assert (
        "1 of the last 2 answers was Again or Hard" in page.locator("[data-weak] li").inner_text()
    )
    assert page.locator("[data-weak] a").last.get_attribute("href").endswith(weak[1]["key"][9:])


# --- Data ---------------------------------------------------------------------------------------


def test_export_clear_import_gives_the_same_state(practice):
    page = practice("?size=5")
    start(page)
    for grade in (1, 3, 4):
        answer(page, grade)
    page.evaluate("conceptMarks.set('mmoe', 'known')")
    before = exported_in_session(page)
    statistics = page.locator("[data-statistics]").inner_text()
    page.locator("[data-clear-all]").click()
    page.keyboard.press("Escape")
    assert exported(page) == before  # not yet
    page.locator("[data-clear-all]").click()
    page.locator("[data-confirm] button[value=delete]").click()
    page.wait_for_selector("[data-statistics]", state="hidden")
    assert page.locator("[data-view=choose]").is_visible()  # not the summary of what is no more
    assert exported(page)["reviews"] == []
    assert exported(page)["marks"] == {}
    assert give(page, before) == "Imported 3 reviews, 1 mark."
    assert exported(page) == before
    assert page.locator("[data-statistics]").inner_text() == statistics
    assert give(page, before) == "Nothing is in the file that is not here."
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert exported(page) == before


GOOD = {"id": "x", "card": "mmoe#probe-a", "at": 1_700_000_000_000, "rating": 3, "answer": ""}
HELD = {"id": "y", "design": "notification-system", "at": 1, "seconds": 9, "levels": {"Cost": 2}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "This is no JSON file, or a part of one is missing."),
        (json.dumps(file(GOOD))[:-9], "This is no JSON file, or a part of one is missing."),
        (file(book="cookery"), "This file is of the book 'cookery', not of this one."),
        ([], "This file was not exported from a practice page."),
        ({"format": "anki"}, "This file was not exported from a practice page."),
        (file(version=2), "This file has version 2; this page reads version 1."),
        (file(reviews={}), "The file lacks its list of reviews."),
        (file(GOOD, {**GOOD, "rating": 9}), "Entry 2 of reviews: 'rating' cannot be 9."),
        (file({**GOOD, "at": "now"}), "Entry 1 of reviews: 'at' cannot be \"now\"."),
        (file({**GOOD, "card": "<b>"}), "Entry 1 of reviews: 'card' cannot be \"<b>\"."),
        (file(7), "Entry 1 of reviews: 'id' cannot be nothing."),
        (file(interviews=[{**HELD, "scores": 7}]), "Entry 1 of interviews: 'scores' cannot be 7."),
        (
            file(interviews=[HELD, {**HELD, "scores": {"0\u20135": 3}}]),
            "Entry 2 of interviews: 'scores' cannot be {\"0\u20135\":3}.",
        ),
        (file(interviews=[{**HELD, "notes": []}]), "Entry 1 of interviews: 'notes' cannot be []."),
        (file(marks={"mmoe": {"mark": "loved", "at": 1}}), "The mark of 'mmoe' cannot be read."),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_nothing_is_lost(practice, content, said):
    page = practice()
    give(page, file(review(questions(page)[0]["key"], 3, 3)))
    before = exported(page)
    assert give(page, content) == f"Nothing was imported. {said}"
    assert exported(page) == before
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert exported(page) == before
    assert page.errors == []


def test_a_review_that_is_here_is_not_changed_by_a_file(practice):
    page = practice()
    mine = review(questions(page)[0]["key"], 3, 4)
    give(page, file(mine))
    before = exported(page)
    assert give(page, file({**mine, "rating": 1})) == "Nothing is in the file that is not here."
    assert exported(page) == before


def test_what_a_wrong_clock_dated_is_exported_and_imported(practice):
    page = practice()
    give(page, file(review(questions(page)[0]["key"], -400, 3)))
    before = exported(page)
    page.locator("[data-clear-all]").click()
    page.locator("[data-confirm] button[value=delete]").click()
    page.wait_for_function("document.querySelector('[data-data-status]').innerText.includes('del')")
    assert give(page, before) == "Imported 1 review."
    assert exported(page) == before


def test_a_session_that_waits_is_deleted_with_everything(practice):
    page = practice("?size=5&domain=sql")
    start(page)
    answer(page, 4)
    page.goto(page.url.split("?")[0] + "?domain=frontend")
    page.wait_for_selector("[data-resume]:not([hidden])")
    page.locator("[data-clear-all]").click()
    page.locator("[data-confirm] button[value=delete]").click()
    page.wait_for_function("document.querySelector('[data-data-status]').innerText.includes('del')")
    assert page.locator("[data-resume]").is_hidden()
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-resume]").is_hidden()
    assert "conceptbook:knowledge-hub:session" not in page.evaluate("Object.keys(sessionStorage)")
    assert exported(page)["reviews"] == []


def test_a_delete_that_fails_says_so_and_deletes_nothing(practice):
    page = practice(script="IDBObjectStore.prototype.clear = () => { throw new Error('no'); };")
    give(page, file(review(questions(page)[0]["key"], 3, 3)))
    before = exported(page)
    page.locator("[data-clear-all]").click()
    page.locator("[data-confirm] button[value=delete]").click()
    page.wait_for_function("document.querySelector('[data-data-status]').innerText.includes('del')")
    assert "Nothing was deleted" in page.locator("[data-data-status]").inner_text()
    assert exported(page) == before


# The disk is full as long as the test says so; the last connection to the database is at hand.
FULL = """for (const name of ["put", "delete"]) {
        const change = IDBObjectStore.prototype[name];
        IDBObjectStore.prototype[name] = function (...given) {
            if (window.full) throw new DOMException("full", "QuotaExceededError");
            return change.apply(this, given); };
    }
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...given) {
        window.connection = this; return transaction.apply(this, given); };"""


def test_what_could_not_be_saved_survives_the_work_of_another_tab(practice):
    one = practice("?size=5", script=FULL)
    other = one.context.new_page()
    other.goto(one.url)
    other.wait_for_selector("[data-ready]")
    one.evaluate("window.full = true")
    for page in (one, other):
        page.bring_to_front()
        start(page)
        answer(page, 4)
    one.bring_to_front()
    one.wait_for_timeout(300)
    assert len(exported_in_session(one)["reviews"]) == 2


def test_what_could_not_be_saved_is_said_and_saved_with_the_next_that_can(practice):
    page = practice("?size=5", script=FULL)
    start(page)
    answer(page, 2)
    page.evaluate("window.full = true")
    loaded(page)
    page.keyboard.press("u")
    page.wait_for_selector("[data-notice]:not([hidden])")
    assert "has no room left" in page.locator("[data-notice]").inner_text()
    answer(page, 3)
    answer(page, 4)
    assert page.locator("[data-position]").inner_text() == "3 of 5"
    page.evaluate("window.full = false")
    answer(page, 3)
    assert page.locator("[data-notice]").is_hidden()
    page.evaluate("connection.close()")  # as a browser does while a page is in the background
    answer(page, 4)
    assert page.locator("[data-notice]").is_hidden()
    page.reload()
    page.wait_for_selector("[data-ready]")
    ratings = [review["rating"] for review in exported_in_session(page)["reviews"]]
    assert ratings == [3, 4, 3, 4]  # what was taken back is gone
    assert page.errors == []


BLOCKED = """for (const name of ["indexedDB", "localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name,
        { get() { throw new DOMException("no", "SecurityError"); } }); }"""


def test_without_storage_practice_works_and_says_what_will_be_lost(practice):
    page = practice("?size=5", script=BLOCKED)
    assert "keeps no data" in page.locator("[data-notice]").inner_text()
    start(page)
    answer(page, 3)
    assert page.locator("[data-position]").inner_text() == "2 of 5"
    assert len(exported_in_session(page)["reviews"]) == 1


def test_marks_work_without_storage_as_long_as_the_page_is_open(visit):
    page = visit("sql/btree-indexes", script=BLOCKED)
    page.locator(".progress-strip input[value=known]").check(force=True)
    assert page.evaluate("conceptMarks.get('btree-indexes')") == "known"
    assert "does not keep it" in page.locator("[data-mark-status]").inner_text()


def test_two_tabs_lose_no_review(practice):
    one = practice("?size=5")
    other = one.context.new_page()
    other.goto(one.url)
    other.wait_for_selector("[data-ready]")
    for page in (one, other):
        start(page)
    for _ in range(3):
        for page in (one, other):
            page.bring_to_front()
            answer(page, 4)
    assert len(exported_in_session(one)["reviews"]) == 6
    assert len(exported_in_session(other)["reviews"]) == 6


def test_a_thousand_due_cards_stay_smooth(practice):
    page = practice("?size=due")
    names = [f"concept-{number}" for number in range(100)]
    asks = [[f"probe-{number}", "L5", "", f"Question {number}?"] for number in range(10)]
    concepts = [
        {"slug": name, "name": name, "title": name, "domain": "sql", "tags": [], "questions": asks}
        for name in names
    ]
    index = {"domains": {"sql": "SQL"}, "moved": {}, "pages": concepts}
    answers = {probe: [text, "Because."] for probe, _, _, text in asks}

    def write(route) -> None:
        slug = route.request.url.rsplit("/", 1)[1].removesuffix(".js")
        content = {"slug": slug, "levels": "", "answers": answers}
        call = f"index({json.dumps(index)})" if slug == "index" else f"page({json.dumps(content)})"
        route.fulfill(content_type="text/javascript", body=f"conceptPractice.{call};")

    page.context.route("**/_practice/*.js", write)
    keys = [f"{name}#{probe}" for name in names for probe in answers]
    give(page, file(*(review(key, 3000 - 20 * n, 3) for key in keys for n in range(10))))
    page.reload(wait_until="commit")
    page.wait_for_selector("[data-ready]")
    since_start = page.evaluate("performance.now()")
    assert page.locator("[data-plan]").inner_text() == "1000 questions: 1000 due"
    start(page)
    page.keyboard.press("Space")
    graded = page.evaluate(
        """async () => { const from = performance.now();
        document.querySelector("[data-grade='4']").click();
        while (!document.querySelector("[data-answer]").hidden)
            await new Promise(requestAnimationFrame);
        return performance.now() - from; }"""
    )
    assert page.locator("[data-position]").inner_text() == "2 of 1000"
    assert since_start < 5000  # milliseconds, for 10,000 reviews on a slow machine
    assert graded < 500


# --- The mock interview -------------------------------------------------------------------------


@pytest.fixture
def interview(visit):
    """Begin the interview on notifications, with a clock that the test turns."""
    page = visit("mock-interview", clock=True)
    page.wait_for_selector("[data-mock][data-ready]")
    page.locator("[data-design=notification-system]").click()
    page.wait_for_selector("[data-view=interview]:not([hidden])")
    return page


def turn(page, minutes: int) -> None:
    """Let time pass."""
    page.clock.fast_forward(minutes * 60_000)
    page.clock.run_for(600)


def test_an_interview_from_the_clock_to_the_report(interview, site):
    page = interview
    assert page.locator("[data-total]").inner_text() == "of 45:00"
    assert page.locator(".mock-checkpoints .current").inner_text().startswith("Minutes 0–5")
    turn(page, 6)
    past = page.locator(".mock-checkpoints .past")
    assert past.count() == 1
    assert "The interviewer listens for" in past.inner_text()
    past.locator("label", has_text="Had it").click()
    page.locator("[data-notes]").fill("outbox, lease, key")
    page.locator("[data-pause]").click()
    turn(page, 30)
    assert page.locator("[data-clock]").inner_text().startswith("6:0")  # a pause does not count
    page.locator("[data-pause]").click()
    turn(page, 15)
    assert past.count() == 3
    page.locator("[data-finish]").click()
    page.locator("[data-report-now]").click()
    assert page.locator("[data-score-status]").inner_text() == "Score “Requirements” first."
    page.reload()  # what was scored is kept
    page.wait_for_selector("[data-view=score]:not([hidden])")
    rows = page.locator("[data-rubric] fieldset")
    for number in range(rows.count()):
        rows.nth(number).locator("input").nth(2 if number else 0).check(force=True)
    page.locator("[data-report-now]").click()
    page.wait_for_selector("[data-view=report]:not([hidden])")
    report = page.locator("[data-report]").inner_text()
    assert "21:0" in report
    assert "Requirements\tNot yet" in report
    assert "Product\tStaff (L6)" in report
    assert "5–10" in report
    assert "0–5" not in report
    links = page.locator("[data-report] a").evaluate_all(
        "links => links.map((link) => link.pathname)"
    )
    assert "/system-design/queueing-latency.html" in links  # what the row of requirements names
    assert all((site / link.lstrip("/")).is_file() for link in links)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    markdown = download.value.path().read_text("utf-8")
    assert "- Requirements: Not yet" in markdown
    assert "outbox, lease, key" in markdown
    page.reload()
    page.wait_for_selector("[data-view=report]:not([hidden])")
    assert page.locator("[data-report]").inner_text() == report
    assert "outbox, lease, key" in report
    page.locator("[data-again]").click()
    assert "5 of 6 dimensions" in page.locator("[data-history-list]").inner_text()
    page.goto(page.url.replace("mock-interview", "practice"))
    page.wait_for_selector("[data-ready]")
    kept = exported(page)
    page.locator("[data-clear-all]").click()
    page.locator("[data-confirm] button[value=delete]").click()
    page.wait_for_function("document.querySelector('[data-data-status]').innerText.includes('del')")
    kept["interviews"].append(HELD)  # as it was kept before reports were
    assert give(page, kept) == "Imported 2 interviews."
    page.goto(page.url.replace("practice", "mock-interview"))
    page.wait_for_selector("[data-ready]")
    assert "1 of 1 dimension at" in page.locator("[data-history-list] li").last.inner_text()
    page.locator("[data-history-list] button").click()  # the only one
    page.wait_for_selector("[data-view=report]:not([hidden])")
    assert page.locator("[data-report]").inner_text() == report
    page.reload()
    page.wait_for_selector("[data-view=report]:not([hidden])")
    assert page.locator("[data-report]").inner_text() == report
    assert page.errors == []


def test_an_interview_that_is_discarded_leaves_nothing(interview):
    page = interview
    turn(page, 6)
    page.locator("[data-notes]").fill("not to be lost by one click")
    page.locator("[data-view=interview] [data-discard]").click()
    page.keyboard.press("Escape")
    assert page.locator("[data-notes]").input_value() == "not to be lost by one click"
    page.locator("[data-view=interview] [data-discard]").click()
    page.locator("[data-confirm] button[value=discard]").click()
    page.wait_for_selector("[data-view=choose]:not([hidden])")
    assert page.locator("[data-view=choose]").is_visible()
    assert page.locator("[data-history]").is_hidden()
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-view=choose]").is_visible()


def test_a_score_being_given_keeps_its_focus_when_the_next_minutes_begin(interview):
    page = interview
    turn(page, 6)
    page.locator("[name=checkpoint-0]").first.focus()
    turn(page, 5)
    assert page.evaluate("document.activeElement.name") == "checkpoint-0"


@pytest.mark.parametrize("kept", ['{"design": "gone"}', "{}", "[", '{"design": "mmoe"}'])
def test_an_interview_of_another_version_does_no_harm(visit, kept):
    script = f"sessionStorage.setItem('conceptbook:knowledge-hub:interview', {json.dumps(kept)});"
    page = visit("mock-interview", script=script)
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-view=choose]").is_visible()
    assert page.errors == []


def test_a_reload_keeps_the_interview_and_its_clock(interview):
    page = interview
    turn(page, 11)
    page.locator("[data-notes]").fill("a table, not a log")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-notes]").input_value() == "a table, not a log"
    assert page.locator("[data-clock]").inner_text().startswith("11:")
    assert page.locator(".mock-checkpoints .past").count() == 2


# --- Marks and paths ----------------------------------------------------------------------------


def test_a_mark_shows_on_cards_paths_and_as_a_filter(visit):
    page = visit("ml-system-design/two-tower-model")
    page.locator(".progress-strip label", has_text="To revisit").click()
    base = page.url.rsplit("/ml-system-design/", 1)[0]
    page.goto(f"{base}/paths.html")
    item = page.locator("li[data-slug=two-tower-model]").first
    assert item.locator("[data-mark]").inner_text() == "To revisit"
    page.goto(f"{base}/index.html?progress=revisit")
    shown = page.locator("li.tile:not([hidden])")
    assert shown.locator(".tile-title").all_text_contents() == ["Two-tower retrieval"]
    assert shown.locator(".tile-mark").inner_text() == "To revisit"
    page.goto(f"{base}/practice.html?mark=revisit&size=20")
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-plan]").inner_text() == "8 questions: 8 new"


def test_a_mark_and_reviews_follow_a_page_that_moved(visit):
    mark = '{"mark": "known", "at": 1}'
    moved = '{"old-name": "mmoe"}'
    page = visit(
        "index",
        script=f"""localStorage.setItem("conceptbook:knowledge-hub:mark:old-name", {mark!r});
        new MutationObserver(() => {{ const {{ body }} = document;
        if (body) body.dataset.moved = {moved!r}; }})
        .observe(document, {{ childList: true, subtree: true }});""",
    )
    assert page.evaluate("conceptMarks.all()") == {"mmoe": {"mark": "known", "at": 1}}
    page = visit("practice")
    page.wait_for_selector("[data-ready]")
    named = page.evaluate(
        """async () => { const { pages } = await conceptPractice.loadIndex("");
        const page = pages.find(({ slug }) => slug === "mmoe"); const id = page.questions[0][0];
        const reviews = [{ card: `old-name#${id}`, answer: "" }];
        const questions = [{ key: `mmoe#${id}`, page, answer: "x" }];
        return conceptSchedule.recognize(reviews, questions, { "old-name": "mmoe" })[0].card
            === `mmoe#${id}`; }"""
    )
    assert named


def test_a_path_counts_what_is_known(visit):
    page = visit("paths")
    first = page.locator("[data-path]").first
    total = first.locator("li[data-slug]").count()
    assert first.locator("[data-path-done]").inner_text() == f"0 of {total} known."
    page.evaluate("conceptMarks.set('mmoe', 'known')")
    page.reload()
    assert first.locator("[data-path-done]").inner_text() == f"1 of {total} known."


def test_a_page_leads_to_its_own_questions(visit):
    page = visit("algorithms/heaps-top-k")
    page.locator(".progress-practice").click()
    page.wait_for_url("**/practice.html?page=heaps-top-k")
    page.wait_for_selector("[data-ready]")
    assert "Heaps" in page.locator("[data-only]").inner_text()
    page.locator("[data-only-clear]").click()
    assert "page=" not in page.url
    assert not page.locator("[data-only]").is_visible()


def test_a_worked_design_leads_to_its_own_interview(site):
    """And a page without a clock to none."""

    def read(name: str) -> BeautifulSoup:
        return BeautifulSoup((site / name).read_text("utf-8"), "html.parser")

    to_interview = ".progress-strip a[href*='mock-interview']"
    assert read("algorithms/heaps-top-k.html").select(to_interview) == []
    (link,) = read("worked-designs/notification-system.html").select(to_interview)
    place = link["href"].removeprefix("../mock-interview.html#")
    assert read("mock-interview.html").find(id=place).select("[data-design=notification-system]")


# --- Whatever state they are in -----------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_view_of_practice_is_accessible_and_fits(practice, scheme, viewport):
    page = practice("?size=5", viewport=viewport, scheme=scheme)
    views = [lambda: None, lambda: start(page), lambda: page.keyboard.press("Space")]
    views += [lambda: page.locator("[data-end]").click()]
    for enter in views:
        enter()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_view_of_an_interview_is_accessible_and_fits(visit, scheme, viewport):
    page = visit("mock-interview", viewport=viewport, scheme=scheme)
    page.wait_for_selector("[data-ready]")
    page.locator("[data-design]").first.click()
    page.wait_for_selector("[data-view=interview]:not([hidden])")
    for name in ("interview", "score", "report", "choose"):
        if name == "score":
            page.locator("[data-finish]").click()
        if name == "report":
            for row in page.locator("[data-rubric] fieldset").all():
                row.locator("input").first.check(force=True)
            page.locator("[data-report-now]").click()
        if name == "choose":  # with a history; at the top: the theme has a button elsewhere
            page.locator("[data-again]").click()
            page.goto(page.url)
            page.wait_for_selector("[data-history]:not([hidden])")
        page.wait_for_selector(f"[data-view={name}]:not([hidden])")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
