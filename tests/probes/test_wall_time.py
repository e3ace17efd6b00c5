"""Where the seconds of a measurement went, and what share of them was overhead."""

from __future__ import annotations

import pytest

from probes.campaign.wall_time import WallTime, overhead_share


def test_what_several_do_side_by_side_is_counted_in_equal_parts() -> None:
    moments = iter((0.0, 4.0))
    wall = WallTime(lambda: next(moments))
    with wall.spent("importing", "building"):
        pass
    assert (wall.seconds["importing"], wall.seconds["building"]) == (2.0, 2.0)


def test_overhead_is_what_is_neither_import_build_compile_nor_step() -> None:
    wall_s = {"importing": 20.0, "building": 5.0, "first steps": 15.0, "warming up": 5.0, "timed steps": 45.0}
    assert overhead_share(wall_s, 100.0) == pytest.approx(0.1)
    assert overhead_share(wall_s | {"starting workers": 4.0, "reading memory": 6.0}, 100.0) == pytest.approx(0.1)
    assert overhead_share(wall_s | {"memory growth": 10.0}, 100.0) == pytest.approx(0.0)


def test_overhead_is_a_share_whatever_the_clock_said() -> None:
    assert overhead_share({"importing": 2.0}, 1.0) == 0.0
    assert overhead_share({}, 1.0) == 1.0
    assert overhead_share({}, 0.0) == 0.0
