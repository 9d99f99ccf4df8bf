"""`flask vault`: the master keys in use, and sealing everything again with the first one."""

from collections.abc import Iterator

import click

from bot.operations.key_rotation import KeyState, count_values, key_states, rotate
from bot.operations.lane_commands import ErrorsAsText


@click.group("vault", cls=ErrorsAsText)
def vault_command() -> None:
    """Show the master keys and the values that need them, and change to another key."""


@vault_command.command("status")
def status() -> None:
    """Print the number of values of each key. The status is 1 if a key is missing."""
    counts = count_values()
    states = key_states(counts)
    for state in states:
        click.echo(f"key {state.id}: {', '.join(_words(state))}")
        for (column, key_id), count in sorted(counts.items()):
            if key_id == state.id:
                click.echo(f"  {column:<48} {count}")
    if any(state.values and not state.configured for state in states):
        raise SystemExit(1)


def _words(state: KeyState) -> Iterator[str]:
    yield f"{state.values} values"
    if state.first:
        yield "the first, which seals"
    elif state.configured and not state.values:
        yield "not needed by any value" + (", may be removed" if state.retired_at else "; `rotate` retires it")
    if not state.configured:
        yield "MISSING, values cannot be opened" if state.values else "removed"
    if state.lost:
        yield "given up as lost"


@vault_command.command("rotate")
def rotate_command() -> None:
    """Seal every value again with the first key, while the system runs. The status is 1 if a value does not open.

    It may be interrupted and started again. Restart every process with the new key before.
    """
    done = rotate(click.echo)
    for place in done.refused:
        click.echo(f"cannot be opened: {place}", err=True)
    click.echo(f"sealed again: {done.renewed}; changed meanwhile: {done.overtaken}")
    for key_id in done.retired:
        click.echo(f"key {key_id} is no longer needed and may be removed")
    if done.refused:
        raise SystemExit(1)
