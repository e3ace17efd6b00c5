"""Moving between the pages: the browser's own button leads back to the answer, with all that was answered."""

from __future__ import annotations

import re

import pytest

PHONE = {"width": 390, "height": 844}
PAGES = {"Your job in full": "/job?", "What was measured": "/measurements?"}

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("window", [{}, {"viewport": PHONE}], ids=["desktop", "phone"])
def test_back_leads_from_a_linked_page_to_the_answer_at_once(serve, open_page, window) -> None:
    page = open_page(f"{serve(0).address}/?task=image_classification&goal=research", **window)
    page.get_by_role("button", name="Enough questions, show the answer").click()
    sure = page.get_by_text("% sure")
    sure.wait_for()
    for link, address in PAGES.items():
        page.get_by_role("link", name=link).first.click()
        page.wait_for_url(re.compile(re.escape(address) + "task=image_classification&goal=research"))
        sure.wait_for(state="hidden")
        page.locator("[data-test-script-state=notRunning]").first.wait_for()
        page.go_back()
        sure.wait_for()
