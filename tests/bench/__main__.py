"""`make bench`: all measurements but the month and the results, a table each; `--write` puts them into the docs."""

import sys

from tests.bench import client, downloads, isolation, lane_waits, lanes, pages, recipients, results_year, sign_in, step
from tests.bench.page import machine, sandbox_mode, write


def main() -> None:
    taken = f"On {machine()}, against {sandbox_mode()}, by `make bench WRITE=1`."
    for section, report in (
        ("steps", step.report),
        ("client", client.report),
        ("lanes", lanes.report),
        ("lane-waits", lane_waits.report),
        ("isolation", isolation.report),
        ("recipients", recipients.report),
        ("sign-ins", sign_in.report),
        ("pages", pages.report),
        ("downloads", downloads.report),
        ("results-year", results_year.report),
    ):
        text = f"{taken}\n\n{report()}"
        print(text, end="\n\n", flush=True)
        if "--write" in sys.argv:
            write(section, text)


main()
