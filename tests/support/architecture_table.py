"""Writes the table of a target's states into docs/architecture.md (`python -m` this module)."""

from pathlib import Path

from bot.storage.target_states import TRANSITIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
BEGINS, ENDS = "<!-- states -->", "<!-- /states -->"


def with_table(text: str) -> str:
    """The page with the table as it is now, between its two marks."""
    before, _, rest = text.partition(BEGINS)
    return f"{before}{BEGINS}\n\n{table()}\n\n{ENDS}{rest.partition(ENDS)[2]}"


def table() -> str:
    rows = [
        f"| {', '.join(f'`{state}`' for state in one.begins)} | `{one.ends}` | `{one.name}` | {one.when} |"
        for one in TRANSITIONS
    ]
    return "\n".join(["| from | to | transition | when |", "| --- | --- | --- | --- |", *rows])


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
