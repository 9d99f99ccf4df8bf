"""`flask instagram-check`: the replies of Instagram to one user's account, compared with the contracts."""

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NoReturn

import click

from bot.automation.client_releases import CLIENT, newest_release
from bot.automation.recordings import objections, text_of
from bot.core.errors import BotException, find_code
from bot.operations.instagram_check import Check, begin_check, look, withdraw

DIFFERS, UNKNOWN_USER, REFUSED, INTERRUPTED = 1, 2, 3, 130


@click.command("instagram-check")
@click.argument("username")
@click.option("--online", is_flag=True, help="Compare the version of the client with the package index.")
@click.option(
    "--record",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save paths, statuses and shapes of the replies to a new FILE, after a look at it.",
)
def instagram_check_command(username: str, file: Path | None, *, online: bool) -> None:
    """Read one reply of each kind with the Instagram account of USERNAME, in its lane. Nothing is changed there.

    The status is 0 if all is as expected, 1 if something differs or could not be compared or saved, 2 for an unknown
    user or a wrong call, 3 if the account must not be used now or Instagram pushed back, 130 after Ctrl-C.
    """
    if file is not None:
        _check_new(file)
    compared = _compare_versions() if online else True
    report = _read(username, record=file is not None)
    differs = _summarize(report)
    if report["stopped"]:
        _end(BotException(report["stopped"]), REFUSED)
    saved = _save(report["recording"], report["names"], file) if file is not None else True
    if differs or not compared or not saved:
        raise SystemExit(DIFFERS)


def _check_new(file: Path) -> None:
    """Raise UsageError unless the file is new and can be written, before anything is read."""
    if file.exists():
        raise click.UsageError(f"{file} exists. Name a new file.")
    try:
        with TemporaryFile(dir=file.parent):
            pass
    except OSError as failed:
        raise click.UsageError(f"No file can be written in {file.parent}: {failed.strerror}.") from None


def _compare_versions() -> bool:
    here = version(CLIENT)
    try:
        newest = newest_release()
    except BotException as away:
        click.echo(_words(away), err=True)
        return False
    remark = "which is the newest release" if newest == here else f"and the newest release is {newest}"
    click.echo(f"{CLIENT} {here} is installed, {remark}.")
    return True


def _read(username: str, *, record: bool) -> dict[str, Any]:
    """Ask a worker and print what it has read, until it ends. Return the report, with the `names` of the user."""
    try:
        check = begin_check(username, record_shapes=record)
    except BotException as refused:
        _end(refused, UNKNOWN_USER if refused.name == "USER_NOT_FOUND" else REFUSED)
    click.echo(
        f"Reading with the account of {username}. Nothing is changed there. Ctrl-C stops after the present read."
    )
    try:
        return _followed(check) | {"names": check.names}
    except KeyboardInterrupt:
        withdraw(check)
        click.echo("Interrupted. Nothing further is read.", err=True)
        raise SystemExit(INTERRUPTED) from None
    except BotException as failed:
        _end(failed, REFUSED)


def _followed(check: Check) -> dict[str, Any]:
    shown, waits = 0, False
    while True:
        answer = look(check)
        reads: Any = answer.result.get("reads", [])
        for line in reads[shown:]:
            click.echo(f"  {line['read']:<18} {_outcome(line)}")
        shown = len(reads)
        if not answer.pending:
            return dict(answer.result)
        if not shown and not waits:
            click.echo("  waiting for the account's queue")
            waits = True


def _outcome(line: dict[str, Any]) -> str:
    status = f"{line['http_status']}  " if "http_status" in line else ""
    if note := line.get("note"):
        return f"not read: {note}"
    differences = "".join(f"\n    {one}" for one in line.get("differences", ()))
    if error := line.get("error"):
        entry = find_code(error)
        return f"{status}{error}: {entry.description if entry else ''}{differences}"
    return status + (f"differs{differences}" if differences else "as expected")


def _summarize(report: dict[str, Any]) -> bool:
    """Print the end of the report. Return whether anything is not as expected."""
    reads = report["reads"]
    differing = [line for line in reads if line.get("differences") or line.get("error")]
    read = [line for line in reads if "http_status" in line]
    for said in dict.fromkeys((one["where"], one["value"]) for one in report["said"]):
        click.echo(f"Instagram says where the account is: {said[1]} ({said[0]})")
    click.echo(
        f"{CLIENT} {report['client']}, app {report['app']}: {len(read)} replies read, {len(differing)} not as expected."
    )
    return bool(differing)


def _save(recording: dict[str, Any], names: frozenset[str], file: Path) -> bool:
    """Look a recording over, show it, and save it if that is confirmed. Return whether it is saved."""
    against = objections(recording, names)
    if against:
        click.echo("The recording is not saved, because it may hold something of the account:", err=True)
        for why in against:
            click.echo(f"  {why}", err=True)
        return False
    text = text_of(recording)
    click.echo(text)
    if not click.confirm(f"This is all that is saved. Save it to {file}?"):
        click.echo("Nothing is saved.")
        return False
    with file.open("x", encoding="utf-8") as new:
        new.write(text)
    click.echo(f"Saved to {file}.")
    return True


def _end(error: BotException, status: int) -> NoReturn:
    click.echo(_words(error), err=True)
    raise SystemExit(status)


def _words(error: BotException) -> str:
    until = f" Until {error.meta['until']}." if "until" in error.meta else ""
    return f"{error.code} {error.name}: {error.message}{until} {error.remedy}"
