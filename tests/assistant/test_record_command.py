"""`probewise recommend --format`: the document on stdout and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.cli import main
from tests.assistant.recorded import rungs


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def files(tmp_path: Any) -> tuple[str, ...]:
    (tmp_path / "project.toml").write_text('task = "image_classification"\n', encoding="utf-8")
    (tmp_path / "probe.json").write_text(rungs("cnn").model_dump_json(), encoding="utf-8")
    return ("recommend", "--project", f"{tmp_path}/project.toml", "--probe", f"{tmp_path}/probe.json")


@pytest.mark.parametrize(("record_format", "begins"), [("html", "<!doctype"), ("markdown", "# Decision")])
def test_the_command_prints_the_document_and_nothing_else(
    files: tuple[str, ...], capfd: pytest.CaptureFixture[str], record_format: str, begins: str
) -> None:
    assert run(*files, "--format", record_format) == 0
    out, err = capfd.readouterr()
    assert out.startswith(begins)
    assert out.endswith("</html>\n" if record_format == "html" else "```\n")
    assert err == ""


def test_json_is_the_same_by_both_options(files: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(*files, "--format", "json") == 0
    by_format = capfd.readouterr().out
    assert run(*files, "--json") == 0
    assert json.loads(by_format) == json.loads(capfd.readouterr().out)


@pytest.mark.parametrize(
    ("options", "expected"),
    [(("--format", "pdf"), "markdown"), (("--json", "--format", "html"), "exclude")],
)
def test_another_format_gets_exit_code_2_and_one_line(
    files: tuple[str, ...], capfd: pytest.CaptureFixture[str], options: tuple[str, ...], expected: str
) -> None:
    assert run(*files, *options) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert expected in err
