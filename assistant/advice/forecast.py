"""Forecast: from measurements of small models to the time and memory of the person's job.

A measured row of the very job is used as it is. Of a candidate that was not measured here the corpora may know what
it took on another machine. One that failed, or of which nothing is known, says so in words and gets no number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from math import sqrt
from threading import Thread

from assistant.advice.conformal import Factors, widened, widening
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.laws import LAWS, STEP_TIME, Law
from assistant.advice.measured_rows import Row, alone_s, memory_log_sd, rows_of
from assistant.advice.scaling import ScalingModel, fit_together, points
from assistant.advice.typical import published, teacher, typical_growth
from assistant.background import beside
from assistant.corpus.records import Corpus
from assistant.evidence import Evidence
from assistant.ladder import TRAINS_ALL
from assistant.language import _, language_in_use
from assistant.project import Project
from assistant.target import Target, trains_on
from probes.candidates import CANDIDATES
from probes.costs import Costs, costs
from probes.memory.growth import MemoryGrowth, largest_batch
from probes.report import CandidateResult, Machine, ProbeReport
from probes.tunings import on_accelerator
from probes.workloads import MAX_BATCH, Workload

# What a row with this status says of its workload holds however long one waits; out of time does not.
CANNOT = ("failed", "unusable")

# With more doubt than this the ends of a 90 % interval are a factor of a hundred apart.
MOST_LOG_SD = 1.4

# How much starts differ in what others beside them cost (standard deviation of the logarithm).
BESIDE_LOG_SD = 0.15


@dataclass(frozen=True)
class CandidateModels:
    """What is known about one candidate: its rows, failed ones included, and the models fitted on the others; None
    where too little was measured. `compile_s` is what the first step takes longer than the others, `start_s` the
    time to import the framework and build the network.
    """

    rows: tuple[Row, ...]
    step_ms: ScalingModel | None
    compile_s: ScalingModel | None
    memory_mb: ScalingModel | None

    @property
    def device(self) -> str | None:
        """Where it was measured, as its framework names it; None where nothing was."""
        return next((row.result.device for row in self.rows if row.result.device), None)

    @property
    def start_s(self) -> float:
        """A worker imports once, and reports that with its first workload: the longest start is a whole one."""
        starts = [(row.result.import_s or 0) + alone_s(row.result, row.result.build_s) for row in self.rows]
        return max(starts, default=0.0)

    @property
    def missing(self) -> str:
        """Why there is no forecast, in words."""
        errors = [row.result.error for row in self.rows if row.result.error and not row.result.step_ms]
        if errors:
            return errors[0]
        if any(row.result.step_ms for row in self.rows):
            return _("Only one size was measured; a second is needed to see how the time grows.")
        return _("It was not measured.")


@dataclass(frozen=True)
class Forecaster:
    """Fitted once on a probe's report; then it forecasts any job of the same network family.

    What the probe does not show is taken from the corpora in `learned`.
    """

    probe: ProbeReport | None
    learned: tuple[Corpus, ...] = field(default_factory=published)

    @cached_property
    def models(self) -> Mapping[str, CandidateModels]:
        """The fitted models by candidate id."""
        assert self.probe is not None
        rows = {candidate.id: rows_of(candidate.id, self.probe) for candidate in CANDIDATES}
        step_ms, compile_s, memory_mb = (self._fitted(law, rows) for law in LAWS)
        return {
            candidate: CandidateModels(
                own, step_ms.get(candidate), compile_s.get(candidate), memory_mb.get(candidate)
            )
            for candidate, own in rows.items()
        }

    @property
    def elsewhere(self) -> Machine | None:
        """The machine on which those were measured of which only the corpora know anything."""
        return teacher(self.learned, self.probe.machine.fingerprint, STEP_TIME) if self.probe else None

    def _fitted(self, law: Law, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, ScalingModel]:
        """The models of one figure, by candidate id."""
        assert self.probe is not None
        machine, measured = self.probe.machine, points(law, rows)
        growth = typical_growth(self.learned, machine.fingerprint, law)
        on_accelerator = {candidate for candidate, own in rows.items() if _on_accelerator(own)}
        models: dict[str, ScalingModel] = {}
        # What trains on different devices has nothing in common.
        for place in filter(None, (rows.keys() - on_accelerator, on_accelerator)):
            fitted = fit_together(law, {each: own for each, own in measured.items() if each in place}, growth)
            models |= {candidate: model for candidate, model in fitted.items() if candidate in place}
        failed = {candidate for candidate, own in rows.items() if any(row.result.status in CANNOT for row in own)}
        # The corpora are of processors: what a GPU makes of a candidate they cannot tell.
        untold = rows.keys() if machine.accelerators else failed
        return {
            candidate: model
            for candidate, model in models.items()
            if model.evidence != "corpus" or candidate not in untold
        }

    def forecast(self, project: Project, job: Target) -> dict[str, JobForecast]:
        """What is known about the job in every candidate, by candidate id."""
        why = self._unusable(project, job)
        if why:
            return {candidate.id: JobForecast(candidate.id, missing=why) for candidate in CANDIDATES}
        misplaced = self._on_another_device(project)
        return {
            candidate: JobForecast(candidate, missing=misplaced[candidate]) if candidate in misplaced else forecast
            for candidate, forecast in self.of_workload(job.workload).items()
        }

    def of_workload(self, workload: Workload) -> Mapping[str, JobForecast]:
        """What is known about a workload, by candidate id, whatever machine and family it is for."""
        return self._of_workload(workload, language_in_use())

    @cached_property
    def memory_gb(self) -> Mapping[str, float]:
        """By candidate id, the memory of the device that it was measured on; without those of which it is unknown."""
        return self._by_device(Machine.memory_gb_of)

    @cached_property
    def _room_mb(self) -> Mapping[str, float]:
        """By candidate id, what a training may take of that."""
        return self._by_device(Machine.room_mb_of)

    def _by_device(self, amount: Callable[[Machine, str], float | None]) -> Mapping[str, float]:
        if self.probe is None:
            return {}
        known = {
            candidate: amount(self.probe.machine, device)
            for candidate, models in self.models.items()
            if (device := models.device)
        }
        return {candidate: memory for candidate, memory in known.items() if memory is not None}

    def largest_batch(self, candidate: str, workload: Workload) -> int | None:
        """How many examples of the workload's network surely fit into memory in one step, 0 if none does; None where
        nothing is known of it. From how memory was seen to grow with the batch, else from what it consists of.
        """
        limit_mb, model = self._room_mb.get(candidate), self.models[candidate].memory_mb
        if limit_mb is None:
            return None
        seen = (largest_batch(growth, limit_mb) for growth in self._growth(candidate, workload))
        fits = next((each.low for each in seen if each is not None), None)
        if fits is not None or model is None:
            return fits
        one, two, job = (model.usual(costs(replace(workload, batch=each))) for each in (1, 2, workload.batch))
        if two <= one:
            return None
        # Memory is as far from what is usual with another batch as with the job's own.
        usual_mb = limit_mb * job / model.predict(costs(workload)).high
        return int(min(max((usual_mb - one) / (two - one) + 1, 0), MAX_BATCH))

    def _growth(self, candidate: str, workload: Workload) -> Iterator[MemoryGrowth]:
        for measurement in self.probe.measurements if self.probe else ():
            if measurement.workload.network == workload.network:
                yield from (growth for growth in measurement.memory_growth if growth.candidate == candidate)

    @cached_property
    def _of_workload(self) -> Callable[[Workload, str], dict[str, JobForecast]]:
        """Every candidate's forecast of a workload, in a language; kept, because flips and questions ask again."""

        @cache
        def of_workload(workload: Workload, _language: str) -> dict[str, JobForecast]:
            work = costs(workload)
            return {
                candidate: _if_telling(widened(_forecast(candidate, models, workload, work), self._widening))
                for candidate, models in self.models.items()
            }

        return of_workload

    @cached_property
    def _widening(self) -> Factors:
        assert self.probe is not None, "only what was probed is forecast"
        return widening(self.learned, self.probe.machine.fingerprint)

    @cached_property
    def _on_accelerator(self) -> frozenset[str]:
        return frozenset(candidate for candidate, models in self.models.items() if _on_accelerator(models.rows))

    def _on_another_device(self, project: Project) -> Mapping[str, str]:
        """Of every candidate that was measured on another device than the job trains on, what to say of that."""
        if project.accelerator == "none":
            return dict.fromkeys(self._on_accelerator, _("It was measured on an accelerator; the job has none."))
        assert self.probe is not None, "it was asked for"
        gpus = [each for each in self.probe.machine.accelerators if each.kind in TRAINS_ALL]
        if not gpus or not self._on_accelerator:
            return {}
        why = _(
            "It was measured on the processor: the build that is installed does not use the {gpu}, which others do. "
            "`probewise doctor` says what to do."
        ).format(gpu=gpus[0].name)
        able = {candidate.id for candidate in CANDIDATES if candidate.package is not None}
        measured = {candidate for candidate, models in self.models.items() if models.device}
        return dict.fromkeys((able & measured) - self._on_accelerator, why)

    def _unusable(self, project: Project, job: Target) -> str | None:
        if self.probe is None:
            return _("Nothing has been measured yet.")
        if not trains_on(project, self.probe.machine):
            return _("The job trains on another machine than the one that was measured; measure there.")
        families = {measurement.workload.family for measurement in self.probe.measurements}
        if job.workload.family not in families:
            return _("Another kind of network was measured than the job needs; measure again.")
        return None


# Before anything is measured.
UNMEASURED = Forecaster(None, learned=())


@cache
def learn_ahead(fingerprint: str) -> Thread:
    """Fit what every forecast on the machine with this fingerprint begins with, once, in the background."""
    return beside("learn ahead", partial(_learn, fingerprint))


def _learn(fingerprint: str) -> None:
    learned = published()
    for law in LAWS:
        typical_growth(learned, fingerprint, law)
    widening(learned, fingerprint)


def _on_accelerator(rows: Sequence[Row]) -> bool:
    """Whether the measurements ran elsewhere than on the processor."""
    return on_accelerator(row.result.device for row in rows)


def _forecast(candidate: str, models: CandidateModels, workload: Workload, work: Costs) -> JobForecast:
    exact = next((row for row in models.rows if same_work(row.workload, workload)), None)
    if exact and exact.result.step_ms is not None:
        measured = as_measured(exact.result, exact.log_sd)
        if measured.memory_mb is None:
            return replace(measured, memory_mb=_foretold(models.memory_mb, work))
        return measured
    if exact and exact.result.status in CANNOT:
        return JobForecast(candidate, missing=exact.result.error)
    step_ms = _foretold(models.step_ms, work)
    if step_ms is None:
        return JobForecast(candidate, missing=models.missing)
    # What an import takes here nobody knows of a candidate that was not measured here.
    compiling = None if step_ms.evidence == "corpus" else _foretold(models.compile_s, work)
    first_s = models.start_s + step_ms.value / 1e3
    return JobForecast(
        candidate,
        step_ms=step_ms,
        first_result_s=replace(compiling, value=compiling.value + first_s) if compiling else None,
        memory_mb=_foretold(models.memory_mb, work),
    )


def _foretold(model: ScalingModel | None, work: Costs) -> Estimate | None:
    return model.predict(work) if model is not None and model.knows(work) else None


def _if_telling(forecast: JobForecast) -> JobForecast:
    """The forecast, unless its interval is so wide that it says nothing; what was measured is said however wide."""
    step_ms = forecast.step_ms
    if step_ms is None or step_ms.evidence == "measured" or step_ms.log_sd <= MOST_LOG_SD:
        return forecast
    return JobForecast(
        forecast.candidate,
        missing=_("What was measured so far is too little or too disturbed to say how long the job takes."),
    )


def same_work(one: Workload, other: Workload) -> bool:
    """Whether two workloads are the same but for their names."""
    return replace(one, id="") == replace(other, id="")


def as_measured(result: CandidateResult, log_sd: float) -> JobForecast:
    """The figures of a row with a step time, `log_sd` being the doubt about times."""
    assert result.step_ms is not None, "only what was measured is known"
    first_s = (result.import_s or 0.0) + sum(alone_s(result, each) for each in (result.build_s, result.first_step_s))
    # What a later network of a process takes is not what was measured, see `measured_rows`.
    alone = not result.start_beside and result.fresh is not False
    start_log_sd = log_sd if alone else sqrt(log_sd**2 + BESIDE_LOG_SD**2)
    evidence: Evidence = "forecast" if result.fresh is False else "measured"
    return JobForecast(
        result.candidate,
        step_ms=Estimate(result.step_ms, log_sd, "measured"),
        first_result_s=Estimate(first_s, start_log_sd, evidence) if result.first_step_s is not None else None,
        memory_mb=Estimate(result.memory_mb, memory_log_sd(result), "measured") if result.memory_mb else None,
    )
