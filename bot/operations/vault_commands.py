"""`flask vault`: which master keys are needed, and sealing everything anew with the first one."""

from collections.abc import Iterator

import click

from bot.operations.key_rotation import KeyState, count_values, key_states, rotate
from bot.operations.lane_commands import Told


@click.group("vault", cls=Told)
def vault_command() -> None:
    """The master keys: which are needed, which may be taken away, and changing to another one."""


@vault_command.command("status")
def status() -> None:
    """Print how many values each key has sealed. The status is 1 when a key is missing."""
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
        yield "not needed by any value" + (", may be taken away" if state.retired_at else "; `rotate` retires it")
    if not state.configured:
        yield "MISSING, values cannot be opened" if state.values else "taken away"
    if state.lost:
        yield "given up as lost"


@vault_command.command("rotate")
def rotate_command() -> None:
    """Seal everything anew with the first key, while the system runs. The status is 1 when a value does not open.

    May be broken off and started again. Every process has to be restarted with the new key before.
    """
    done = rotate(click.echo)
    for place in done.refused:
        click.echo(f"cannot be opened: {place}", err=True)
    click.echo(f"sealed anew: {done.renewed}; changed by others meanwhile: {done.overtaken}")
    for key_id in done.retired:
        click.echo(f"key {key_id} is needed no more and may be taken away")
    if done.refused:
        raise SystemExit(1)
