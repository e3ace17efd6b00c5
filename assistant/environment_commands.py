"""`probewise env`: the Python environments that frameworks are probed in, to list, register, make or remove."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assistant import terminal
from assistant.errors import InvalidInput
from assistant.examination_words import environments, package_versions
from assistant.language import _
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.doctor.surroundings import surroundings
from probes.doctor.usability import accelerator_states
from probes.environments import known_environments, proven
from probes.errors import CreationFailed, InvalidEnvironment
from probes.installed.inventory import inventory
from probes.installed.isolation import Created, delete_if_ours, find_framework, plan
from probes.installed.isolation import create as make
from probes.installed.registry import Registered, checked_name, forget, interpreter_at, register, registry
from probes.words import sentences

commands = typer.Typer(
    name="env",
    help=_("List, register, remove and make the Python environments that frameworks are probed in."),
    no_args_is_help=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON on stdout."))]


@commands.command("list", help=_("List the built-in environment and the registered ones, with what they have."))
def list_environments(as_json: AsJson = False) -> None:
    terminal.show_rows(known_environments(), environments, as_json=as_json)
    problem = registry().problem
    if problem is not None:
        terminal.say(problem)


@commands.command("add", help=_("Register a Python interpreter, so that probes may run with it."))
def add_environment(
    name: Annotated[str, typer.Argument(help=_("A name for it."))],
    path: Annotated[Path, typer.Argument(help=_("The interpreter, or the folder of its environment."))],
    prefer_for: Annotated[
        str | None, typer.Option("--for", help=_("Take it before all others for this framework."))
    ] = None,
) -> None:
    with _wrong_input():
        entry = Registered(
            name=checked_name(name),
            interpreter=interpreter_at(path),
            preferred_for=() if prefer_for is None else (_framework(prefer_for),),
        )
        has = proven(entry.interpreter)
        register(entry)
    versions = has.versions(dict.fromkeys(name for each in CANDIDATES for name in each.distributions))
    terminal.say(
        _("Registered {name}: Python {python} with {versions}.").format(
            name=name, python=has.python, versions=package_versions(versions)
        )
    )


@commands.command("remove", help=_("Take an environment off the list; one that was made here is deleted."))
def remove_environment(name: Annotated[str, typer.Argument(help=_("Its name, as the list shows it."))]) -> None:
    with _wrong_input():
        entry = forget(name)
    folder = delete_if_ours(entry)
    if folder is None:
        terminal.say(_("Took {name} off the list; {path} is still there.").format(name=name, path=entry.interpreter))
    elif folder.exists():
        terminal.say(_("Took {name} off the list; delete what is left in {path}.").format(name=name, path=folder))
    else:
        terminal.say(_("Removed {name} and deleted {path}.").format(name=name, path=folder))


@commands.command(
    "create", help=_("Make an isolated environment for one framework, with its GPU build where it can.")
)
def create_environment(
    framework: Annotated[str, typer.Argument(help=_("A framework, or a candidate such as keras-jax."))],
    name: Annotated[str | None, typer.Option(help=_("A name for it; the framework's unless told."))] = None,
    gpu: Annotated[
        bool | None,
        typer.Option(
            "--gpu/--cpu", help=_("The build for the GPU or for the processor; the GPU's where there is one.")
        ),
    ] = None,
    index: Annotated[str | None, typer.Option(help=_("Address of an index of packages to look in as well."))] = None,
) -> None:
    with _wrong_input():
        candidate = find_framework(framework)
        wanted = plan(candidate, surroundings(), inventory(sys.executable), gpu=gpu, index=index)
        checked_name(name or framework)
        try:
            with _progress() as say:
                made = make(name or framework, wanted, say)
        except CreationFailed as failure:
            terminal.say(_("Nothing was made. {reason}").format(reason=failure))
            raise typer.Exit(1) from failure
    _tell(made)


def _tell(made: Created) -> None:
    """What was made and where it trains, and what keeps it from a GPU that is there."""
    proof = made.proof
    terminal.say(
        _("Made {name} with {versions}; it trains on {device}.").format(
            name=made.entry.name, versions=package_versions(proof.versions), device=proof.device
        )
    )
    if proof.facts is None:
        return
    for state in accelerator_states(proof.candidate, proof.facts, surroundings(), proof.interpreter):
        if state.problem:
            terminal.say(sentences(state.problem, state.fix or ""))


def _framework(name: str) -> str:
    if name in FRAMEWORKS:
        return name
    raise InvalidInput(
        _("Unknown framework {name!r}; expected one of {known}.").format(name=name, known=", ".join(FRAMEWORKS))
    )


@contextmanager
def _wrong_input() -> Iterator[None]:
    try:
        yield
    except InvalidEnvironment as problem:
        raise InvalidInput(str(problem)) from problem


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Each sentence live on stderr, with the time that it has taken; one line each where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield terminal.say
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda sentence: bar.update(task, description=sentence)
