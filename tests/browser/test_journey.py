"""The whole way of a person, with nothing replaced: real server, real browser, real training in every framework."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.driving import FIRST_QUESTION, ORDINARY_ANSWERS, SECOND_QUESTION, pick, question, talk

# Enough for every framework on the smallest size here; what is left goes to further sizes and tuned rows.
BUDGET_S = 100.0
WAIT_MS = 1000 * (BUDGET_S + 60)
TRAINING_S = 300.0

ROWS = "How many rows does your table have?"
ANSWERS = ORDINARY_ANSWERS | {
    "How large should the network be?": "Small",
    "How many columns does a row have?": "30 columns",
}

pytestmark = [pytest.mark.browser, pytest.mark.frameworks]


def test_from_the_first_question_to_a_model_that_was_trained(serve, open_page, tmp_path) -> None:
    page = open_page(serve(BUDGET_S).address)
    question(page, FIRST_QUESTION).wait_for()
    expect(page.get_by_text("Measuring has begun")).to_be_visible()

    pick(page, "A table of data: predict a category", SECOND_QUESTION)
    talk(page, ANSWERS)
    question(page, ROWS).wait_for()
    typed = page.get_by_test_id("stChatInputTextArea")
    typed.fill("50k")
    typed.press("Enter")
    question(page, ROWS).wait_for(state="hidden")
    page.get_by_role("button", name="Enough questions, show the answer").click()
    page.get_by_text("% sure").wait_for()

    page.get_by_role("button", name="Measure again").wait_for(timeout=WAIT_MS)
    expect(page.locator(".st-key-answer")).to_contain_text("per epoch")
    unpacked = _download_starter(page, tmp_path)

    page.get_by_role("link", name="Measurements").click()
    page.get_by_text("All figures").wait_for()
    report = _download_json(page)
    measured = {row["candidate"] for row in report["candidates"] if row["status"] == "ok"}
    assert len(measured) >= 2, report["candidates"]

    _run([sys.executable, "-m", "pytest", "-q"], unpacked)
    test, majority = _scores(_run([sys.executable, "train.py"], unpacked))["balanced accuracy"]
    assert test > majority + 0.3, "the trained model clearly beats always answering the majority class"


def _download_starter(page, tmp_path: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download starter").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "starter")
    (folder,) = (tmp_path / "starter").iterdir()
    return folder


def _download_json(page) -> dict:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON").click()
    return json.loads(Path(download.value.path()).read_text(encoding="utf-8"))


def _scores(printed: str) -> dict[str, tuple[float, float]]:
    """{metric: score on the test examples, score of the majority class} from the table that train.py prints."""
    lines = printed.splitlines()
    start = next(place for place, line in enumerate(lines) if line.split()[-2:] == ["test", "majority"])
    rows = (re.fullmatch(r"([a-z ]+?) +(?:[\d.]+ +){2}([\d.]+) +([\d.]+)", line) for line in lines[start + 1 :])
    return {row[1]: (float(row[2]), float(row[3])) for row in rows if row}


def _run(command: list[str], folder: Path) -> str:
    """The output of a command in the starter's folder, which must find nothing of this repository on its path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=TRAINING_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
