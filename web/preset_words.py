"""Words of the presets of pace and hours, for the first run and the settings alike."""

from bot.settings.preferences import DAYS, Week
from bot.settings.presets import SCHEDULES, SLOWER, PaceName, ScheduleName

RECOMMENDED: ScheduleName = "every_day"
PACES: dict[PaceName, tuple[str, str]] = {
    "normal": ("Normal", "The defaults, recommended"),
    "careful": ("Careful", "Half the limits, twice the delays" if SLOWER == 2 else f"{SLOWER} times slower"),
}
_NAMES: dict[ScheduleName, str] = {"work_days": "Work days", "every_day": "Every day", "evenings": "Evenings"}


def schedules() -> dict[ScheduleName, tuple[str, str]]:
    """Return the name of each preset of the hours, and what it does."""
    return {name: (_NAMES[name], _about(name, week)) for name, week in SCHEDULES.items()}


def _about(name: ScheduleName, week: Week) -> str:
    worked = [day for day in DAYS if getattr(week, day)]
    span = getattr(week, worked[0])
    hours = f"{_short(span.start)}–{_short(span.end)}"
    if len(worked) < len(DAYS):
        return f"{worked[0][:3].capitalize()}–{worked[-1][:3].capitalize()} {hours}"
    return f"{hours}, recommended" if name == RECOMMENDED else f"Every day {hours}"


def _short(time: str) -> str:
    """Return a time without zeros that no one reads: 9, 17, 9:30."""
    return time.removesuffix(":00").removeprefix("0")
