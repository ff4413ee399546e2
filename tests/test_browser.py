"""The reader's paths through the real book, in a real browser."""

from __future__ import annotations

import os
import random
import re
from io import BytesIO
from itertools import combinations, product
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from conftest import PAGES, PHONE, ROOT, WIDE, commit, violations
from PIL import Image, ImageChops
from serving import Line, serve

from conceptbook.access import FIRST_PAGE_BYTES, UNCOLOR, UNFOLD

# Pages that list others, and those that a reader does something on.
LISTS = ["index", "search", "sql/index", "map", "practice", "mock-interview", "paths"]
DOMAINS = sorted({name.split("/")[0] for name in PAGES} - {"sql"})
OTHERS = ["references", *(f"{domain}/index" for domain in DOMAINS)]  # alike, or without tools
SMALL = {"width": 375, "height": 700}
FIRST_PAGE_REQUESTS = 20
FIGURES = "ml-system-design/isolation-forest"  # the page with most of them
TOOLS = ("practice", "mock-interview", "behavioral/self-introduction")  # with scripts of their own
WIDTHS = {"wide": WIDE, "phone": PHONE}


def test_a_reader_goes_from_the_front_page_to_a_concept(visit):
    page = visit("index")
    page.locator("article a.tile-title", has_text="Two-tower").first.click()
    page.wait_for_url("**/two-tower-model.html")
    assert "Two-tower" in page.locator(".bd-article h1").inner_text()


# --- The catalogue ----------------------------------------------------------------------------


def cards(page) -> list[str]:
    """Return the titles of the cards that are shown."""
    return page.locator("li.tile:not([hidden]) .tile-title").all_text_contents()


def test_typing_filters_the_cards_and_the_address_keeps_the_view(visit):
    page = visit("index")
    total = len(cards(page))
    page.locator(".catalogue input[type=search]").fill("dual enc")  # an alias, half a word
    assert cards(page) == ["Two-tower retrieval"]
    assert page.locator("[data-shown]").inner_text() == f"1 of {total} concepts"
    assert "?q=dual+enc" in page.url
    page.reload()
    assert cards(page) == ["Two-tower retrieval"]


def test_filters_combine_count_and_go_back(visit):
    page = visit("index")
    total = len(cards(page))
    page.locator(".chip", has_text="SQL and databases").click()
    chip = page.locator("label.chip", has_text="SQL and databases").locator("[data-count]")
    shown = cards(page)
    assert 0 < len(shown) < total
    assert len(shown) == int(chip.inner_text())
    page.locator(".catalogue-more summary").click()
    page.locator(".chip", has_text="Not written yet").click()
    assert page.locator("li.tile:not([hidden]):not(.planned)").count() == 0
    page.go_back()
    assert cards(page) == shown
    page.go_back()
    assert len(cards(page)) == total


def test_nothing_matches_and_a_reader_gets_out(visit):
    page = visit("index")
    total = len(cards(page))
    page.locator(".catalogue input[type=search]").fill("<script>alert(1)</script> 🙂 שלום")
    assert cards(page) == []
    page.locator("[data-clear]").click()
    assert len(cards(page)) == total
    assert page.errors == []


def test_without_javascript_every_card_is_there(visit):
    page = visit("index", java_script_enabled=False)
    titles = cards(page)
    assert "Two-tower retrieval" in titles
    assert not page.locator(".catalogue-tools").is_visible()
    page.locator(".tiles a.tile-title").first.click()
    assert page.locator(".bd-article h1").is_visible()


def test_a_planned_page_starts_with_its_text_filled_in(visit):
    page = visit("index")
    link = page.locator(".tile-start").first
    link.evaluate("node => node.addEventListener('click', event => event.preventDefault())")
    link.dispatch_event("click")
    address = parse_qs(urlsplit(link.get_attribute("href")).query)
    assert address["filename"][0].endswith(".md")
    assert "kernelspec:" in address["value"][0]
    assert not re.search(r"TITLE|DEFINITION|RELATED|EVIDENCE|SLUG|TAGS", address["value"][0])


# --- Search -----------------------------------------------------------------------------------


def search(page, query: str) -> None:
    """Open the search by its key, ask, and wait for the answer."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.locator("dialog.search input").fill(query)
    page.wait_for_function("document.querySelector('.search-status').textContent !== ''")


@pytest.mark.parametrize("keys", ["/", "Control+k", "Meta+k"])
def test_the_search_opens_by_its_keys_and_closes_by_escape(visit, keys):
    page = visit("ml-system-design/two-tower-model")
    page.keyboard.press(keys)
    page.locator("dialog.search[open] input").wait_for()
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.press("Escape")
    assert not page.locator("dialog.search").is_visible()


def test_half_a_word_leads_to_the_section_by_keyboard_alone(visit):
    page = visit("ml-system-design/mmoe")
    search(page, "negativ transf")
    page.locator(".search-results a").first.wait_for()
    assert "page" in page.locator(".search-status").inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    target = page.evaluate("document.activeElement.href")
    assert "#" in target, "the second link is a section of the first page"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#"))
    section = page.evaluate(
        "document.getElementById(decodeURIComponent(location.hash.slice(1))).tagName"
    )
    assert section in {"SECTION", "DETAILS", "SPAN"}
    page.wait_for_function("CSS.highlights.get('search')?.size > 0")
    assert "highlight=" not in page.url, "the address stays the section's own"
    marked = "getComputedStyle(document.querySelector('.searched p'), '::highlight(search)')"
    assert page.evaluate(f"{marked}.backgroundColor") == "rgb(245, 197, 66)"


def test_enter_opens_the_best_result(visit):
    page = visit("index")
    search(page, "hnsw")
    page.keyboard.press("Enter")
    page.wait_for_url("**/faiss-hnsw.html")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("ltsm", "LSTM"),
        ("xgbost", "XGBoost"),
        ("two towr", "Two-tower"),
        ("dual encoder", "Two-tower"),
    ],
)
def test_typos_and_synonyms_find_their_page(visit, query, title):
    page = visit("index")
    search(page, query)
    assert title in page.locator(".search-results .page").first.inner_text()


def test_a_question_that_no_page_answers_whole_says_so(visit):
    page = visit("index")
    search(page, "savepoint forget gate")
    assert "some of the words" in page.locator(".search-status").inner_text()
    page = visit("index")
    search(page, "hnsw")
    assert "some of the words" not in page.locator(".search-status").inner_text()


def test_filters_narrow_the_results_and_their_counts_hold(visit):
    page = visit("index")
    search(page, "index")
    chip = page.locator(".search-filters button", has_text="Real engine")
    count = int(chip.inner_text().rsplit(" ", 1)[1])
    chip.click()
    page.wait_for_function(
        f"document.querySelector('.search-status').textContent.startsWith('{count} page')"
    )
    assert page.locator(".search-filters button[aria-pressed=true]").count() == 1


def test_searches_are_remembered_until_forgotten(visit):
    page = visit("index")
    search(page, "hnsw")
    page.keyboard.press("Enter")
    page.wait_for_url("**/faiss-hnsw.html")
    page.keyboard.press("/")
    page.get_by_role("button", name="hnsw").wait_for()
    page.get_by_role("button", name="Forget these").click()
    assert page.get_by_role("button", name="hnsw").count() == 0


def test_no_result_suggests_a_way_on(visit):
    page = visit("index")
    search(page, "zzzzqqq")
    page.locator(".search-suggestions a", has_text="See every concept").wait_for()
    assert page.locator(".search-status").inner_text().startswith("No pages")


@pytest.mark.parametrize(
    "query",
    [
        "<script>alert(1)</script>",
        "x" * 10_000,
        "🙂🙂",
        "שלום עולם",
        "'; DROP TABLE x; --",
        "%00 \\ ( [ *",
    ],
)
def test_hostile_input_is_only_text(visit, query):
    page = visit("index")
    page.keyboard.press("Control+k")
    page.locator("dialog.search input").fill(query)
    page.wait_for_timeout(800)
    assert page.locator("dialog.search script").count() == 0
    assert page.errors == []


def test_an_address_searches_and_without_javascript_the_page_says_why_not(visit):
    page = visit("search", query="?q=hnsw")
    page.locator(".search-results a", has_text="HNSW").first.wait_for()
    still = visit("search", java_script_enabled=False)
    assert "needs JavaScript" in still.locator("article").inner_text()


def test_related_concepts_lead_on(visit):
    page = visit("ml-system-design/two-tower-model")
    page.locator(".related a.tile-title", has_text="FAISS").click()
    page.wait_for_url("**/faiss-hnsw.html")
    assert page.locator(".related .tile-title", has_text="Two-tower").count() == 1


# --- The concept map --------------------------------------------------------------------------


@pytest.fixture
def open_map(visit):
    """Open the map and wait until it can be moved."""

    def open_page(**options):
        page = visit("map", **options)
        page.locator("[data-map][data-ready]").wait_for()
        page.wait_for_function(f"{CAMERA}.zoom > 0")
        return page

    return open_page


CAMERA = """(() => {
  const matrix = new DOMMatrix(getComputedStyle(document.querySelector(".map-world")).transform);
  return { zoom: matrix.a, x: Math.round(matrix.e), y: Math.round(matrix.f) };
})()"""
NODE = ".map-node[aria-label='Two-tower retrieval']"


def camera(page) -> dict[str, float]:
    """Return how the picture lies in its frame, once all that was asked for is drawn."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return page.evaluate(CAMERA)


def neighbors(page, title: str) -> set[str]:
    """Return what the list names as related to a concept."""
    item = page.locator(".map-concept", has=page.locator(f".map-title:text-is({title!r})"))
    return set(item.locator("li .map-near").all_text_contents())


def test_the_map_moves_by_buttons_and_by_keys(open_map):
    page = open_map()
    start = camera(page)
    page.get_by_role("button", name="Zoom in").click()
    assert camera(page)["zoom"] > start["zoom"]
    page.get_by_role("button", name="Zoom out").click()
    assert camera(page)["zoom"] == pytest.approx(start["zoom"])
    page.locator(".map-frame").focus()
    page.keyboard.press("+")
    near = camera(page)
    assert near["zoom"] > start["zoom"]
    page.keyboard.press("ArrowRight")
    assert camera(page)["x"] < near["x"]
    page.keyboard.press("ArrowDown")
    assert camera(page)["y"] < near["y"]
    page.keyboard.press("0")
    assert camera(page) == start


def test_the_map_leaves_the_wheel_to_the_page_until_it_is_asked(open_map):
    page = open_map()
    start = camera(page)
    page.locator(NODE).hover()
    page.mouse.wheel(0, 300)
    page.wait_for_function("scrollY > 100")
    assert camera(page) == start
    page.locator(".map-frame").hover()  # the page has moved below the pointer
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    assert camera(page)["zoom"] > start["zoom"]


def test_dragging_the_map_moves_it_and_opens_nothing(open_map):
    page = open_map()
    start = camera(page)
    box = page.locator(f"{NODE} circle").last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 40, steps=5)
    page.mouse.up()
    moved = camera(page)
    assert (moved["x"] - start["x"], moved["y"] - start["y"]) == (-60, -40)
    assert page.url.endswith("/map.html")


def test_pointing_at_a_concept_shows_it_with_its_neighbors(open_map):
    page = open_map()
    page.locator(NODE).hover()
    card = page.locator(".map-card")
    assert "Two-tower retrieval" in card.inner_text()
    lit = page.locator(".map-node.near:not(.chosen)").evaluate_all(
        "nodes => nodes.map(node => document.querySelector("
        "`.map-concept[data-number='${node.dataset.number}'] .map-title`).textContent)"
    )
    assert set(lit) == neighbors(page, "Two-tower retrieval")
    page.mouse.move(5, 5)
    assert not card.is_visible()
    assert page.locator(".near").count() == 0


def test_a_click_on_a_concept_opens_its_page(open_map):
    page = open_map()
    page.locator(NODE).click()
    page.wait_for_url("**/two-tower-model.html")


def test_the_keyboard_goes_from_concept_to_concept_and_opens_one(open_map):
    page = open_map()
    for _ in range(3):  # nearer, so that the first concept is out of sight
        page.get_by_role("button", name="Zoom in").click()
    page.locator(".map-frame").focus()
    page.keyboard.press("Tab")
    title = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert page.locator(".map-card-title").inner_text() == title
    page.wait_for_function(  # the map glides to it
        """() => {
            const inner = document.querySelector(".map-node:focus circle").getBoundingClientRect();
            const outer = document.querySelector(".map-frame").getBoundingClientRect();
            return outer.left < inner.left && inner.right < outer.right
                && outer.top < inner.top && inner.bottom < outer.bottom;
        }"""
    )
    page.keyboard.press("Enter")
    page.wait_for_function("!location.pathname.endsWith('/map.html')")
    assert page.locator(".bd-article h1").inner_text().startswith(title)


def test_a_tap_first_shows_a_concept_then_opens_it(open_map):
    page = open_map(viewport=PHONE, has_touch=True)
    page.locator(NODE).tap()
    assert "Two-tower retrieval" in page.locator(".map-card").inner_text()
    page.get_by_role("link", name="Open this page").tap()
    page.wait_for_url("**/two-tower-model.html")


def test_the_filters_of_the_map_are_in_the_address_and_go_back(open_map):
    page = open_map()
    total = page.locator(".map-node:not([hidden])").count()
    page.locator(".chip", has_text="SQL and databases").click()
    shown = page.locator(".map-node:not([hidden])").count()
    assert page.url.endswith("?domain=sql")
    assert page.locator("[data-shown]").inner_text() == f"{shown} of {total} concepts"
    assert page.locator(".map-concept:not([hidden])").count() == shown < total
    zoomed = camera(page)
    page.reload()
    page.wait_for_function(f"{CAMERA}.zoom === {zoomed['zoom']}")
    assert page.locator(".map-node:not([hidden])").count() == shown
    page.locator(".chip", has_text="Not written yet").click()
    page.go_back()
    assert page.locator(".map-node:not([hidden])").count() == shown
    page.go_back()
    assert page.locator(".map-node:not([hidden])").count() == total


def test_without_javascript_the_map_is_a_picture_and_a_list(visit):
    page = visit("map", java_script_enabled=False)
    assert not page.locator(".catalogue-tools").is_visible()
    assert not page.locator(".map-controls").is_visible()
    page.locator(".map-list summary", has_text="ML system design").click()
    item = page.locator(".map-concept", has=page.locator("a:text-is('Two-tower retrieval')")).first
    assert "Vector search: FAISS and HNSW:" in item.inner_text()
    page.locator(NODE).click()
    page.wait_for_url("**/two-tower-model.html")


def test_no_names_overlap_where_the_map_starts(open_map):
    page = open_map()
    boxes = page.locator(".map-node text:not(.map-far), .map-caption text").evaluate_all(
        "texts => texts.map(text => text.getBoundingClientRect())"
        ".map(({left, top, right, bottom}) => [left, top, right, bottom])"
    )
    assert len(boxes) > 10
    for one, other in combinations(boxes, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        down = min(one[3], other[3]) - max(one[1], other[1])
        assert across <= 0 or down <= 0


# --- Reading ----------------------------------------------------------------------------------


def test_the_sidebar_shows_where_the_reader_is(visit):
    page = visit("ml-system-design/two-tower-model")
    assert "Two-tower" in page.locator("nav.bd-docs-nav a[aria-current=page]").inner_text()


def test_a_probe_opens_with_one_key(visit):
    page = visit("ml-system-design/two-tower-model")
    probe = page.locator("details.probe").first
    assert not probe.locator(".probe-answer").is_visible()
    probe.locator("summary").focus()
    page.keyboard.press("Enter")
    assert probe.locator(".probe-answer").is_visible()


BOXES = ".bd-article :is(div.highlight, .figure-frame)"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_box_that_is_not_drawn_yet_has_the_height_it_will_have(visit, width):
    page = visit(FIGURES, viewport=WIDTHS[width])
    drawn = "box => box.firstElementChild.checkVisibility({ contentVisibilityAuto: true })"
    first, last = (page.locator(f"{BOXES}:visible").nth(place) for place in (0, -1))
    first.scroll_into_view_if_needed()
    page.wait_for_function(drawn, arg=first.element_handle())
    assert not last.evaluate(drawn), "far below the screen"
    heights = """([css, boxes]) => {
        document.head.append(
            Object.assign(document.createElement("style"), { textContent: `${boxes} { ${css} }` }));
        return [...document.querySelectorAll(boxes)].filter(box => box.checkVisibility())
            .map(box => box.getBoundingClientRect().height); }"""
    # A size that is remembered from an earlier drawing would hide a wrong one.
    lines = "calc(var(--lines) * 0.82rem * 1.5 + 2rem)"
    undrawn = f"content-visibility: hidden !important; contain-intrinsic-height: {lines}"
    expected = page.evaluate(heights, [undrawn, BOXES])
    assert len(expected) > 10
    needed = page.evaluate(heights, ["content-visibility: visible !important", BOXES])
    assert needed == pytest.approx(expected, abs=0.5)


def test_an_address_of_a_section_far_down_leads_there(visit):
    page = visit(FIGURES, query="#exercises", viewport=PHONE)
    page.wait_for_timeout(300)
    assert 0 <= page.locator("#exercises h2").first.bounding_box()["y"] < PHONE["height"] / 4


def test_a_report_names_the_section_being_read(visit):
    page = visit("ml-system-design/two-tower-model", query="#trade-offs")
    link = page.locator("a.btn-source-issues-button")

    def fields() -> dict[str, list[str]]:
        return parse_qs(urlsplit(link.get_attribute("href")).query)

    assert "section" not in fields()
    page.locator(".dropdown-source-buttons button").click()
    link.focus()
    assert fields()["section"] == ["Trade-offs"]
    assert fields()["page"][0].endswith("/two-tower-model.html")
    assert fields()["version"]
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / fields()["template"][0]).read_text())
    ids = {entry["id"] for entry in form["body"]}
    assert set(fields()) - {"template", "title"} <= ids, "what the form can be filled with"
    page.locator("#failure-modes table").evaluate("table => table.scrollIntoView()")
    link.click(button="right")  # to copy it, say
    assert fields()["section"] == ["Failure modes"]
    page.evaluate("scrollTo(0, 0)")
    link.click(button="right")
    assert "section" not in fields(), "above the first heading"
    probe = page.locator("details.probe").nth(1)
    page.evaluate("id => { location.hash = id }", probe.get_attribute("id"))
    link.click(button="right")
    question = probe.locator("summary > span").nth(1).inner_text()
    assert fields()["section"] == [question]


def test_code_that_scrolls_is_a_tab_stop_and_code_that_fits_is_none(visit):
    page = visit(FIGURES)
    blocks = page.locator(".bd-article div.highlight pre:visible")
    stops = "boxes => boxes.map(box => [box.scrollWidth > box.clientWidth, box.tabIndex === 0])"
    assert {stop for _, stop in blocks.evaluate_all(stops)[-3:]} == {True}, "not known yet"
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.wait_for_timeout(300)
    found = blocks.evaluate_all(stops)
    assert {(True, True), (False, False)} == {tuple(block) for block in found}


@pytest.mark.parametrize(
    "kind",
    [
        ".bd-header-article button.btn.sidebar-toggle",
        ".bd-header-article .dropdown-launch-buttons button.btn",
        ".bd-article div.highlight pre",
        ".bd-article details.sd-card > summary",
        ".bd-article div.cell details > summary",
    ],
)
def test_the_focus_of_a_key_is_seen_all_around(visit, kind):
    page = visit(FIGURES)
    page.add_style_tag(content="* { content-visibility: visible !important }")
    place = page.locator(f"{kind}:visible").first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    page.keyboard.press("Shift")  # from now on focus is shown as for a reader of keys
    before = page.screenshot(clip=box)
    place.evaluate("element => element.focus()")
    after = page.screenshot(clip=box)
    images = [Image.open(BytesIO(shot)).convert("RGB") for shot in (before, after)]
    left, top, right, bottom = ImageChops.difference(*images).getbbox()
    assert right - left > 0.9 * box["width"]
    assert bottom - top > 0.9 * box["height"]


def test_the_theme_switch_is_remembered(visit):
    page = visit("ml-system-design/two-tower-model", scheme="light")
    ink = "getComputedStyle(document.querySelector('svg.figure')).color"
    light = page.evaluate(ink)
    button = page.locator(".theme-switch-button").first
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(ink) != light, "a figure's ink follows the theme"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize(
    ("system", "chosen", "shown"),
    [("dark", None, "dark"), ("light", None, "light"), ("dark", "light", "light")],
)
def test_the_theme_is_there_before_any_script_is_loaded(browser, address, system, chosen, shown):
    context = browser.new_context(color_scheme=system)
    if chosen:
        context.add_init_script(
            f"for (const key of ['mode', 'theme']) localStorage.setItem(key, '{chosen}')"
        )
    page = context.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(f"{address}/index.html", wait_until="load")
    assert page.evaluate("document.documentElement.dataset.theme") == shown
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 200) == (shown == "dark")
    context.close()


def test_a_print_holds_every_answer_and_leaves_the_screen_as_it_was(visit):
    page = visit(PAGES[0], scheme="dark")
    screen = """() => [document.documentElement.dataset.theme,
        document.querySelectorAll('.bd-article details[open]').length]"""
    page.locator(".bd-article details summary").first.click()
    before = page.evaluate(screen)
    assert before[0] == "dark"
    assert before[1] >= 1
    page.evaluate(
        f"addEventListener('beforeprint', () => window.paper = [...({screen})(),"
        " document.querySelectorAll('.bd-article details:not([open])').length])"
    )
    page.pdf()
    theme, opened, folded = page.evaluate("window.paper")
    assert theme == "light"
    assert opened > before[1]
    assert folded == 0
    assert page.evaluate(screen) == before


def test_on_paper_no_line_of_code_is_cut_and_the_title_stands_once(visit):
    page = visit(PAGES[0], viewport={"width": 680, "height": 900})
    page.emulate_media(media="print")
    cut = "blocks => blocks.filter(block => block.scrollWidth > block.clientWidth + 1).length"
    assert page.locator(".bd-article div.highlight pre").evaluate_all(cut) == 0
    title = page.locator(".bd-article h1").inner_text().rstrip("#")
    assert page.locator("h1:visible").all_inner_texts() == [title]


# Shifts of the layout while a page loads and is read to its end, as Lighthouse and Chrome count.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


# What reaches as far to the right as the page scrolls, to name it when it is too far.
REACHING = """width => [...document.querySelectorAll("body *")]
    .filter(one => Math.abs(one.getBoundingClientRect().right - width) < 2)
    .map(one => `${one.outerHTML.slice(0, 120)} in ${one.parentElement.className}`)"""


@pytest.mark.parametrize("name", [*LISTS, *OTHERS, *PAGES])
def test_a_page_read_to_its_end_on_a_phone_stays_calm(visit, name):
    """Nothing jumps, nothing scrolls sideways; no error is logged and no other host asked."""
    page = visit(name, viewport=SMALL, script=SHIFTS)
    height = page.evaluate("document.documentElement.scrollHeight")
    for _ in range(0, height, SMALL["height"] * 4):
        page.mouse.wheel(0, SMALL["height"] * 4)
        page.wait_for_timeout(20)
    page.wait_for_timeout(200)
    assert page.evaluate("window.shifted") < 0.02
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SMALL["width"], page.evaluate(REACHING, width)
    assert page.foreign == []
    assert page.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_back_to_the_top_can_be_read(visit, scheme):
    page = visit("references", viewport=PHONE, scheme=scheme)
    page.evaluate("scrollTo(0, 2000)")
    page.wait_for_function("scrollY === 2000")
    page.wait_for_timeout(100)
    page.evaluate("scrollTo(0, 1500)")
    button = page.locator("#pst-back-to-top")
    button.wait_for()
    assert violations(page, "#pst-back-to-top") == []
    button.click()
    page.wait_for_function("scrollY === 0")


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("worked-designs/")])
def test_a_title_fits_a_phone_in_any_face(browser, address, name):
    page = browser.new_page(viewport=SMALL)
    page.route("**/*.woff2", lambda route: route.abort())  # late fonts are not waited for
    page.goto(f"{address}/{name}.html", wait_until="load")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SMALL["width"], page.evaluate(REACHING, width)
    page.close()


def views() -> list[tuple[str, str, str]]:
    """Return page, theme and width of what is read for all: lists in every theme and width.

    Other pages, which `make check` reads in all four, in one of two: another after some commits,
    or in both.
    """
    every = list(product(LISTS, ("light", "dark"), WIDTHS))
    for name in OTHERS + PAGES:
        both = [(name, "light", "wide"), (name, "dark", "phone")]
        drawn = [random.Random(f"view of {name} {commit()}").choice(both)]
        every += both if os.environ.get("EVERY_PAGE") else drawn
    return every


@pytest.mark.parametrize("name", [*LISTS, *OTHERS, *PAGES])
def test_a_page_opens_with_few_bytes_and_the_next_with_its_own_only(browser, site, name):
    line = Line()
    with serve(site, line) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{url}/{name}.html", wait_until="networkidle")
        heaviest = sorted(line.sent, key=lambda answer: -answer[1])[:5]
        assert line.total <= FIRST_PAGE_BYTES, heaviest
        assert len(line.sent) <= FIRST_PAGE_REQUESTS + 4 * (name in TOOLS)
        line.sent.clear()
        page.goto(f"{url}/references.html", wait_until="networkidle")
        loaded = {path.split("?")[0] for path, _ in line.sent}
        assert loaded <= {"/references.html", "/_static/favicon.svg"}
        context.close()


@pytest.mark.parametrize(("name", "scheme", "width"), views())
def test_a_page_is_accessible(visit, name, scheme, width):
    page = visit(name, viewport=WIDTHS[width], scheme=scheme)
    page.evaluate(UNFOLD)
    if name in PAGES[1:]:  # the colors of code are the same on all: one page shows them
        page.evaluate(UNCOLOR)
    assert violations(page) == []
