"""The decision record on paper: every page is whole, nothing is cut off, and links can be read."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.advice.recommend import recommend
from assistant.project import Project
from assistant.record import html
from assistant.record.content import decision_record
from tests.assistant.recorded import rungs

pytestmark = pytest.mark.browser

# A4 without its margins, at 96 pixels per inch.
PRINTED_PX = round((210 - 2 * 15) / 25.4 * 96)

PHOTOS = Project(task="image_classification", dataset_rows=50_000, goal="product", deployment="server")

BEYOND_THE_PAPER = """() => [...document.querySelectorAll("main *")]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(each => each.outerHTML.slice(0, 120))"""

CUT_OFF = """() => [...document.querySelectorAll("main *")]
    .filter(each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== "visible")
    .map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> str:
    """The address of a record with every kind of block."""
    report = rungs("cnn")
    advice = recommend(PHOTOS, report, machine=report.machine)
    document = decision_record(PHOTOS, advice, report, machine=report.machine, made_on=date(2026, 11, 21))
    path = tmp_path_factory.mktemp("record") / "decision.html"
    path.write_text(html.render(document), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def printed(chromium: Browser, record: str):
    """The record as wide as paper, in the colours of paper, read by somebody whose screen is dark."""
    context = chromium.new_context(viewport={"width": PRINTED_PX, "height": 1000}, color_scheme="dark")
    page = context.new_page()
    page.goto(record)
    page.emulate_media(media="print")
    yield page
    context.close()


def style(page: Page, selector: str, name: str) -> str:
    return str(page.locator(selector).first.evaluate("(each, name) => getComputedStyle(each)[name]", name))


def test_nothing_is_wider_than_the_paper_or_cut_off(printed: Page) -> None:
    assert printed.evaluate(BEYOND_THE_PAPER) == []
    assert printed.evaluate(CUT_OFF) == []


def test_charts_rows_and_headings_stay_whole_and_table_heads_are_repeated(printed: Page) -> None:
    assert {style(printed, each, "breakInside") for each in ("figure", "tr", "li", "pre")} == {"avoid"}
    assert {style(printed, each, "breakAfter") for each in ("h2", "h3", "figcaption")} == {"avoid"}
    assert style(printed, "thead", "display") == "table-header-group"
    expect(printed.locator("figure")).to_have_count(5)
    assert printed.locator("figure").evaluate_all("all => all.every(each => each.offsetHeight < 900)"), "fit a page"


def test_paper_is_white_and_addresses_are_written_out(printed: Page) -> None:
    assert style(printed, "body", "backgroundColor") == "rgb(255, 255, 255)"
    written = printed.locator("#sources a").first.evaluate("each => getComputedStyle(each, '::after').content")
    assert "https://" in written or "attr(href)" in written


def test_it_prints_on_a4_in_a_dozen_pages_or_so(printed: Page) -> None:
    pdf = printed.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert 5 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 15
    (size,) = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+ [\d.]+)\]", pdf))
    assert [round(float(each)) for each in size.split()] == [595, 842]
