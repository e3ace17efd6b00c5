"""How rows were trained and what marks them, in words: the page, the terminal and the record say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant import measured_words, quantities, wording
from assistant.language import _
from probes.report import CandidateResult, ProbeReport
from probes.settings import Settings
from probes.words import sentences

Value = str | int

# A row under the name that tells it from all others.
NamedRow = tuple[str, CandidateResult]


@dataclass(frozen=True)
class Setting:
    """Something a network is trained with: its title, what that means, and whether its values are numbers."""

    id: str
    title: str
    meaning: str
    figures: bool = False


@dataclass(frozen=True)
class Training:
    """How rows were trained: `same` is what was alike for all, `rows` has by name what each had of `differing`."""

    same: str
    differing: tuple[Setting, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]


def training(rows: Sequence[NamedRow]) -> Training | None:
    """How these rows were trained; None where nothing is known of any."""
    known = [(name, _values(row.settings)) for name, row in rows if row.settings]
    if not known:
        return None
    differing = tuple(each for each in _settings() if len({values[each.id] for _name, values in known}) > 1)
    _name, values = known[0]
    same = (
        _("{setting}: {value}.").format(setting=each.title, value=values[each.id])
        for each in _settings()
        if each not in differing and values[each.id] != ""
    )
    return Training(
        same=sentences(_("The same for all."), *same),
        differing=differing,
        rows=tuple((name, tuple(values[each.id] for each in differing)) for name, values in known),
    )


def rows_of(report: ProbeReport) -> list[NamedRow]:
    """Rows of all networks: one for each name, or one for each network where a name was trained in several ways."""
    ways: dict[str, dict[Settings, list[NamedRow]]] = {}
    for measurement in report.measurements:
        for name, row in measured_words.named_rows(measurement):
            if row.settings:
                on_network = wording.clauses((name, measurement.workload.id))
                ways.setdefault(name, {}).setdefault(row.settings, []).append((on_network, row))
    rows: list[NamedRow] = []
    for name, by_settings in ways.items():
        (first, *_same), *others = by_settings.values()
        rows += [row for each in by_settings.values() for row in each] if others else [(name, first[1])]
    return rows


def marks(row: CandidateResult) -> list[str]:
    """What a reader must know before trusting the row; `marks_explained` says what these words mean."""
    held = {
        _("disturbed"): row.contended,
        _("unsteady"): row.steady is False,
        _("started beside others"): row.start_beside,
        _("broken off"): measured_words.broken_off(row),
    }
    return [mark for mark, holds in held.items() if holds]


def marks_explained(rows: Sequence[CandidateResult]) -> Iterator[str]:
    """A sentence for each mark that one of the rows has."""
    if any(row.contended for row in rows):
        yield _("Disturbed: other programs ran during too many of its rounds.")
    if any(row.steady is False for row in rows):
        yield _("Unsteady: its step time was still changing after the longest warm-up.")
    if any(row.start_beside for row in rows):
        yield _("Started beside others: they were built or compiled meanwhile; alone, its first step is shorter.")
    if any(map(measured_words.broken_off, rows)):
        yield _("Broken off: it failed, or time ran out, after the few rounds on which its figures rest.")


def warm_start(name: str, row: CandidateResult) -> str | None:
    """How long it takes to start again; None where that was not measured."""
    if row.warm_start is None:
        return None
    return _("{candidate}, started again with warm caches: import {import_time}, first step {first}.").format(
        candidate=name,
        import_time=quantities.duration(row.warm_start.import_s),
        first=quantities.duration(row.warm_start.first_step_s),
    )


def _settings() -> tuple[Setting, ...]:
    return (
        Setting(
            "dtype",
            _("Dtype"),
            _("Number format of parameters and activations; mixed_bfloat16 has bfloat16 activations."),
        ),
        Setting(
            "matmul_precision", _("Matmul precision"), _("How precisely products of float32 numbers are computed.")
        ),
        Setting(
            "memory_layout",
            _("Memory layout"),
            _("Of images: channels_last is NHWC, contiguous is NCHW. What is no image is contiguous."),
        ),
        Setting("compile_scope", _("Compiled"), _("What is compiled as one program.")),
        Setting(
            "compiler",
            _("Compiler"),
            _("tf.function calls TensorFlow's own kernels; the others make new ones."),
        ),
        Setting("threads", _("Threads"), _("Of the pool that works on a single operation."), figures=True),
        Setting("optimizer", _("Optimizer"), _("With its hyperparameters.")),
        Setting(
            "optimizer_kernel", _("Optimizer kernel"), _("Where a framework has several for the same optimizer.")
        ),
        Setting("steps_per_call", _("Steps per call"), _("Optimizer steps for each call from Python."), figures=True),
        Setting(
            "deterministic",
            _("Deterministic"),
            _("Whether the framework was told to use nothing but deterministic kernels."),
        ),
    )


def _values(settings: Settings) -> dict[str, Value]:
    """By the id of a setting; words that only another version of Probewise knows stay as they are."""
    optimizer, bracket, kernel = settings.optimizer.partition(")")
    scopes = {
        "none": _("nothing"),
        "parts": _("parts of the network"),
        "network": _("the network"),
        "step": _("the step"),
        "steps": _("several steps"),
    }
    compilers = {"none": _("none"), "graph": "tf.function", "xla": "XLA", "inductor": "TorchInductor"}
    return {
        "dtype": settings.dtype,
        "matmul_precision": settings.matmul_precision,
        "memory_layout": settings.memory_layout,
        "compile_scope": scopes.get(settings.compile_scope, settings.compile_scope),
        "compiler": compilers.get(settings.compiler, settings.compiler),
        "threads": settings.threads,
        "optimizer": optimizer + bracket,
        "optimizer_kernel": kernel.strip(),
        "steps_per_call": settings.steps_per_call,
        "deterministic": _("yes") if settings.deterministic else _("no"),
    }
