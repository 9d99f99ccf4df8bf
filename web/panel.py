"""The bot panel of every page: one sentence, one switch, and what goes on behind them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.automation.status import BotReport, VerdictReport, bot_report
from bot.config import runtime
from bot.decision.kinds import DOING
from bot.fleet.bots import Counts, Hold, count_bots
from middleware.access import me
from web import labels, local_time, status_text
from web.banner import banner
from web.marks import own_mark
from web.once import once_a_request

SENTENCES = {
    "STARTS_LATER": "Next action is scheduled",
    "NEXT_STEP_LATER": "Next step is planned",
    "WAITING_FOR_FACT": "Waiting for what people do",
    "OUTSIDE_HOURS": "Outside your hours",
    "LIMIT_REACHED": "Limit reached",
    "COOL_DOWN": "Paused after a push-back",
    "LOOKING_UP": "Checking results again",
    "NO_WORK": "Nothing to do",
    "ALL_PAUSED": "All actions are paused",
    "BOT_STOPPED": "Your bot is off",
    "BLOCKED_AGAIN": "Blocked twice, turned off",
    "NO_WORKING_HOURS": "No hours to work in",
    "LIMIT_ZERO": "A limit is 0",
    "NOT_LINKED": "Connect your account",
    "CODE_NEEDED": "Instagram needs a code",
    "SESSION_INVALID": "Disconnected",
    "INSTAGRAM_CONFIRM_IN_APP": "Confirm in the Instagram app",
    "INSTAGRAM_LOGGED_OUT": "Instagram signed you out",
    "INSTAGRAM_CHALLENGE": "Instagram asks who you are",
    "INSTAGRAM_CONSENT": "Instagram needs your consent",
    "INSTAGRAM_SUSPENDED": "Account suspended",
    "VAULT_REFUSED": "A stored secret is unreadable",
    "KILL_SWITCH": "Stopped by your admin",
    "DATABASE_RESTORED": "Held after a restore",
    "INSTAGRAM_CLIENT_OUTDATED": "Held: app version too old",
    "INSTAGRAM_ADDRESS_BLOCKED": "Instagram refuses the address",
    "CATCHING_UP": "Reading messages first",
    "USER_DISABLED": "Disabled by your admin",
}
"""The sentence for each reason, at most 32 characters: two lines of the panel. Others are troubles that pass."""
_PAUSES = {"KIND_FAILING": "Paused after failed steps"}
"""The sentence for each error that began a rest, where Instagram asked for none."""
SPOKEN = frozenset({"ACTING", "BETWEEN_STEPS"})
"""Reasons whose sentence says what the bot does, or when."""
COUNTED_DOWN = timedelta(seconds=89)
"""A time that is not farther away than this is shown as the seconds that are left."""
# Reasons that say on what day or at what time the bot goes on.
_STARTS = frozenset({"STARTS_LATER", "NEXT_STEP_LATER"})


@dataclass(frozen=True)
class Panel:
    """The content of the panel.

    `stage` is `on` (works), `ghost` (waits) or `off`. `dot` is the connection: `on`, `off` or `bad`. `why` is the code
    of the reason if there is something to read or do. `moving` says whether it changes within moments. `mark` is a
    word for the title of the tab, and `icon` the file of its icon.
    """

    username: str | None
    connection: str
    dot: str
    stage: str
    say: Markup | str
    more: Markup | str
    on: bool
    usable: bool
    why: str | None
    moving: bool
    until: datetime | None
    mark: str = ""
    icon: str = "favicon.svg"


@dataclass(frozen=True)
class AllBots:
    """The panel of the administrator's shell. `hold` is what stops all bots, and `off` whether an admin did."""

    counts: Counts
    hold: Hold | None

    @property
    def off(self) -> bool:
        return self.hold is not None and self.hold.reason == "KILL_SWITCH"


@once_a_request
def own_panel() -> Panel:
    """Return the panel of the viewer's bot."""
    return panel(own_report())


@once_a_request
def own_report() -> BotReport:
    """Return the status of the viewer's bot."""
    # The mark is read first, so that it is never that of a later change.
    own_mark()
    return bot_report(me().id, own_moment())


@once_a_request
def own_moment() -> datetime:
    """Return the time of the status."""
    return runtime.now()


@once_a_request
def all_bots() -> AllBots:
    """Return the panel of all bots."""
    return AllBots(count_bots(), banner())


def panel(report: BotReport) -> Panel:
    """Return the panel of this bot. The switch is usable if turning it can work: off always, on with a session."""
    verdict = report.verdict
    moving = status_text.is_moving(verdict)
    needs_person = report.linked and bool(verdict.who) and not moving
    return Panel(
        username=report.instagram_username,
        connection=_connection(report),
        dot="on" if report.session_valid else "bad" if report.linked else "off",
        stage="on" if moving else "ghost" if report.bot_running and verdict.state == "waiting" else "off",
        say=_sentence(report),
        more=_more(report, moving),
        on=report.bot_running,
        usable=report.bot_running or report.session_valid,
        why=None if _needs_no_help(report, moving) else status_text.why(report),
        moving=status_text.changes(report),
        until=verdict.until or report.next_step_at,
        mark=_MARKS.get(verdict.reason, ""),
        icon="favicon-help.svg" if needs_person else "favicon.svg" if moving else "favicon-idle.svg",
    )


def _needs_no_help(report: BotReport, moving: bool) -> bool:
    verdict = report.verdict
    return moving or verdict.reason in _HINTS or status_text.heals(verdict)


def _connection(report: BotReport) -> str:
    if report.session_valid:
        return "Connected"
    if report.verification:
        return "Waiting for you" if report.verification.kind == "app" else "Waiting for a code"
    return "Disconnected" if report.linked else "Connect an account"


def _sentence(report: BotReport) -> Markup | str:
    verdict = report.verdict
    if verdict.reason == "ACTING":
        return f"{DOING[verdict.kind].capitalize()}" if verdict.kind else verdict.message.removesuffix(".")
    if verdict.reason == "BETWEEN_STEPS" and verdict.until:
        return next_step(report, verdict.until)
    return sentence(verdict)


def sentence(verdict: VerdictReport) -> str:
    """Return the sentence of a reason to wait or to be halted, of a bot or of one of its actions."""
    return (
        _PAUSES.get(verdict.cause or "")
        or SENTENCES.get(verdict.reason)
        or ("Trying again soon" if status_text.heals(verdict) else "Needs help")
    )


def explained(verdict: VerdictReport) -> Markup | str:
    """Return the sentence with the time at which a wait ends, for one action of a list."""
    if not verdict.until or verdict.state != "waiting":
        return sentence(verdict)
    return Markup("{} · {} {}").format(sentence(verdict), next_word(verdict).lower(), due(verdict.until))


def next_word(verdict: VerdictReport) -> str:
    """Return what happens when a wait ends. A bot that waits for a person only tries whether they acted."""
    return "Starts" if verdict.reason in _STARTS else "Tries again" if verdict.who else "Resumes"


def _more(report: BotReport, moving: bool) -> Markup | str:
    verdict = report.verdict
    if moving:
        used, top = (sum(getattr(limit, name) for limit in report.limits) for name in ("used", "effective"))
        return f"{used} of {top} steps today"
    if verdict.who == "admin":
        return "Your admin has to act."
    if verdict.until and verdict.state == "waiting":
        return Markup("{} {}").format(next_word(verdict), due(verdict.until))
    return _HINTS.get(verdict.reason, "")


_MARKS = {"LIMIT_REACHED": "Limit", "COOL_DOWN": "Paused", "KILL_SWITCH": "Stopped", "SESSION_INVALID": "Disconnected"}

_HINTS = {
    "NO_WORK": "Start an action.",
    "BOT_STOPPED": "Turn it on to let it work.",
    "NOT_LINKED": "Then your bot can work.",
}


def next_step(report: BotReport, at: datetime) -> Markup:
    """Return what the bot does next and when, such as `Next follow in 38 s`."""
    noun = labels.KINDS[report.next_step_kind][0] if report.next_step_kind in labels.KINDS else "step"
    return Markup("Next {} {}").format(noun, due(at))


def due(at: datetime) -> Markup:
    """Return when that is: `in 38 s` if soon, else `at 14:37`, with the day if it is another one.

    A script counts the seconds down; without it the text is that of the moment the page was made.
    """
    left = round((at - runtime.now()).total_seconds())
    if left <= 0:
        return Markup("now")
    if left <= COUNTED_DOWN.total_seconds():
        return Markup('in <time datetime="{}" data-countdown>{} s</time>').format(
            at.isoformat(timespec="seconds"), left
        )
    shown = local_time.moment(at)
    return shown if "," in shown else Markup("at {}").format(shown)
