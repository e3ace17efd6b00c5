"""Project: what a person told us about what they want to build. Every field may be unknown (None)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from assistant.errors import InvalidInput
from assistant.language import _
from probes.candidates import FRAMEWORKS
from probes.workloads import REFERENCE

Task = Literal[
    "tabular_classification",
    "tabular_regression",
    "image_classification",
    "text_classification",
    "time_series_forecasting",
    "sequence_classification",
    "object_detection",
    "text_generation",
    "other",
]
FrameworkId = Literal["pytorch", "tensorflow", "keras", "jax", "scikit-learn"]
assert get_args(FrameworkId) == FRAMEWORKS

SCALES = ("small", "medium", "large")


def _known_scale(value: object) -> object:
    if value is None or (isinstance(value, str) and (value in SCALES or value in REFERENCE)):
        return value
    known = ", ".join((*SCALES, *REFERENCE))
    raise ValueError(_("expected one of {known}").format(known=known))


Count = Annotated[int, Field(gt=0, le=10**12, strict=True)]


class Project(BaseModel):
    """The answers. Ids and values are those of the questionnaire, the project file and the JSON output.

    `dataset_rows` counts examples, `dataset_gb` is their size in GB, `input_size` is columns, image side in
    pixels, tokens or time steps, by task. `accelerator` is that of the machine that will train.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task | None = None
    dataset_rows: Count | None = None
    dataset_gb: Annotated[float, Field(gt=0, le=10**9, allow_inf_nan=False)] | None = None
    input_size: Annotated[int, Field(gt=0, le=100_000, strict=True)] | None = None
    model_scale: Annotated[str | None, BeforeValidator(_known_scale)] = None
    pretrained: Literal["yes", "no"] | None = None
    customization: Literal["standard", "custom_layers", "custom_training_loop"] | None = None
    goal: Literal["learning", "research", "product"] | None = None
    experience: Literal["beginner", "intermediate", "expert"] | None = None
    knows: tuple[FrameworkId, ...] | None = None
    existing_code: Literal["none", "pytorch", "tensorflow", "keras", "jax", "scikit-learn"] | None = None
    performance: Literal["prototype", "balanced", "fastest"] | None = None
    accelerator: Literal["none", "nvidia", "apple", "amd", "intel", "tpu"] | None = None
    devices: Literal["one", "several", "many_machines"] | None = None
    operating_system: Literal["linux", "macos", "windows"] | None = None
    python: Literal["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"] | None = None
    deployment: Literal["none", "server", "mobile", "browser", "microcontroller"] | None = None

    @property
    def answers(self) -> dict[str, Any]:
        """The known fields only."""
        return {field: value for field, value in self if value is not None}

    def with_answer(self, field: str, value: object) -> Project:
        """A copy with one answer set, or made unknown by None; raises `InvalidInput` for a bad field or value."""
        if field not in FIELDS:
            raise InvalidInput(_unknown_field(field))
        return parse_project({**self.answers, field: value})

    def with_open(self, answers: Mapping[str, object]) -> Project:
        """A copy in which these answers are given to what is not answered yet; raises `InvalidInput` as above."""
        return parse_project({**answers, **self.answers})


FIELDS: tuple[str, ...] = tuple(Project.model_fields)


def parse_project(data: dict[str, Any]) -> Project:
    """The project that `data` describes; raises `InvalidInput` with one line naming the first thing wrong."""
    for field in data:
        if field not in FIELDS:
            raise InvalidInput(_unknown_field(field))
    try:
        return Project.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(_first_problem(error)) from error


@dataclass(frozen=True)
class ProjectFile:
    """What a project file holds: the answers, and the person's own weights by criterion, if there are any."""

    project: Project
    weights: Mapping[str, Any]


def read_project(path: Path) -> ProjectFile:
    """Read a project file: TOML with the ids of `Project`, and a table `weights` if the person has set them.

    Raises `InvalidInput` in one line.
    """
    data = _read_toml(path)
    weights = data.pop("weights", {})
    if not isinstance(weights, dict):
        raise InvalidInput(_("weights is {value!r}; expected a table, [weights].").format(value=weights))
    return ProjectFile(parse_project(data), weights)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(_("No project file at {path}; expected a TOML file.").format(path=path)) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or _("it is not UTF-8 text")
        raise InvalidInput(_("Cannot read {path}: {reason}.").format(path=path, reason=reason)) from error
    except (ValueError, RecursionError) as error:
        # Beside what is no TOML: numbers of thousands of digits, and brackets within brackets without end.
        raise InvalidInput(
            _('{path} is not valid TOML: {reason}. Expected lines such as task = "image_classification".').format(
                path=path, reason=error
            )
        ) from error


def _unknown_field(field: str) -> str:
    return _("Unknown field {field!r}; expected one of {known}.").format(field=field, known=", ".join(FIELDS))


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    return _("Field {field!r} is {value}; {expected}. Correct it or leave the field out.").format(
        field=str(problem["loc"][0]), value=_as_in_toml(problem["input"]), expected=_expected(problem)
    )


def _expected(problem: ErrorDetails) -> str:
    """What would have been right. In our words: pydantic's are in English only."""
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "greater_than":
            expected = _("expected more than {least:g}").format(least=limits["gt"])
        case "less_than_equal":
            expected = _("expected at most {most:g}").format(most=limits["le"])
        case "int_type" | "int_parsing" | "int_from_float":
            expected = _("expected a whole number")
        case "float_type" | "float_parsing" | "finite_number":
            expected = _("expected a number")
        case "literal_error":
            expected = _("expected one of {known}").format(known=limits["expected"].replace(" or ", ", "))
        case "tuple_type":
            expected = _('expected a list such as ["pytorch", "keras"]')
        case _other:
            expected = problem["msg"].removeprefix("Value error, ")
    return expected


def _as_in_toml(value: object) -> str:
    """As a person writes it in a project file: `true`, and not Python's `True`."""
    return str(value).lower() if isinstance(value, bool) else repr(value)
