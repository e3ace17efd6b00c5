"""Target: the person's job as a workload, and what had to be assumed to say so.

What is detected is a fact about this machine; what is assumed is a default that the person may correct.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.ladder import OPENING_RUNG, probe_ladder
from assistant.project import SCALES, Project
from knowledge.vocabulary import FIELDS
from probes.costs import costs
from probes.report import Machine
from probes.workloads import Loss, Workload, cnn, find_workload, lstm, mlp, transformer

CLASSES = 10
SEQUENCE_FEATURES = 16
MAX_BATCH, MIN_BATCH = 256, 4

# The values that one batch may read: larger examples make smaller batches, as people do to fit them in memory.
BATCH_VALUES = 2**20

# An epoch of fewer steps than this learns little; a small data set gets a smaller batch.
MIN_STEPS_PER_EPOCH = 8


@dataclass(frozen=True)
class Task:
    """How a task is trained: its workload family, and the usual input size and number of examples.

    `stands_for` is the task whose network is taken where the task's own is not built here.
    """

    family: str
    input_size: int
    rows: int
    loss: Loss = "cross_entropy"
    stands_for: str | None = None


TASKS: Mapping[str, Task] = {
    "tabular_classification": Task("mlp", 32, 10_000),
    "tabular_regression": Task("mlp", 32, 10_000, loss="mean_squared_error"),
    "image_classification": Task("cnn", 64, 10_000),
    "text_classification": Task("transformer", 128, 10_000),
    "time_series_forecasting": Task("lstm", 64, 10_000, loss="mean_squared_error"),
    "sequence_classification": Task("lstm", 128, 10_000),
    "object_detection": Task("cnn", 224, 10_000, stands_for="image_classification"),
    "text_generation": Task("transformer", 256, 50_000, stands_for="text_classification"),
    "other": Task("mlp", 32, 10_000, stands_for="tabular_classification"),
}
UNKNOWN_TASK = "tabular_classification"
DEFAULT_SCALE = "small"

# "Tens of millions of parameters or more", "a few million parameters"; all below is small.
LEAST_PARAMETERS = {"large": 1e7, "medium": 1e6}

# A GPU of these kinds is there to be trained on. Intel and AMD graphics are in most laptops; they train only with
# builds that a person installs on purpose, and then says so.
TRAINS_AS_FOUND = ("nvidia", "apple", "tpu")

# Passes over the data until the person is content. A prototype is thrown away early, the fastest training is
# asked for by those who train long: it decides whether compiling pays.
EPOCHS: Mapping[str | None, int] = {"prototype": 3, "balanced": 20, "fastest": 100, None: 20}


@dataclass(frozen=True)
class Target:
    """The job: one training step as `workload`, `rows` examples in each of `epochs` epochs.

    `assumptions` maps each field that was not said to the value taken for it (for `task`, the task whose network
    stands for the person's own); `detected` maps fields to what this machine has.
    """

    workload: Workload
    rows: int
    epochs: int
    assumptions: Mapping[str, Any] = field(default_factory=dict)
    detected: Mapping[str, str] = field(default_factory=dict)

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in one pass over the data; the last batch may be smaller."""
        return -(-self.rows // self.workload.batch)


def target(project: Project, machine: Machine | None = None) -> Target:
    """The project as a workload; raises `UnknownId` when `model_scale` names no reference workload."""
    task = TASKS[project.task or UNKNOWN_TASK]
    rows = project.dataset_rows or task.rows
    named = names_network(project.model_scale)
    workload = find_workload(project.model_scale or "") if named else _build(project, task, rows)
    return Target(
        workload=workload,
        rows=rows,
        epochs=EPOCHS[project.performance],
        assumptions=_assumptions(project, task, named=named),
        detected=detected_answers(project, machine),
    )


def names_network(scale: object) -> bool:
    """Whether `model_scale` is a reference workload and no size."""
    return scale is not None and scale not in SCALES


def interview_workloads(project: Project, machine: Machine | None = None) -> tuple[Workload, ...]:
    """What to measure while a person answers: the job as soon as there is anything to know of it, and until then the
    smallest network, for it is quick and may have been measured before.
    """
    if project.task is None and project.model_scale is None:
        return (find_workload(f"{TASKS[UNKNOWN_TASK].family}-{OPENING_RUNG}"),)
    return probe_workloads(project, machine)


def probe_workloads(project: Project, machine: Machine | None = None) -> tuple[Workload, ...]:
    """What to measure for the project, what tells most first."""
    return probe_ladder(target(project, machine).workload, machine)


def detected_answers(project: Project, machine: Machine | None) -> dict[str, str]:
    """What this machine answers for the fields left open; empty where the project trains on another machine."""
    if machine is None or not trains_on(project, machine):
        return {}
    facts = _machine_answers(machine)
    return {name: value for name, value in facts.items() if getattr(project, name) is None}


def trains_on(project: Project, machine: Machine) -> bool:
    """Whether the answers fit this machine: no operating system or accelerator was named that it does not have."""
    kinds = {accelerator.kind for accelerator in machine.accelerators} | {"none"}
    same_system = project.operating_system in {None, machine.operating_system}
    return same_system and (project.accelerator is None or project.accelerator in kinds)


def known_answers(project: Project, machine: Machine | None) -> dict[str, Any]:
    """The answers given and, for the fields left open, what this machine answers."""
    return {**detected_answers(project, machine), **project.answers}


def weighed_answers(project: Project, machine: Machine | None) -> dict[str, Any]:
    """The known answers as rules and worlds read them: a network with a name counts as the size that it has."""
    known = known_answers(project, machine)
    if not names_network(project.model_scale):
        return known
    return known | {"model_scale": _scale(find_workload(project.model_scale or ""))}


def _scale(network: Workload) -> str:
    """The size that a network has, by the parameters that the question's options speak of."""
    parameters = costs(network).parameters
    return next((scale for scale, least in LEAST_PARAMETERS.items() if parameters >= least), DEFAULT_SCALE)


def _machine_answers(machine: Machine) -> dict[str, str]:
    accelerator = next((each.kind for each in machine.accelerators if each.kind in TRAINS_AS_FOUND), "none")
    python = ".".join(machine.python.split(".")[:2])
    answers = {"operating_system": machine.operating_system, "accelerator": accelerator, "python": python}
    return {name: value for name, value in answers.items() if value in FIELDS[name].values}


def _assumptions(project: Project, task: Task, *, named: bool) -> dict[str, Any]:
    assumed: dict[str, Any] = {}
    if project.task is None or task.stands_for is not None:
        assumed["task"] = task.stands_for or UNKNOWN_TASK
    if project.dataset_rows is None:
        assumed["dataset_rows"] = task.rows
    if named:
        assumed.pop("task", None)
        return assumed
    if project.input_size is None:
        assumed["input_size"] = task.input_size
    if project.model_scale is None:
        assumed["model_scale"] = DEFAULT_SCALE
    return assumed


def _build(project: Project, task: Task, rows: int) -> Workload:
    size = project.input_size or task.input_size
    scale = project.model_scale or DEFAULT_SCALE
    return _BUILDERS[task.family](scale, size, task, rows)


def _mlp(scale: str, columns: int, task: Task, rows: int) -> Workload:
    width, depth = {"small": (128, 2), "medium": (512, 3), "large": (2048, 4)}[scale]
    batch = _batch(columns, rows)
    return mlp(columns=columns, width=width, depth=depth, outputs=_outputs(task), batch=batch, loss=task.loss)


def _cnn(scale: str, side: int, task: Task, rows: int) -> Workload:
    width, stages = {"small": (16, 3), "medium": (32, 4), "large": (64, 5)}[scale]
    # Each stage halves the image, and its pool needs two pixels.
    stages = max(1, min(stages, side.bit_length() - 1))
    batch = _batch(3 * side * side, rows, most=64)
    return cnn(side=max(side, 2), width=width, stages=stages, outputs=_outputs(task), batch=batch)


def _lstm(scale: str, steps: int, task: Task, rows: int) -> Workload:
    width, depth = {"small": (64, 1), "medium": (256, 2), "large": (512, 2)}[scale]
    return lstm(
        steps=steps,
        features=SEQUENCE_FEATURES,
        width=width,
        depth=depth,
        outputs=_outputs(task),
        batch=_batch(SEQUENCE_FEATURES * steps, rows, most=64),
        loss=task.loss,
    )


def _transformer(scale: str, tokens: int, task: Task, rows: int) -> Workload:
    width, depth, heads, vocabulary = {
        "small": (128, 2, 4, 8_000),
        "medium": (256, 4, 4, 16_000),
        "large": (512, 8, 8, 32_000),
    }[scale]
    return transformer(
        tokens=tokens,
        width=width,
        depth=depth,
        heads=heads,
        vocabulary=vocabulary,
        outputs=_outputs(task),
        batch=_batch(width * tokens, rows, most=32),
    )


_BUILDERS: Mapping[str, Callable[[str, int, Task, int], Workload]] = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "transformer": _transformer,
}


def _outputs(task: Task) -> int:
    return 1 if task.loss == "mean_squared_error" else CLASSES


def _batch(values_per_example: int, rows: int, most: int = MAX_BATCH) -> int:
    """A power of two: at most `most`, less for large examples and for few of them."""
    limit = min(most, BATCH_VALUES // values_per_example, rows // MIN_STEPS_PER_EPOCH)
    return 1 << (max(limit, MIN_BATCH).bit_length() - 1)
