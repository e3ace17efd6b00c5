"""Runs in one file, to be taken to another machine: whole reports as JSON, compressed or not.

What is read may come from anyone. It is bounded before it is understood, taken whole or refused, and freed of the
characters that a screen would act on.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import accumulate, takewhile
from string import hexdigits
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from probes.candidates import find_candidate
from probes.errors import InvalidArchive, InvalidReport, ProbeError
from probes.report import CandidateResult, Machine, ProbeReport
from probes.words import _, sentences

FORMAT, VERSION = "probewise runs", 1

# A run takes some 50 kB. Both bounds are for the JSON, whether the file is compressed or not.
MAX_BYTES = 24 * 2**20
MAX_RUNS = 1_000

# Of one run: BERT-base has about a hundred layers, a step or a list of samples far fewer entries than this.
MAX_LAYERS = 1_000
MAX_ENTRIES = 2_000
MAX_TEXT = 10_000
MAX_NUMBER, MIN_NUMBER = 1e12, 1e-30
MEASURED_IN = range(2000, 2200)
FINGERPRINT_DIGITS = 16
LEAST_MEMORY_GB = 0.1

_GZIP_MAGIC = b"\x1f\x8b"
_HEAD = f'{{"format": "{FORMAT}", "version": {VERSION}, "runs": [\n'.encode()
_BETWEEN, _TAIL = b",\n", b"\n]}\n"


@dataclass(frozen=True)
class Packed:
    """A file's content, and how many runs it holds: the newest, where not all of them fit."""

    content: bytes
    runs: int


def pack(reports: Sequence[ProbeReport], *, compressed: bool) -> Packed:
    """The reports, oldest first, as the content of a file; the same reports make the same bytes."""
    newest_first = [report.model_dump_json().encode() for report in reversed(reports)][:MAX_RUNS]
    sizes = accumulate((len(text) + len(_BETWEEN) for text in newest_first), initial=len(_HEAD) + len(_TAIL))
    fitting = sum(1 for _size in takewhile(lambda size: size <= MAX_BYTES, sizes)) - 1
    content = _HEAD + _BETWEEN.join(reversed(newest_first[:fitting])) + _TAIL
    return Packed(gzip.compress(content, mtime=0) if compressed else content, fitting)


def unpack(content: bytes) -> tuple[ProbeReport, ...]:
    """The reports in a file's content, in its order. Raises `InvalidArchive`: one sentence on what is wrong with it.

    Control characters and invisible ones are left out of all texts.
    """
    return tuple(_report(place, run) for place, run in enumerate(_runs(_inflated(content)), start=1))


def read_run(content: bytes) -> ProbeReport:
    """The report of one probe, as JSON. Raises `InvalidReport`: one phrase on what is wrong with it.

    Control characters and invisible ones are left out of all texts.
    """
    if len(content) > MAX_BYTES:
        raise InvalidReport(_("larger than {most} MB, the most taken").format(most=MAX_BYTES >> 20))
    try:
        run = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidReport(_("it is no JSON")) from error
    return _checked(run)


def _inflated(content: bytes) -> bytes:
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.GzipFile(fileobj=BytesIO(content)).read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidArchive(_("It is a damaged gzip file: {reason}.").format(reason=error)) from error
    if len(content) > MAX_BYTES:
        raise InvalidArchive(_("It is larger than {most} MB of JSON, the most taken.").format(most=MAX_BYTES >> 20))
    return content


def _runs(content: bytes) -> list[Any]:
    try:
        whole = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidArchive(_no_file_of_ours(_("it is no JSON"))) from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise InvalidArchive(_no_file_of_ours(_('its "format" is not "{format}"').format(format=FORMAT)))
    version, runs = whole.get("version"), whole.get("runs")
    if isinstance(version, int) and version > VERSION:
        message = _("It was written by a newer Probewise (version {version} of the format; this one reads {known}).")
        raise InvalidArchive(sentences(message.format(version=version, known=VERSION), _("Update Probewise.")))
    if version != VERSION or whole.keys() != {"format", "version", "runs"}:
        raise InvalidArchive(_no_file_of_ours(_("it has other keys than format, version and runs")))
    if not isinstance(runs, list) or not 0 < len(runs) <= MAX_RUNS:
        raise InvalidArchive(_("It does not hold 1 to {most} runs.").format(most=MAX_RUNS))
    return runs


def _no_file_of_ours(why: str) -> str:
    return _("It is no file of runs: {why}. Expected one that Probewise has exported.").format(why=why)


def _report(place: int, run: Any) -> ProbeReport:
    try:
        return _checked(run)
    except InvalidReport as error:
        message = _("Run {place} in it is none that this version of Probewise can read: {why}.")
        raise InvalidArchive(message.format(place=place, why=error)) from error


def _checked(run: Any) -> ProbeReport:
    """The report in a run's JSON; raises `InvalidReport`."""
    try:
        _check_size(run)
        report = ProbeReport.model_validate_json(to_json(_without_controls(run)), strict=True)
        _check_meaning(report)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in problem["loc"])
        raise InvalidReport(f"{where}: {problem['msg']}" if where else problem["msg"]) from error
    except (ValueError, ProbeError) as error:
        raise InvalidReport(str(error).rstrip(".")) from error
    return report


def _check_size(run: Any) -> None:
    """Raise `ValueError` for what would cost too much to validate, or to show."""
    layers = 0
    for value in _walk(run):
        layers += isinstance(value, dict) and "kind" in value
        if isinstance(value, dict | list) and len(value) > MAX_ENTRIES:
            raise ValueError(_("a list of {count} entries").format(count=len(value)))
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ValueError(_("a text of {count} characters").format(count=len(value)))
        if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
            raise ValueError(_("a number beyond {most:g}").format(most=MAX_NUMBER))
        if isinstance(value, float) and 0 < abs(value) < MIN_NUMBER:
            raise ValueError(_("a number closer to 0 than {least:g}").format(least=MIN_NUMBER))
    if layers > MAX_LAYERS:
        raise ValueError(_("{count} layers").format(count=layers))


def _walk(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for each in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _walk(each)


def _without_controls(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(letter for letter in value if letter.isprintable() or letter == "\n")
    if isinstance(value, list):
        return [_without_controls(each) for each in value]
    if isinstance(value, dict):
        return {_without_controls(key): _without_controls(each) for key, each in value.items()}
    return value


def _check_meaning(report: ProbeReport) -> None:
    """Raise `ValueError` or `ProbeError` for what is well-formed but says nothing."""
    fingerprint, moment = report.machine.fingerprint, datetime.fromisoformat(report.measured_at)
    if len(fingerprint) != FINGERPRINT_DIGITS or not set(fingerprint) <= set(hexdigits):
        raise ValueError(_("its fingerprint is not 16 hexadecimal digits"))
    if moment.tzinfo is None or moment.year not in MEASURED_IN:
        raise ValueError(_("measured_at is no moment of our time, or has no time zone"))
    _check_machine(report.machine)
    for measurement in report.measurements:
        for row in (*measurement.candidates, *measurement.tuned):
            _check_row(row)


def _check_machine(machine: Machine) -> None:
    sizes = (machine.memory_gb, *(each.memory_gb for each in machine.accelerators if each.memory_gb))
    if not all(size >= LEAST_MEMORY_GB for size in sizes) or min(machine.physical_cores, machine.logical_cores) < 1:
        message = _("its machine has less than {least} GB of memory, or no processor core")
        raise ValueError(message.format(least=LEAST_MEMORY_GB))


def _check_row(row: CandidateResult) -> None:
    find_candidate(row.candidate)
    steps = (row.step_ms, row.step_ms_low, row.step_ms_high)
    others = (row.import_s, row.build_s, row.first_step_s, row.memory_mb)
    if any(step is not None and step <= 0 for step in steps) or any(each is not None and each < 0 for each in others):
        raise ValueError(_("a time or size of {candidate} is not above 0").format(candidate=row.candidate))
