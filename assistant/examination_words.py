"""What `doctor` and `env list` found, in words for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant import quantities, wording
from assistant.language import _
from probes.candidates import find_candidate
from probes.report import EnvironmentState, Examination, FrameworkState
from probes.words import sentences

NOTHING = "-"


def examination(found: Examination) -> RenderableType:
    """The machine; each framework with whether it works and where; what to do about the rest; other interpreters."""
    parts: list[RenderableType] = [
        Text(wording.machine_line(found.machine), style="bold"),
        _frameworks(found.frameworks),
    ]
    parts += [Text(state.problem, style="yellow") for state in found.frameworks if state.problem]
    parts += _unused(found.frameworks)
    if len(found.environments) > 1:
        parts += [Text(_("Environments"), style="bold"), environments(found.environments)]
    parts += [Text(problem, style="yellow") for problem in found.problems]
    return Group(*parts)


def environments(states: Sequence[EnvironmentState]) -> RenderableType:
    """Each interpreter with its version and size, what is installed there, and which frameworks run with it."""
    return Group(*(line for state in states for line in _environment(state)))


def package_versions(versions: Mapping[str, str]) -> str:
    """`jax 0.10.2, optax 0.2.8`."""
    return ", ".join(f"{name} {version}" for name, version in versions.items()) or NOTHING


def _frameworks(states: Sequence[FrameworkState]) -> Table:
    table = Table(title=_("Frameworks"), title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in (_("Framework"), _("State"), _("Versions"), _("Device")):
        table.add_column(heading)
    for state in states:
        name = wording.framework_name(state.framework)
        devices = ", ".join(_devices(state)) or NOTHING
        table.add_row(
            name, wording.framework_status(state.status), Text(package_versions(state.versions)), Text(devices)
        )
    return table


def _devices(state: FrameworkState) -> tuple[str, ...]:
    """Where it took its step, then the other devices that gave a right product."""
    first = (state.device,) if state.device else ()
    working = (trial.device for trial in state.trials if trial.error is None)
    return tuple(dict.fromkeys((*first, *working)))


def _unused(states: Sequence[FrameworkState]) -> Iterator[RenderableType]:
    """Every accelerator that a framework does not use, why, and the fix; a problem that several have stands once."""
    told: dict[str, str] = {}
    # Keras last: it has the problems of its backends, which say them in their own name.
    for state in sorted(states, key=lambda state: state.framework == "keras"):
        for accelerator in state.accelerators:
            if accelerator.problem:
                told.setdefault(accelerator.problem, accelerator.fix or "")
    return (Text(sentences(problem, fix), style="yellow") for problem, fix in told.items())


def _environment(state: EnvironmentState) -> Iterator[RenderableType]:
    facts = [] if state.python is None else [f"Python {state.python}"]
    facts += [] if state.size_mb is None else [quantities.memory(state.size_mb)]
    yield Text.assemble((state.name, "bold"), "  ", ", ".join(facts))
    yield Text(f"    {state.interpreter}", style="dim")
    if state.problem:
        yield Text(f"    {state.problem}", style="yellow")
        return
    yield Text(f"    {package_versions(state.versions)}")
    yield Text(f"    {_runs(state)}", style="cyan")


def _runs(state: EnvironmentState) -> str:
    frameworks = dict.fromkeys(find_candidate(candidate).framework for candidate in state.candidates)
    if not frameworks:
        return _("Runs nothing: another environment comes first.")
    return _("Runs {frameworks}.").format(frameworks=wording.listing(map(wording.framework_name, frameworks)))
