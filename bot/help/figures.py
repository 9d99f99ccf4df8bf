"""Figures of the help articles, in words. Each comes from the constant that the product itself uses."""

from datetime import timedelta

from bot.actions.placing import MAX_OPEN
from bot.actions.schedules import MAX_WITHOUT_SOURCE
from bot.alerts.channels import MAX_CHANNELS
from bot.alerts.delivery import MAX_TRIES as WEBHOOK_TRIES
from bot.auth import recovery_codes, throttle
from bot.auth.devices import KNOWN_FOR
from bot.auth.passwords import MINIMUM
from bot.auth.session_list import HISTORY
from bot.decision import limit_rules, pushback
from bot.decision.troubles import UNFORESEEN_PAUSE
from bot.lanes.redis_health import ALMOST_FULL
from bot.linking import dry_runs, outcomes
from bot.messages.deliveries import MAX_ALIKE
from bot.messages.replying import MAX_UNANSWERED, MAX_WAITING
from bot.network.pinned_http import WHOLE_SECONDS
from bot.recipients.reading import MAX_ACCEPTED, MAX_BYTES
from bot.steps.effect_checks import DEMO_RECONCILE_AFTER, RECONCILE_AFTER
from bot.steps.near_limits import NEAR
from bot.steps.outcomes import MAX_FAILURES
from bot.storage.costly import MAX_AT_ONCE
from bot.storage.models.values import AttemptKind
from bot.users import reauthentication, registration, two_step_sign_in
from bot.users.directory import FIRST_PASSWORD_DAYS

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Lengths of this or more are said in days.
_IN_DAYS = timedelta(days=4)


def length(span: timedelta) -> str:
    """Return a length of time in its largest whole unit: days from four on, else hours, minutes or seconds."""
    for unit, name in ((timedelta(days=1), "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if not span % unit and span >= (_IN_DAYS if name == "day" else unit):
            return _number(span // unit, name)
    return _number(int(span.total_seconds()), "second")


def _number(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def figures(*, demo: bool = False) -> dict[str, str]:
    """Return the figures by the names that articles use in braces. In the demo some waits are shorter."""
    sign_ins = throttle.ATTEMPT_LIMITS[AttemptKind.SIGN_IN]
    lengths = _LENGTHS | _DEMO_LENGTHS if demo else _LENGTHS
    return {
        **{name: length(span) for name, span in lengths.items()},
        **{name: f"{number:,}" for name, number in _NUMBERS.items()},
        "sign_in_tries": str(sign_ins.account_and_network),
        "near": f"{NEAR:.0%}",
        "redis_share": f"{ALMOST_FULL:.0%}",
        "list_size": f"{MAX_BYTES // 1024**2} MB",
    }


_LENGTHS = {
    "address_rest": pushback.ADDRESS_REST,
    "block_rest": pushback.BLOCK_REST,
    "caution": limit_rules.CAUTION,
    "check_pause": dry_runs.CHECK_PAUSE,
    "checked_after": RECONCILE_AFTER,
    "confirmed_for": reauthentication.TTL,
    "device_history": KNOWN_FOR,
    "failing_rest": pushback.FAILING_REST,
    "first_password": timedelta(days=FIRST_PASSWORD_DAYS),
    "preview_pause": dry_runs.PAUSE,
    "registration_link": registration.TTL,
    "repeated_rest": pushback.REPEATED_BLOCK_REST,
    "repeated_within": pushback.REPEATED_WITHIN,
    "sign_in_history": HISTORY,
    "sign_in_waits": two_step_sign_in.TTL,
    "try_window": throttle.WINDOW,
    "unforeseen_pause": UNFORESEEN_PAUSE,
    "wait_rest": pushback.WAIT_REST,
    "warm_up": timedelta(days=limit_rules.RAMP_DAYS),
    "webhook_wait": timedelta(seconds=WHOLE_SECONDS),
}
_DEMO_LENGTHS = {"checked_after": DEMO_RECONCILE_AFTER, "preview_pause": dry_runs.DEMO_PAUSE}
_NUMBERS = {
    "action_failures": MAX_FAILURES,
    "alike": MAX_ALIKE,
    "channels": MAX_CHANNELS,
    "code_tries": two_step_sign_in.MAX_TRIES,
    "failures_in_a_row": pushback.MAX_FAILURES,
    "large_at_once": MAX_AT_ONCE,
    "listed_people": MAX_ACCEPTED,
    "not_done_in_a_row": pushback.IN_A_ROW[pushback.NOT_DONE],
    "open_actions": MAX_OPEN,
    "password_minimum": MINIMUM,
    "recovery_codes": recovery_codes.COUNT,
    "refused_in_a_row": pushback.IN_A_ROW[pushback.MESSAGE_REFUSED],
    "unanswered_replies": MAX_UNANSWERED,
    "waiting_replies": MAX_WAITING,
    "webhook_tries": WEBHOOK_TRIES,
    "without_source": MAX_WITHOUT_SOURCE,
    "wrong_codes": outcomes.MAX_WRONG_CODES,
}
