"""The steps of a plan as the form shows and reads them: three ready plans with numbers, and rows of the user's own."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.inputs.durations import MAX_DAYS
from bot.plans.step import Step
from bot.plans.steps import AnyStep
from bot.storage.models.values import StepKind

CUSTOM = "custom"
ROWS = range(4)
"""The rows of a plan of the user's own."""
ROW_STEPS = [
    (str(StepKind.FOLLOW), "Follow"),
    (str(StepKind.LIKE), "Like their last posts"),
    (str(StepKind.STORY), "Watch their story"),
    (str(StepKind.MESSAGE), "Send a message"),
    (str(StepKind.UNFOLLOW), "Unfollow"),
]
ROW_FACTS = [
    ("", "Always"),
    ("follows_back", "If they follow back"),
    ("accepted", "If they accept your request"),
    ("answered", "If they answer"),
]
ROW_OTHERWISE = [("", "Stop"), (str(StepKind.UNFOLLOW), "Unfollow them")]

Told = dict[str, Any]
Path = tuple[int, ...]
"""The place of a step: `(1,)` is the second one, and `(1, 0)` the first of its branch."""
_STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[AnyStep])


@dataclass
class Reading:
    """Steps as a request has them, the fields that each of them is from, and what is wrong with numbers of the form."""

    steps: list[Told] = field(default_factory=list)
    fields: dict[Path, dict[str, str]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def field_of(self, path: Path, name: str) -> str | None:
        """Return the field of the form for this field of a step."""
        return self.fields.get(path, {}).get(name)

    def days(self, name: str, text: str, least: int = 0) -> str:
        """Return a number of days as a length of time, after a look at it."""
        if re.fullmatch("[0-9]{1,2}", text, re.ASCII) and least <= int(text) <= MAX_DAYS:
            return f"{int(text)}d"
        self.problems.append((name, f"Type a whole number of days, from {least} to {MAX_DAYS}."))
        return "1d"

    def percent(self, name: str, text: str) -> float:
        """Return a number of percent as a part of 1, after a look at it."""
        if re.fullmatch("[0-9]{1,3}", text, re.ASCII) and 0 < int(text) <= 100:
            return int(text) / 100
        self.problems.append((name, "Type a whole number from 1 to 100."))
        return 1.0


@dataclass(frozen=True)
class Slot:
    """A number or a text of a ready plan that its user can change: days, posts, percent, or the text of a message."""

    name: str
    label: str
    sort: str
    value: str = ""


@dataclass(frozen=True)
class Ready:
    """A ready plan in plain words. `steps` are those of a request, with slots in them."""

    key: str
    name: str
    about: str
    steps: Sequence[Told]

    @property
    def slots(self) -> list[Slot]:
        return [slot for _, _, slot in _slots(self.steps)]

    def field_of(self, slot: Slot) -> str:
        return f"{self.key}.{slot.name}"


READY = [
    Ready(
        "back",
        "Follow, and unfollow those who don’t follow back",
        "Likes posts of those who do.",
        [
            {"do": "follow"},
            {
                "do": "like",
                "when": "follows_back",
                "within": Slot("days", "Days to wait for the follow-back", "days", "7"),
                "posts": Slot("posts", "Posts to like of those who follow back", "posts", "1"),
                "otherwise": [{"do": "unfollow"}],
            },
        ],
    ),
    Ready(
        "write",
        "Write, and once more to those who don’t answer",
        "Likes posts of those who do.",
        [
            {"do": "message", "text": Slot("text", "First message", "text")},
            {
                "do": "like",
                "when": "answered",
                "within": Slot("days", "Days to wait for an answer", "days", "4"),
                "posts": Slot("posts", "Posts to like of those who answer", "posts", "1"),
                "otherwise": [
                    {"do": "message", "text": Slot("reminder", "Second message", "text"), "again": True},
                ],
            },
        ],
    ),
    Ready(
        "interest",
        "Show interest before you follow",
        "Watches their story, likes some posts, then follows.",
        [
            {"do": "story"},
            {
                "do": "like",
                "posts": Slot("posts", "Posts to like", "posts", "2"),
                "after": Slot("days", "Days before the likes", "days", "1"),
                "share": Slot("share", "Percent of people whose posts are liked", "percent", "50"),
            },
            {"do": "follow", "after": Slot("follow_days", "Days before the follow", "days", "2")},
        ],
    ),
]


def read(values: Mapping[str, str]) -> Reading:
    """Return the steps of the chosen plan."""
    reading = Reading()
    ready = next((one for one in READY if one.key == values.get("plan", READY[0].key)), None)
    if ready:
        reading.steps = _read_ready(ready, ready.steps, values, reading, ())
    else:
        _read_rows(values, reading)
    return reading


def texts(values: Mapping[str, str]) -> dict[str, str]:
    """Return all fields of the form that hold a message, with what is typed there."""
    names = [one.field_of(slot) for one in READY for slot in one.slots if slot.sort == "text"]
    return {name: values.get(name, "") for name in [*names, *(f"rows.{number}.text" for number in ROWS)]}


def fill(steps: Sequence[Told]) -> dict[str, str] | None:
    """Return the values of the form for these stored steps; None if it cannot have them."""
    stored = _dumped(list(steps))
    ways: list[Callable[[], dict[str, str] | None]] = [*(_filling(one, steps) for one in READY), lambda: _rows(steps)]
    for way in ways:
        values = way()
        if values is None:
            continue
        reading = read(values)
        if not reading.problems and _dumped(reading.steps) == stored:
            return values
    return None


def why_not(steps: Sequence[Told]) -> str:
    """Return why the form cannot have these steps."""
    if len(steps) > len(ROWS):
        return f"It has more than {len(ROWS)} steps in a row."
    if any(step.get("otherwise") and [one["do"] for one in step["otherwise"]] != ["unfollow"] for step in steps):
        return "It has a branch with steps other than one unfollow."
    return "It has a source, a wait or a condition that the form does not have."


def _read_ready(
    ready: Ready, steps: Sequence[Told], values: Mapping[str, str], into: Reading, above: Path
) -> list[Told]:
    told = []
    for number, template in enumerate(steps):
        path, step = (*above, number), {}
        into.fields[path] = {}
        for name, value in template.items():
            if isinstance(value, Slot):
                into.fields[path][name] = ready.field_of(value)
                sent = values.get(ready.field_of(value), value.value)
                step[name] = _value(into, ready.field_of(value), value.sort, sent, _least(name))
            elif name == "otherwise":
                step[name] = _read_ready(ready, value, values, into, path)
            else:
                step[name] = value
        told.append({name: value for name, value in step.items() if value != ""})
    return told


def _least(name: str) -> int:
    """Return the fewest days of a field of a step: to wait for a fact takes some time."""
    return 1 if name == "within" else 0


def _value(into: Reading, name: str, sort: str, text: str, least: int) -> Any:
    if sort == "days":
        return into.days(name, text.strip(), least)
    if sort == "percent":
        return into.percent(name, text.strip())
    return text if sort == "text" and text.strip() else text.strip()


def _read_rows(values: Mapping[str, str], into: Reading) -> None:
    written, empty = False, None
    for number in ROWS:
        row = {name: values.get(f"rows.{number}.{name}", "") for name in ("do", "posts", "days", "if", "not", "text")}
        if not row["do"]:
            empty = number if empty is None else empty
            continue
        if empty is not None:
            # The condition of a row is about the one above it.
            into.problems.append((f"rows.{empty}.do", "Choose a step here, or leave the rows below empty."))
        path: Path = (len(into.steps),)
        names = {"posts": "posts", "text": "text", "after": "days", "within": "days", "when": "if", "do": "do"}
        into.fields[path] = {name: f"rows.{number}.{known}" for name, known in names.items()}
        step: Told = {"do": row["do"]}
        if row["do"] == StepKind.LIKE:
            step["posts"] = row["posts"].strip() or "1"
        if row["do"] == StepKind.MESSAGE:
            step |= {"again": values.get(f"rows.{number}.again", "false")}
            step |= {"text": row["text"]} if row["text"].strip() else {}
        if into.steps:
            step |= _condition(row, number, into, written=written)
        written = written or row["do"] == StepKind.MESSAGE
        into.steps.append(step)
    if not into.steps:
        into.problems.append((f"rows.{ROWS[0]}.do", "Choose what your bot should do first."))


def _condition(row: Mapping[str, str], number: int, into: Reading, *, written: bool) -> Told:
    """Return the wait and the condition of a row after the first."""
    days, fact = row["days"].strip(), row["if"]
    for name, options in (("if", ROW_FACTS), ("not", ROW_OTHERWISE)):
        if row[name] not in dict(options):
            into.problems.append((f"rows.{number}.{name}", "Choose one from the list."))
            return {}
    if not fact:
        return {"after": into.days(f"rows.{number}.days", days)} if days else {}
    if fact == "answered" and not written:
        into.problems.append((f"rows.{number}.if", "Send a message in a step before this one."))
    told: Told = {"when": fact, "within": into.days(f"rows.{number}.days", days, _least("within"))}
    return told | ({"otherwise": [{"do": row["not"]}]} if row["not"] else {})


def _filling(ready: Ready, steps: Sequence[Told]) -> Callable[[], dict[str, str] | None]:
    return lambda: _fill_ready(ready, steps)


def _fill_ready(ready: Ready, steps: Sequence[Told]) -> dict[str, str] | None:
    values = {"plan": ready.key}
    for path, name, slot in _slots(ready.steps):
        step = _step_at(steps, path)
        if step is None or name not in step:
            return None
        values[ready.field_of(slot)] = _typed(step[name], slot.sort)
    return values


def _rows(steps: Sequence[Told]) -> dict[str, str] | None:
    if len(steps) > len(ROWS):
        return None
    values = {"plan": CUSTOM}
    for number, step in enumerate(steps):
        fact = step.get("when") or ""
        days = _typed(step.get("within" if fact else "after", ""), "days")
        row = {
            "do": step["do"],
            "posts": _typed(step.get("posts"), "posts"),
            "text": step.get("text") or "",
            "again": str(bool(step.get("again"))).lower(),
            "days": days if fact or days != "0" else "",
            "if": fact,
            "not": step["otherwise"][0]["do"] if step.get("otherwise") else "",
        }
        values |= {f"rows.{number}.{name}": value for name, value in row.items() if value}
    return values


def _typed(value: Any, sort: str) -> str:
    """Return a stored value as one types it. A length of time that is not in days stays, and fits no field."""
    if sort == "days":
        return str(value).removesuffix("d")
    if sort == "percent":
        return f"{100 * value:g}"
    return "" if value is None else str(value)


def _slots(steps: Sequence[Told], above: Path = ()) -> Iterator[tuple[Path, str, Slot]]:
    for number, step in enumerate(steps):
        for name, value in step.items():
            if isinstance(value, Slot):
                yield (*above, number), name, value
            elif name == "otherwise":
                yield from _slots(value, (*above, number))


def _step_at(steps: Sequence[Told], path: Path) -> Told | None:
    for depth, number in enumerate(path):
        if number >= len(steps):
            return None
        step: Told = steps[number]
        if depth < len(path) - 1:
            steps = step.get("otherwise") or []
    return step


def _dumped(steps: list[Told]) -> list[Told] | None:
    """Return the steps with all their fields; None if they are no steps."""
    try:
        return [step.model_dump(mode="json") for step in _STEPS.validate_python(steps)]
    except ValidationError:
        return None
