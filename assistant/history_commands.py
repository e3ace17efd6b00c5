"""`probewise history`: the runs that are kept, to list, exchange with another machine, or forget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant import moments, terminal, wording
from assistant.errors import InvalidInput
from assistant.language import _, ngettext
from probes.errors import InvalidArchive
from probes.hardware import machine
from probes.history.archive import MAX_BYTES, pack, unpack
from probes.records import Record
from probes.report import Machine, ProbeReport
from probes.store import History, Run
from probes.words import sentences

ENDINGS = (".json", ".json.gz")
MAX_ID = 2**63 - 1

commands = typer.Typer(
    name="history",
    help=_("List, export, import and remove the runs that are kept on this computer."),
    no_args_is_help=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON on stdout."))]
OfMachine = Annotated[
    str | None, typer.Option("--machine", help=_("Fingerprint of a machine, as the list shows it."))
]


class KeptRun(Record):
    """A run as it is listed: `measured` are the candidates that have figures, `networks` the ids of its workloads."""

    id: int
    imported: bool
    measured_at: str
    networks: tuple[str, ...]
    measured: tuple[str, ...]
    machine: Machine
    versions: dict[str, str]


@commands.command("list", help=_("List the runs, of this machine and imported ones, oldest first."))
def list_runs(as_json: AsJson = False) -> None:
    history = History()
    kept = [_kept(run) for run in history.runs()]
    if history.problem and not kept:
        _give_up(history)
    terminal.show_rows(kept, _in_words, as_json=as_json)
    if history.problem:
        terminal.say(history.problem)


@commands.command("export", help=_("Write this machine's runs into one file, to be compared on another."))
def export_runs(
    file: Annotated[Path, typer.Argument(help=_("A new file ending in .json or .json.gz."))],
    of_machine: OfMachine = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Export the runs of every machine."))] = False,
) -> None:
    if of_machine and everything:
        raise InvalidInput(_("Both --machine and --all were given; expected one of them."))
    if not file.name.endswith(ENDINGS):
        raise InvalidInput(
            _("{path} has another ending; expected a name ending in .json or .json.gz.").format(path=file)
        )
    history = History()
    reports = _chosen(history, of_machine, everything=everything)
    if history.problem and not reports:
        _give_up(history)
    if not reports:
        raise InvalidInput(
            _("The history holds no run of this machine; expected one at least. Measure first: probewise probe")
        )
    packed = pack(reports, compressed=file.suffix == ".gz")
    _write_new(file, packed.content)
    said = ngettext("Wrote {n} run to {path}.", "Wrote {n} runs to {path}.", packed.runs)
    terminal.say(said.format(n=packed.runs, path=file))
    if packed.runs < len(reports):
        terminal.say(_("{n} older ones did not fit.").format(n=len(reports) - packed.runs))
    if history.problem:
        terminal.say(history.problem)


@commands.command("import", help=_("Take in the runs of another machine from a file that was exported there."))
def import_runs(file: Annotated[Path, typer.Argument(help=_("A file that probewise history export wrote."))]) -> None:
    try:
        reports = unpack(_read(file))
    except InvalidArchive as problem:
        raise InvalidInput(_("{path} cannot be taken in. {problem}").format(path=file, problem=problem)) from problem
    history = History()
    added = history.add(reports)
    if added is None:
        _give_up(history)
    said = ngettext("Added {n} run.", "Added {n} runs.", added).format(n=added)
    known = len(reports) - added
    if known:
        was_there = ngettext("{n} was there already.", "{n} were there already.", known).format(n=known)
        said = sentences(said, was_there)
    terminal.say(said)


@commands.command("remove", help=_("Forget runs: those with these ids, or all of a machine."))
def remove_runs(
    ids: Annotated[
        list[int] | None, typer.Argument(min=1, max=MAX_ID, help=_("Ids of runs, as the list shows them."))
    ] = None,
    of_machine: OfMachine = None,
) -> None:
    if bool(ids) == bool(of_machine):
        raise InvalidInput(_("Expected the ids of runs or --machine, one of the two. See probewise history list."))
    history = History()
    chosen = ids or [run.id for run in history.runs() if run.report.machine.fingerprint == of_machine]
    if history.problem and not chosen:
        _give_up(history)
    if not chosen:
        raise _unknown_machine(of_machine)
    if not history.remove(chosen):
        _give_up(history)
    count = len(set(chosen))
    terminal.say(ngettext("Removed {n} run.", "Removed {n} runs.", count).format(n=count))


def _kept(run: Run) -> KeptRun:
    report = run.report
    rows = [row for measurement in report.measurements for row in measurement.candidates if row.step_ms is not None]
    return KeptRun(
        id=run.id,
        imported=run.imported,
        measured_at=report.measured_at,
        networks=tuple(measurement.workload.id for measurement in report.measurements),
        measured=tuple(dict.fromkeys(row.candidate for row in rows)),
        machine=report.machine,
        versions=report.versions,
    )


def _in_words(kept: Sequence[KeptRun]) -> RenderableType:
    """A table of runs for each machine."""
    if not kept:
        return Text(_("No run is kept yet. Measure one: probewise probe"))
    by_machine: dict[str, list[KeptRun]] = {}
    for run in kept:
        by_machine.setdefault(run.machine.fingerprint, []).append(run)
    return Group(*(part for runs in by_machine.values() for part in (_heading(runs[-1].machine), _table(runs))))


def _heading(of: Machine) -> Text:
    here = f"  {_('this machine')}" if of.fingerprint == machine().fingerprint else ""
    return Text.assemble((wording.machine_line(of), "bold"), (f"  {of.fingerprint}{here}", "dim"))


def _table(runs: Sequence[KeptRun]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(_("Id"), justify="right")
    for heading in (_("Measured"), _("Networks"), _("Candidates"), _("From")):
        table.add_column(heading)
    for run in runs:
        moment = datetime.fromisoformat(run.measured_at).astimezone()
        table.add_row(
            str(run.id),
            moments.day_and_time(moment),
            Text(wording.clauses(run.networks)),
            str(len(run.measured)),
            _("a file") if run.imported else _("here"),
        )
    return table


def _chosen(history: History, fingerprint: str | None, *, everything: bool) -> list[ProbeReport]:
    if not everything and fingerprint is None:
        return history.measured_on(machine().fingerprint)
    runs = history.runs()
    chosen = [run.report for run in runs if everything or run.report.machine.fingerprint == fingerprint]
    if runs and not chosen:
        raise _unknown_machine(fingerprint)
    return chosen


def _unknown_machine(fingerprint: str | None) -> InvalidInput:
    message = _("The history has no run of machine {fingerprint!r}; expected a fingerprint that its list shows.")
    return InvalidInput(message.format(fingerprint=fingerprint))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(
            _("Cannot read {path}: {reason}. Expected a file that probewise history export wrote.").format(
                path=path, reason=error.strerror
            )
        ) from error


def _write_new(path: Path, content: bytes) -> None:
    """The whole content or no file."""
    try:
        with path.open("xb") as file, _removing_what_fails(path):
            file.write(content)
            file.flush()
    except FileExistsError as error:
        raise InvalidInput(
            _("{path} exists already; expected a new name. Choose another.").format(path=path)
        ) from error
    except OSError as error:
        raise InvalidInput(
            _("Cannot write {path}: {reason}. Choose another place.").format(path=path, reason=error.strerror)
        ) from error


@contextmanager
def _removing_what_fails(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _give_up(history: History) -> NoReturn:
    """End with 1: what was asked for is right, the history's file is not."""
    terminal.say(history.problem or "")
    raise typer.Exit(1)
