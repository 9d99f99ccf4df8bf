"""Seconds to read a CSV of ten thousand rows with every kind of bad row: `python -m tests.bench.recipients`."""

import time
from collections import Counter
from statistics import median

from bot.recipients.reading import parse_csv
from tests.bench.page import table

ROWS, ROUNDS = 10_000, 5
# Each as often as the others; every other row is good.
BAD_ROWS = {
    "no name": ",Empty",
    "spaces in the name": "two words,Bad",
    "another script": "é,é",
    "two dots": "a..b,Bad",
    "too long": f"{'x' * 31},Bad",
    "the page of a post": "https://www.instagram.com/p/abc/,Bad",
    "a quote that ends too early": 'anna"x,"y"z',
    "a quote that is never closed": '"open,Quote',
    "a NUL": "n\x00ul,Bad",
    "a name twice": "user0,Twice",
    "nothing at all": "",
}


def measure(rounds: int = ROUNDS) -> tuple[float, str]:
    """Median CPU seconds, and what became of the rows."""
    bad = list(BAD_ROWS.values())
    rows = [f'user{at},"User ""{at}"""' if at % 2 == 0 else bad[at // 2 % len(bad)] for at in range(ROWS)]
    data = "\n".join(["username,full_name", *rows]).encode()
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        found = parse_csv(data)
        seconds.append(time.process_time() - began)
    shown = ", ".join(f"`{reason}`" for reason in sorted(Counter(one.reason for one in found.rejected)))
    return (
        median(seconds),
        f"{len(found.accepted)} accepted, {found.rejected_count} rejected ({shown}), {found.folded} folded",
    )


def report(rounds: int = ROUNDS) -> str:
    seconds, what = measure(rounds)
    return table(("A CSV of 10,000 rows", "CPU s"), [(what, f"{seconds:.3f}")])


if __name__ == "__main__":
    print(report())
