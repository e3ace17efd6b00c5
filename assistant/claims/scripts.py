"""Script checks: run in workers with the real framework, two at a time, and then alone those that time something."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from assistant import wording
from assistant.claims.measure import Say, Stopped
from assistant.claims.records import CheckResult, now
from assistant.language import _
from knowledge.claims import Claim, ScriptCheck
from probes.candidates import CANDIDATES, PACKAGES, Candidate
from probes.environments import chosen_interpreters
from probes.errors import WorkerFailed
from probes.supervisor import Worker
from probes.words import in_this_context

# One script, its framework's import included.
SCRIPT_LIMIT_S = 90.0
SCRIPTS_AT_ONCE = 2


def run_scripts(
    claims: Sequence[Claim], left_s: Callable[[], float], *, say: Say, stopped: Stopped
) -> Iterator[CheckResult]:
    """The result of each claim's script; those that may share a process do. Whoever calls holds the machine's lock.

    `left_s` says how many seconds are left for all of them: what they are too few for is not reached. `stopped` is
    asked before each script; once it says so, no more are run.
    """
    untimed = _groups([claim for claim in claims if not _script(claim).timed])
    timed = _groups([claim for claim in claims if _script(claim).timed])
    say(_("Running scripts"), 0.0)
    run = in_this_context(partial(_run_group, left_s=left_s, stopped=stopped))
    done = 0
    for results in chain(_side_by_side(run, untimed), map(run, timed)):
        done += len(results)
        say(_("Running scripts"), done / len(claims))
        yield from results


def _groups(claims: Sequence[Claim]) -> list[list[Claim]]:
    """The claims whose scripts share a process, together."""
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        check = _script(claim)
        # Two frameworks in one process would fight for the memory of a GPU.
        together = sorted(set(check.needs) & set(PACKAGES))
        alone = claim.id if check.alone else ""
        groups[json.dumps([together, check.environment, alone], sort_keys=True)].append(claim)
    return list(groups.values())


def _side_by_side(
    run: Callable[[Sequence[Claim]], list[CheckResult]], groups: Sequence[Sequence[Claim]]
) -> Iterator[list[CheckResult]]:
    with ThreadPoolExecutor(SCRIPTS_AT_ONCE) as pool:
        yield from pool.map(run, groups)


def _run_group(claims: Sequence[Claim], left_s: Callable[[], float], stopped: Stopped) -> list[CheckResult]:
    """The scripts one after another in one worker; after a failure in a new one."""
    results = []
    worker: Worker | None = None
    try:
        for claim in claims:
            if stopped():
                break
            if left_s() <= 0:
                results.append(_not_reached(claim.id))
                continue
            check = _script(claim)
            if worker is None or not worker.alive:
                host = _host(check)
                worker = Worker(host, chosen_interpreters()[host.id], check.environment)
            results.append(_run(worker, claim.id, check.script, left_s))
    finally:
        if worker is not None:
            worker.close()
    return results


def _script(claim: Claim) -> ScriptCheck:
    assert isinstance(claim.check, ScriptCheck)
    return claim.check


def _host(check: ScriptCheck) -> Candidate:
    """The candidate whose packages the script needs, so that a failure is told in its name."""
    return max(CANDIDATES, key=lambda candidate: len(set(candidate.distributions) & set(check.needs)))


def _run(worker: Worker, claim_id: str, script: str, left_s: Callable[[], float]) -> CheckResult:
    try:
        finding = worker.run_script(script, min(SCRIPT_LIMIT_S, left_s()))
    except WorkerFailed as failure:
        if left_s() <= 0:
            return _not_reached(claim_id)
        problem = wording.labelled(wording.framework_name(worker.candidate.framework), str(failure))
        return CheckResult(claim=claim_id, outcome=None, checked_at=now(), undecided="failed", problem=problem)
    return CheckResult(
        claim=claim_id,
        outcome="holds here" if finding.holds else "does not hold here",
        checked_at=now(),
        figure=finding.figure,
    )


def _not_reached(claim_id: str) -> CheckResult:
    return CheckResult(
        claim=claim_id,
        outcome=None,
        checked_at=now(),
        undecided="not reached",
        problem=_("The time was up before this could be decided."),
    )
