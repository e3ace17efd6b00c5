"""The `probewise` command: the same functions as the app, JSON on stdout with --json, progress on stderr.

Exit codes: 0 done, 1 a failure of ours, 2 wrong input (one line on stderr), 124 out of time, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from assistant import examination_words, terminal, terminal_measurements
from assistant.advice.recommendation import Recommendation
from assistant.claims import saved
from assistant.claims.listing import checked_filter, matching, rows
from assistant.claims.records import CheckedLedger
from assistant.endings import ended_as_interrupted
from assistant.errors import InvalidInput
from assistant.language import _, environment_language, use_language
from assistant.project import Project, read_project
from assistant.reuse import last_report
from assistant.server import serve
from assistant.table.records import TableTrial
from assistant.table.running import RunningTrial
from assistant.target import probe_workloads
from knowledge import staleness
from knowledge.claims import Claim
from knowledge.load import load
from probes.candidates import find_candidate
from probes.doctor.examination import examine
from probes.environments import installed_versions
from probes.errors import InvalidReport, InvalidWorkload, UnknownId
from probes.hardware import machine
from probes.history.archive import read_run
from probes.report import Machine, ProbeReport
from probes.schedule import ALL_CANDIDATES, DEFAULT_BUDGET_S, MAX_BUDGET_S
from probes.schedule import probe as measure
from probes.store import History
from probes.words import sentences
from probes.workloads import Workload, find_workload

# Before the options are made: their help is words as well.
use_language(environment_language(os.environ))

from assistant.environment_commands import commands as environment_commands  # noqa: E402  its options as well
from assistant.evaluation_command import evaluate  # noqa: E402  its options as well
from assistant.history_commands import commands as history_commands  # noqa: E402  its options as well

OUT_OF_TIME = 124

# The formats of the decision record that are a document; the third is the recommendation as JSON.
DOCUMENTS = ("markdown", "html")

app = typer.Typer(
    name="probewise",
    help=_("Which deep-learning framework should you use, on your machine, for your project? Measured, not guessed."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.add_typer(environment_commands)
app.add_typer(history_commands)
app.command(help=_("Show how good forecasts and picks are on workloads that were measured in full."))(evaluate)

AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON on stdout."))]
ProjectFile = Annotated[Path, typer.Option("--project", help=_("A project file (TOML)."))]
RecordFormat = Annotated[
    Literal["markdown", "html", "json"] | None,
    typer.Option("--format", help=_("Print the decision record as a file to keep, or JSON, on stdout.")),
]
Budget = Annotated[float, typer.Option("--budget", help=_("Seconds to measure for."))]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the code of the contract."""
    try:
        with ended_as_interrupted():
            code = app(args=arguments, prog_name="probewise", standalone_mode=False)
    except (InvalidInput, InvalidWorkload, UnknownId, typer.TyperException) as error:
        terminal.say(error.format_message() if isinstance(error, typer.TyperException) else str(error))
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        terminal.say(_("Interrupted."))
        sys.exit(130)
    sys.exit(code or 0)


@app.command("app", help=_("Start the app and print its address."))
def run_app(
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("Port to listen on."))] = 8501,
    host: Annotated[str, typer.Option(help=_("Address to listen on."))] = "127.0.0.1",
) -> None:
    serve(host, port)


@app.command(
    help=_("Show the machine, its interpreters and its frameworks: usable, or present but unusable and the fix.")
)
def doctor(as_json: AsJson = False) -> None:
    with terminal.shares_bar() as say:
        found = examine(say)
    terminal.show(found, examination_words.examination, as_json=as_json)


@app.command(help=_("Train tiny models in every framework on this machine and show what was measured."))
def probe(
    project: Annotated[Path | None, typer.Option(help=_("A project file (TOML): measure what it needs."))] = None,
    workload: Annotated[str | None, typer.Option(help=_("Id of a reference workload."))] = None,
    batch: Annotated[int | None, typer.Option(help=_("Examples per step."))] = None,
    budget: Budget = DEFAULT_BUDGET_S,
    only: Annotated[str | None, typer.Option(help=_("Candidates to measure, separated by commas."))] = None,
    as_json: AsJson = False,
) -> None:
    if project and workload:
        raise InvalidInput(_("Both --project and --workload were given; expected one of them."))
    answers = _read_project(project)[0] if project else Project()
    workloads = [find_workload(workload)] if workload else list(probe_workloads(answers, machine()))
    if batch is not None:
        workloads = [each.with_batch(batch) for each in workloads]
    report = _probe(workloads, _candidate_ids(only), budget)
    terminal.show(report, terminal_measurements.probe_report, as_json=as_json)
    ended = {row.status for row in report.candidates}
    if "timeout" in ended and "ok" not in ended:
        raise typer.Exit(OUT_OF_TIME)


@app.command(help=_("Recommend a framework for a project, with the evidence, the doubt and what would change it."))
def recommend(
    project: ProjectFile,
    probe: Annotated[Path | None, typer.Option(help=_("Use this probe's JSON instead of measuring."))] = None,
    no_probe: Annotated[bool, typer.Option("--no-probe", help=_("Do not measure."))] = False,
    budget: Annotated[float | None, typer.Option(help=_("Seconds to measure for; 60 unless told."))] = None,
    data: Annotated[Path | None, typer.Option(help=_("Your table (CSV): try simple models on it, too."))] = None,
    column: Annotated[
        str | None, typer.Option(help=_("The table's column to predict; its last unless told."))
    ] = None,
    record_format: RecordFormat = None,
    as_json: AsJson = False,
) -> None:
    from assistant.advice.own_weights import knowing
    from assistant.advice.recommend import recommend as advise

    if as_json and record_format in DOCUMENTS:
        raise InvalidInput(
            _("--json and --format {format} exclude each other; expected one of them.").format(format=record_format)
        )
    if sum((probe is not None, no_probe, budget is not None)) > 1:
        raise InvalidInput(_("--probe, --no-probe and --budget exclude each other; expected one of them at most."))
    answers, weights = _read_project(project)
    known = knowing(weights)
    if column and not data:
        raise InvalidInput(_("--column names a column of a table; expected --data with it."))
    table = _tried(data, column) if data else None
    if table and answers.task in {None, table.facts.task}:
        answers = _counting(answers.with_open(table.facts.answers))
    report: ProbeReport | None
    if no_probe:
        report = None
    elif probe:
        report = _read_report(probe)
    else:
        report = _probe(
            probe_workloads(answers, machine()), ALL_CANDIDATES, DEFAULT_BUDGET_S if budget is None else budget
        )
    here = report.machine if report else machine()
    advice = advise(answers, report, machine=here, knowledge=known, table=table)
    if record_format in DOCUMENTS:
        terminal.write_document(_record(record_format, answers, advice, report, here))
    else:
        in_words = partial(terminal.recommendation, project=answers, report=report)
        terminal.show(advice, in_words, as_json=as_json or record_format == "json")


@app.command(
    help=_("Write a starter project that trains, advised by the last probe of this machine if there is one.")
)
def starter(
    project: ProjectFile,
    output: Annotated[Path, typer.Option(help=_("A new folder, or a file ending in .zip."))],
    framework: Annotated[str | None, typer.Option(help=_("Framework id; the recommended one unless told."))] = None,
) -> None:
    from assistant.advice.own_weights import knowing
    from assistant.advice.recommend import recommend as advise
    from assistant.starter.generate import write_starter

    (answers, weights), here = _read_project(project), machine()
    report = last_report(History(), answers, here, installed_versions())
    advice = advise(answers, report, machine=here, knowledge=knowing(weights))
    chosen = framework or (advice.winner.framework if advice.winner else None)
    if chosen is None:
        raise InvalidInput(sentences(_("Nothing fits these answers."), terminal.in_the_way(advice, answers)))
    write_starter(
        answers, advice, framework=chosen, versions=report.versions if report else {}, report=report, output=output
    )
    terminal.say(_("Wrote {output}. Its README says how to train.").format(output=output))


@app.command(
    help=_("List what articles claim about frameworks, what is true today, and what this machine says to it.")
)
def claims(
    verdict: Annotated[str | None, typer.Option(help=_("List only claims with this verdict."))] = None,
    framework: Annotated[str | None, typer.Option(help=_("List only claims about this framework."))] = None,
    check: Annotated[
        bool, typer.Option("--check", help=_("Let this machine decide what it can, in minutes."))
    ] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help=_("List facts and claims that should be looked at again."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    knowledge = load()
    wanted = matching(knowledge, checked_filter(knowledge, verdict=verdict, framework=framework))
    if stale and (check or verdict or framework):
        raise InvalidInput(
            _("--stale lists every fact and claim; expected no --check, --verdict or --framework with it.")
        )
    if stale:
        aged = staleness.stale(knowledge, installed_versions(), datetime.now(UTC).date())
        terminal.show_rows(aged, terminal.stale_records, as_json=as_json)
        return
    ledger = _checked(wanted) if check else saved.last()
    terminal.show_rows(rows(knowledge, wanted, ledger), terminal.claim_rows, as_json=as_json)


def _record(
    record_format: str, project: Project, advice: Recommendation, report: ProbeReport | None, here: Machine
) -> str:
    from assistant.record import html, markdown
    from assistant.record.content import decision_record

    today = datetime.now().astimezone().date()
    render = {"markdown": markdown.render, "html": html.render}[record_format]
    return render(decision_record(project, advice, report, machine=here, made_on=today))


def _tried(data: Path, column: str | None) -> TableTrial:
    try:
        content = data.read_bytes()
    except OSError as error:
        raise InvalidInput(
            _("Cannot read {path}: {reason}. Expected a table of comma-separated values.").format(
                path=data, reason=error.strerror
            )
        ) from error
    running = RunningTrial(content, data.name, column)
    try:
        return running.result()
    finally:
        running.close()


def _checked(wanted: Sequence[Claim]) -> CheckedLedger:
    from assistant.claims.check import check_claims

    with terminal.shares_bar() as say:
        ledger = check_claims(wanted, say=say)
    known = saved.merged(saved.last(), ledger)
    problem = saved.save(ledger)
    if problem:
        terminal.say(problem)
    return known


def _read_project(path: Path) -> tuple[Project, Mapping[str, Any]]:
    """The answers of a project file that count, and the weights in it."""
    told = read_project(path)
    return _counting(told.project), told.weights


def _counting(project: Project) -> Project:
    """The project without the answers that do not count. Says which these are."""
    from assistant.conversation.questions import answered

    counts, left_out = answered(project, load())
    if left_out:
        terminal.say(_("Not asked for this task, so left out: {fields}.").format(fields=", ".join(left_out)))
    return counts


def _read_report(path: Path) -> ProbeReport:
    try:
        return read_run(path.read_bytes())
    except OSError as error:
        raise InvalidInput(
            _("Cannot read {path}: {reason}. Expected what probewise probe --json printed.").format(
                path=path, reason=error.strerror
            )
        ) from error
    except InvalidReport as error:
        raise InvalidInput(
            _("{path} is no probe report: {reason}. Expected what probewise probe --json printed.").format(
                path=path, reason=error
            )
        ) from error


def _candidate_ids(only: str | None) -> list[str]:
    if only is None:
        return list(ALL_CANDIDATES)
    return [find_candidate(each.strip()).id for each in only.split(",")]


def _probe(workloads: Sequence[Workload], candidates: Sequence[str], budget_s: float) -> ProbeReport:

    if not 0 < budget_s <= MAX_BUDGET_S:
        raise InvalidInput(
            _("Budget {budget:g} is out of range; expected seconds above 0, at most {most:g}.").format(
                budget=budget_s, most=MAX_BUDGET_S
            )
        )
    with terminal.progress_bar() as show_progress:
        report = measure(workloads, candidates, budget_s=budget_s, seed=0, on_progress=show_progress)
    history = History()
    if not history.save(report):
        terminal.say(history.problem or "")
    return report
