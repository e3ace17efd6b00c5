"""The claims page in a real browser, with a claim decided by the real framework."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from knowledge.load import load

# The interview begins to measure when the app is opened: deciding waits until that is done.
BUDGET_S = 5.0
DECIDING_MS = 120_000

TITLE = "What articles claim"

pytestmark = [pytest.mark.browser, pytest.mark.frameworks]


def test_a_claim_is_found_cited_and_decided(serve, open_page) -> None:
    claim = load().claim("keras-on-theano-and-cntk")
    page = open_page(serve(BUDGET_S).address)
    page.get_by_role("link", name="Claims").click()
    page.get_by_role("heading", name=TITLE).wait_for()

    search = page.get_by_role("searchbox", name="Search")
    search.fill("CNTK")
    search.press("Enter")
    page.wait_for_url(re.compile(r"/claims\?text=CNTK$"))
    page.get_by_role("radio", name=re.compile("outdated")).click()
    page.wait_for_url(re.compile(r"/claims\?verdict=outdated&text=CNTK$"))
    page.get_by_text(claim.statement).wait_for()
    cited = next(source for source in map(load().source, claim.sources) if source.address)
    assert page.get_by_role("link", name=cited.title).get_attribute("href") == str(cited.address)

    card = page.locator(f".st-key-claim-{claim.id}")
    card.get_by_role("button", name="Let this machine decide").click()
    card.get_by_text("does not hold here").wait_for(timeout=DECIDING_MS)
    expect(card.get_by_text("It saw:")).to_be_visible()
    expect(card.get_by_role("button", name="Decide again")).to_be_enabled()


def test_a_shared_address_opens_filtered_on_a_phone_and_nothing_sticks_out(serve, open_page) -> None:
    phone = {"width": 390, "height": 844}
    page = open_page(f"{serve(0).address}/claims?framework=pytorch&verdict=wrong", viewport=phone)
    page.get_by_role("heading", name=TITLE).wait_for()
    page.get_by_role("radio", name=re.compile("wrong"), checked=True).wait_for()
    expect(page.get_by_role("combobox", name=re.compile("Framework"))).to_have_value("PyTorch")
    widths = page.locator("[class*=st-key-claim-]").evaluate_all("cards => cards.map(c => c.getBoundingClientRect())")
    assert widths
    assert all(card["left"] >= 0 and card["right"] <= phone["width"] for card in widths)


def test_going_back_undoes_a_filter(serve, open_page) -> None:
    page = open_page(f"{serve(0).address}/claims")
    page.get_by_text(f"{len(load().claims)} claims").wait_for()
    page.get_by_role("radio", name=re.compile("unverified")).click()
    page.wait_for_url(re.compile("verdict=unverified$"))
    page.go_back()
    page.wait_for_url(re.compile("/claims$"))
    page.get_by_role("radio", name=re.compile("unverified"), checked=False).wait_for()


def test_the_facts_are_read_on_a_phone_and_going_back_leads_to_the_claims(serve, open_page) -> None:
    phone = {"width": 390, "height": 844}
    page = open_page(f"{serve(0).address}/claims?framework=keras", viewport=phone)
    page.get_by_role("heading", name=TITLE).wait_for()
    page.get_by_role("radio", name="Facts").click()
    page.wait_for_url(re.compile("list=facts"))
    page.get_by_role("heading", name="What is known").wait_for()
    page.locator("[class*=st-key-fact-keras]").first.wait_for()
    cards = page.locator("[class*=st-key-fact-]").evaluate_all("cards => cards.map(c => c.getBoundingClientRect())")
    assert all(card["left"] >= 0 and card["right"] <= phone["width"] for card in cards)
    page.go_back()
    page.get_by_role("heading", name=TITLE).wait_for()
