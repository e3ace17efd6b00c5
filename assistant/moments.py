"""Days and moments in the words, the order and the time zone of who reads them."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format

from assistant.language import _, language_in_use

# CLDR's English without a country is that of the United States: the month first, and twelve hours.
CALENDARS = {"en": "en_GB"}


def when(measured_at: str, zone: tzinfo, now: datetime) -> str:
    """A moment (ISO 8601 with its zone) as it follows "measured": `yesterday at 14:05`, `on 21 Nov 2026 at 14:05`.

    What lies ahead, because a clock was set back, is told by its date.
    """
    moment = datetime.fromisoformat(measured_at).astimezone(zone)
    time = _time(moment)
    days = (now.astimezone(zone).date() - moment.date()).days
    if days == 0:
        return _("today at {time}").format(time=time)
    if days == 1:
        return _("yesterday at {time}").format(time=time)
    return _("on {date} at {time}").format(date=day(moment), time=time)


def day(date: date) -> str:
    """`21 Nov 2026`."""
    return str(format_date(date, "medium", locale=_calendar()))


def month(date: date) -> str:
    """`Nov 2026`."""
    return str(format_skeleton("yMMM", date, locale=_calendar()))


def day_and_time(moment: datetime) -> str:
    """`21 Nov 2026, 14:05`, in the moment's own time zone."""
    return str(get_datetime_format("medium", locale=_calendar())).format(_time(moment), day(moment))


def _time(moment: datetime) -> str:
    return str(format_time(moment, "short", tzinfo=moment.tzinfo, locale=_calendar()))


def _calendar() -> str:
    language = language_in_use()
    return CALENDARS.get(language, language)
