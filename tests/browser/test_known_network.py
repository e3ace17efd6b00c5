"""A network that the person knows by name, on a phone: typed or chosen instead of a size."""

from __future__ import annotations

import re

import pytest

from tests.browser.driving import question

PHONE = {"width": 390, "height": 844}
HOW_LARGE = "How large should the network be?"

pytestmark = pytest.mark.browser


def test_a_network_is_named_in_the_chat_and_another_chosen(serve, open_page) -> None:
    page = open_page(f"{serve(0).address}/?task=image_classification&model_scale=null", viewport=PHONE)
    page.get_by_role("button", name=HOW_LARGE).click()
    question(page, HOW_LARGE).wait_for()
    typed = page.get_by_test_id("stChatInputTextArea")
    typed.fill("resnet 19")
    typed.press("Enter")
    page.get_by_text("The nearest: ResNet-18, ResNet-34 and ResNet-50").wait_for()
    typed.fill("resnet 18")
    typed.press("Enter")
    named = page.get_by_role("button", name="ResNet-18")
    named.wait_for()
    page.wait_for_url(re.compile("model_scale=resnet-18"))

    named.click()
    question(page, HOW_LARGE).wait_for()
    # A list that is opened while the page is drawn anew closes again.
    page.locator("[data-test-script-state=notRunning]").first.wait_for()
    box = page.get_by_role("combobox", name="Or name a known network")
    box.click()
    page.get_by_role("option", name="MobileNet-v2, 3.5 million parameters").click()
    page.get_by_role("button", name="MobileNet-v2").wait_for()
    page.wait_for_url(re.compile("model_scale=mobilenet-v2"))
