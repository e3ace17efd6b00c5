"""Files that anyone may have written: whatever is in a project or probe file, a command says so in one line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.cli import main
from assistant.project import FIELDS
from knowledge.vocabulary import CRITERIA
from knowledge.vocabulary import FIELDS as DEFINITIONS
from tests.assistant.recorded import rungs

EXAMPLES = 40

PHOTOS = 'task = "image_classification"\ndataset_rows = 50_000\n'

NUMBERS = st.sampled_from([0, -1, 1, 0.5, 1e-9, 1e12, -1e300, 1e300, 10**25]) | st.integers() | st.floats()
TEXTS = st.sampled_from(["", "mxnet", "../../etc/passwd", "\u202e", "{x}", "%s", "cpu", "resnet-18"]) | st.text(
    max_size=9
)
VALUES = st.none() | st.booleans() | NUMBERS | TEXTS | st.lists(NUMBERS, max_size=3)
CHOICES = st.sampled_from([value for definition in DEFINITIONS.values() for value in definition.values])
SAID = st.dictionaries(st.sampled_from(FIELDS) | TEXTS, CHOICES | VALUES | st.lists(CHOICES, max_size=3), max_size=6)
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


WEIGHTS = st.dictionaries(st.sampled_from(CRITERIA) | TEXTS, VALUES, max_size=4)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a JSON document."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from places(entry, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value in one place."""
    if not path:
        return value
    changed = deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


REPORT = json.loads(rungs("cnn").model_dump_json())

# One place of each kind: the step time of one row stands for those of all.
PLACES = list({tuple(key for key in path if isinstance(key, str)): path for path in places(REPORT)}.values())


def toml(table: dict[str, Any]) -> str:
    """The table as TOML, which writes these values as JSON does; null it cannot say."""
    lines = (f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in table.items() if value is not None)
    return "".join(lines).replace("NaN", "nan").replace("Infinity", "inf")


def ended(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """The exit code of a command and what it said on stderr."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0), capfd.readouterr().err


def held(code: int, said: str) -> bool:
    """Whether it is done, or wrong input told in one line."""
    return (code, said) == (0, "") or (code == 2 and said.count("\n") == 1)


@BOUNDED
@given(answers=SAID, weights=st.none() | WEIGHTS)
def test_any_answers_in_a_project_file_are_taken_or_refused_in_one_line(answers, weights, capfd, tmp_path) -> None:
    path = tmp_path / "project.toml"
    text = toml(answers) + ("" if weights is None else f"[weights]\n{toml(weights)}")
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    assert held(*ended(capfd, "recommend", "--project", path, "--no-probe", "--json"))


@BOUNDED
@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_as_a_file_is_refused_in_one_line(text, capfd, tmp_path) -> None:
    path, project = tmp_path / "file", tmp_path / "project.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    project.write_text(PHOTOS, encoding="utf-8")
    assert held(*ended(capfd, "probe", "--project", path, "--budget", "0"))
    code, said = ended(capfd, "recommend", "--project", project, "--probe", path)
    assert code == 2
    assert said.count("\n") == 1


@BOUNDED
@given(place=st.sampled_from(PLACES), value=VALUES | CHOICES)
def test_a_report_with_anything_in_any_place_is_taken_or_refused_in_one_line(place, value, capfd, tmp_path) -> None:
    path, project = tmp_path / "probe.json", tmp_path / "project.toml"
    path.write_text(json.dumps(put(REPORT, place, value)), encoding="utf-8", errors="surrogatepass")
    project.write_text(PHOTOS, encoding="utf-8")
    assert held(*ended(capfd, "recommend", "--project", project, "--probe", path, "--json"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("step_ms", 0),
        ("step_ms", -3.0),
        ("step_ms_low", -1),
        ("step_ms_high", 0.0),
        ("step_ms", math.nan),
        ("step_ms", 1e30),
        ("first_step_s", -1),
        ("memory_mb", -5),
        ("memory_mb", 1e-300),
        ("candidate", "mxnet"),
    ],
)
def test_a_report_of_what_cannot_be_is_refused_in_one_line(key, value, capfd, tmp_path) -> None:
    path, project = tmp_path / "probe.json", tmp_path / "project.toml"
    path.write_text(json.dumps(put(REPORT, ("candidates", 0, key), value)), encoding="utf-8")
    project.write_text(PHOTOS, encoding="utf-8")
    code, said = ended(capfd, "recommend", "--project", project, "--probe", path)
    assert code == 2
    assert "is no probe report" in said
    assert said.count("\n") == 1
