"""The form of the page on self-introductions: timed, checked and kept as the page says."""

from __future__ import annotations

import contextlib
import io
import re

import pytest
from conftest import ROOT
from serving import serve

PAGE = "behavioral/self-introduction"
KEY = "knowledge-hub:self-introduction"
SOURCE = ROOT / "book" / f"{PAGE}.md"
RULES = ("TOKEN =", "PARTS =", "PLANTED =", "FACTS =", "WEAK =")  # the cells that define them
# As a full or forbidden storage answers; other scripts of the page keep theirs.
BLOCKED = f"""
const set = Storage.prototype.setItem;
Storage.prototype.setItem = function (key, value) {{
  if (key === "{KEY}") throw new DOMException("full", "QuotaExceededError");
  set.call(this, key, value);
}};"""
HARD = ["", "0", "1,000,000", "2019", "99.95% of $3", "p99", "café, naïve I réduced"]


@pytest.fixture(scope="module")
def rules() -> dict:
    """What the page's own code defines: its rules, its texts, and the functions over them."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", SOURCE.read_text("utf-8"), re.DOTALL)
    defined: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if any(name in cell for name in RULES):
                exec(cell, defined)
    return defined


@pytest.fixture
def form(browser, address):
    """The page's form, as a reader finds it."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.sent = []
    page.goto(f"{address}/{PAGE}.html", wait_until="networkidle")
    page.on("request", lambda request: page.sent.append(request.url))
    page.locator(".intro-form").wait_for()
    yield page
    context.close()


def shown(page, seconds: int) -> str:
    return page.locator(f"[data-version='{seconds}']").inner_text()


def write(page, **answers: str) -> None:
    for name, answer in answers.items():
        page.locator(f"[name={name}]").fill(answer)


def test_the_form_counts_and_finds_what_the_pages_code_does(form, rules):
    told = [said for name in ("FACTS", "WEAK") for said, _ in rules[name].values()]
    texts = [*rules["PLANTED"], *told, *HARD]
    ask = "texts => texts.map(text => { const { spoken, found, doubts } = selfIntroduction; return "
    answers = form.evaluate(ask + "[spoken(text), found(text), doubts(text)]; })", texts)
    spoken, found, doubts = rules["spoken"], rules["found"], rules["DOUBTS"]
    assert answers == [[spoken(text), found(text), found(text, doubts)] for text in texts]
    assert form.evaluate("selfIntroduction.rules") == {**rules["PARTS"], **doubts}


def test_an_introduction_is_timed_and_its_gaps_are_named(form):
    write(form, problem="I keep search fast while the index is being rebuilt.")
    assert "10 spoken words, 4 s: 26 s left" in shown(form, 30)
    assert "a number that changed" in shown(form, 30)
    assert "a sign of level" not in shown(form, 30)
    assert "a sign of level" in shown(form, 60)
    write(
        form, result="I cut p99 latency from 800 to 90 milliseconds.", link="Your users type fast."
    )
    assert "All parts found." in shown(form, 30)
    write(form, decision="Basically we discussed it. " * 30)
    assert re.search(r"\d+ s too long", shown(form, 30))
    assert "Look again at: hedge, we did." in shown(form, 30)
    write(form, rate="240", decision="")
    assert "s left" in shown(form, 30)


def test_each_version_holds_the_one_before_it(form):
    write(
        form, handover="Ask me about gamma.", others="Two teams do beta.", problem="I keep alpha."
    )
    texts = [form.locator(f"[data-version='{n}'] [data-text]").inner_text() for n in (30, 60, 90)]
    assert texts[0] == "I keep alpha."
    assert texts[1] == f"{texts[0]} Two teams do beta."
    assert texts[2] == f"{texts[1]} Ask me about gamma."


def test_a_draft_stays_in_this_browser_until_it_is_deleted(form):
    write(form, problem="I keep <b>alpha</b> & beta.", rate="130")
    assert KEY in form.evaluate("Object.keys(localStorage)")
    # The browser fetches the icon whenever it finds the time.
    assert [address for address in form.sent if not address.endswith("/favicon.svg")] == []
    form.reload()
    assert "I keep <b>alpha</b> & beta." in shown(form, 30)
    assert form.locator("[name=rate]").input_value() == "130"
    form.once("dialog", lambda dialog: dialog.dismiss())
    form.get_by_role("button", name="Delete the draft").click()
    assert form.locator("[name=problem]").input_value() != ""
    form.once("dialog", lambda dialog: dialog.accept())
    form.get_by_role("button", name="Delete the draft").click()
    assert "nothing yet" in shown(form, 30)
    form.reload()
    assert "nothing yet" in shown(form, 30)


def test_a_spoiled_draft_and_a_blocked_storage_leave_a_working_form(browser, address):
    for spoil in (
        f"localStorage.setItem('{KEY}', '{{broken')",
        f"localStorage.setItem('{KEY}', '[1, null]')",
        BLOCKED,
    ):
        context = browser.new_context()
        context.add_init_script(spoil)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        page.goto(f"{address}/{PAGE}.html", wait_until="load")
        page.locator("[name=problem]").fill("I keep alpha.")
        assert "3 spoken words" in shown(page, 30)
        assert errors == []
        context.close()


def test_the_reader_is_timed_by_keyboard_alone(form):
    write(form, problem="I keep alpha. " * 4)
    button = form.get_by_role("button", name="Time yourself")
    button.focus()
    form.keyboard.press("Enter")
    assert "press Stop" in form.locator(".intro-status").inner_text()
    form.keyboard.press("Enter")
    assert "cannot be right" in form.locator(".intro-status").inner_text()
    form.clock.install()
    form.keyboard.press("Enter")
    form.clock.fast_forward(6000)
    form.keyboard.press("Enter")
    assert 110 <= int(form.locator("[name=rate]").input_value()) <= 121


def test_the_example_is_complete_fits_and_does_not_replace_a_draft_unasked(form):
    form.get_by_role("button", name="Show the example").click()
    for seconds in (30, 60, 90):
        assert "s left" in shown(form, seconds)
        assert "All parts found." in shown(form, seconds)
    write(form, problem="I keep alpha.")
    form.once("dialog", lambda dialog: dialog.dismiss())
    form.get_by_role("button", name="Show the example").click()
    assert form.locator("[name=problem]").input_value() == "I keep alpha."


def test_without_scripts_the_printed_worksheet_is_all_there_is(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}.html", wait_until="load")
    assert page.locator("#worksheet ol li").count() == 8
    assert not page.locator("#introduction-form").is_visible()
    context.close()


def test_paper_shows_what_was_written_and_no_empty_form(form):
    form.emulate_media(media="print")
    assert not form.locator(".intro-form").is_visible()
    form.emulate_media(media="screen")
    write(form, others="Two teams do beta.")
    form.emulate_media(media="print")
    assert form.locator("[data-version='60'] [data-text]").is_visible()
    assert not form.locator("[data-version='30']").is_visible()
    assert not form.locator("[name=others]").is_visible()


def test_no_other_page_loads_it(site):
    naming = [
        page.relative_to(site).as_posix()
        for page in site.rglob("*.html")
        if "self-introduction.js" in page.read_text(encoding="utf-8")
    ]
    assert naming == [f"{PAGE}.html"]


def test_it_works_in_a_folder_below_the_root(browser, site):
    with serve(site.parent) as url:
        page = browser.new_page()
        page.goto(f"{url}/{site.name}/{PAGE}.html", wait_until="load")
        page.locator(".intro-form").wait_for()
        page.close()
