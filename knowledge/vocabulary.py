"""The fields of a project and the criteria: ids and allowed values that every record is checked against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

FieldKind = Literal["choice", "choices", "integer", "number"]
FrameworkId = Literal["pytorch", "tensorflow", "keras", "jax", "scikit-learn"]
MeasuredCriterion = Literal["training_speed", "time_to_first_result", "memory_fit"]
RatedCriterion = Literal[
    "ease_of_learning",
    "debugging",
    "flexibility",
    "pretrained_models",
    "deployment_fit",
    "scaling",
    "platform_support",
    "longevity",
]

FRAMEWORK_IDS: tuple[str, ...] = get_args(FrameworkId)
MEASURED_CRITERIA: tuple[str, ...] = get_args(MeasuredCriterion)
RATED_CRITERIA: tuple[str, ...] = get_args(RatedCriterion)
CRITERIA = (*MEASURED_CRITERIA, *RATED_CRITERIA)

# Criteria each rule of which names a limit of its own, of the accelerator, say, or of Python: the lowest rule counts.
LIMITED_CRITERIA: tuple[str, ...] = ("platform_support",)


@dataclass(frozen=True)
class FieldDefinition:
    """What may stand in one field of a project.

    `values` are the ids of a choice, `maximum` the largest number allowed (numbers are above zero). An `open`
    choice also takes ids that are no record here (the id of a reference workload).
    """

    kind: FieldKind
    values: tuple[str, ...] = ()
    maximum: float | None = None
    open: bool = False

    @property
    def numeric(self) -> bool:
        return self.kind in {"integer", "number"}


FIELDS: Mapping[str, FieldDefinition] = MappingProxyType(
    {
        "task": FieldDefinition(
            "choice",
            (
                "tabular_classification",
                "tabular_regression",
                "image_classification",
                "text_classification",
                "time_series_forecasting",
                "sequence_classification",
                "object_detection",
                "text_generation",
                "other",
            ),
        ),
        "dataset_rows": FieldDefinition("integer", maximum=10**12),
        "dataset_gb": FieldDefinition("number", maximum=10**9),
        "input_size": FieldDefinition("integer", maximum=100_000),
        "model_scale": FieldDefinition("choice", ("small", "medium", "large"), open=True),
        "pretrained": FieldDefinition("choice", ("yes", "no")),
        "customization": FieldDefinition("choice", ("standard", "custom_layers", "custom_training_loop")),
        "goal": FieldDefinition("choice", ("learning", "research", "product")),
        "experience": FieldDefinition("choice", ("beginner", "intermediate", "expert")),
        "knows": FieldDefinition("choices", FRAMEWORK_IDS),
        "existing_code": FieldDefinition("choice", ("none", *FRAMEWORK_IDS)),
        "performance": FieldDefinition("choice", ("prototype", "balanced", "fastest")),
        "accelerator": FieldDefinition("choice", ("none", "nvidia", "apple", "amd", "intel", "tpu")),
        "devices": FieldDefinition("choice", ("one", "several", "many_machines")),
        "operating_system": FieldDefinition("choice", ("linux", "macos", "windows")),
        "python": FieldDefinition("choice", ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")),
        "deployment": FieldDefinition("choice", ("none", "server", "mobile", "browser", "microcontroller")),
    }
)

# The answers that say something about frameworks themselves.
FIELDS_ABOUT_FRAMEWORKS = tuple(
    name for name, definition in FIELDS.items() if set(FRAMEWORK_IDS) <= set(definition.values)
)
