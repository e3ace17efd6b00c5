"""When something was measured, in words."""

from __future__ import annotations

from contextvars import copy_context
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from assistant.language import use_language
from assistant.moments import day, day_and_time, month, when

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KATHMANDU = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("measured_at", "zone", "expected"),
    [
        ("2026-11-22T08:05:00+00:00", UTC, "today at 08:05"),
        ("2026-11-21T23:59:00+00:00", UTC, "yesterday at 23:59"),
        ("2026-11-21T23:59:00+00:00", KATHMANDU, "today at 05:44"),
        ("2026-11-20T23:59:00+00:00", UTC, "on 20 Nov 2026 at 23:59"),
        ("2026-11-23T00:10:00+00:00", UTC, "on 23 Nov 2026 at 00:10"),
        ("2026-11-22T10:05:00+02:00", UTC, "today at 08:05"),
    ],
)
def test_a_moment_is_told_as_one_would_say_it(measured_at, zone, expected) -> None:
    assert when(measured_at, zone, NOW) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("21 Nov 2026", "Nov 2026", "21 Nov 2026, 14:05")),
        ("zh_CN", ("2026年11月21日", "2026年11月", "2026年11月21日 14:05")),
    ],
)
def test_a_date_has_the_order_of_its_language(language, expected) -> None:
    def told() -> tuple[str, ...]:
        use_language(language)
        return (
            day(date(2026, 11, 21)),
            month(date(2026, 11, 21)),
            day_and_time(datetime(2026, 11, 21, 14, 5, tzinfo=UTC)),
        )

    assert copy_context().run(told) == expected
