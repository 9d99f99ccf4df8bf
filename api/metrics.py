"""/metrics: lanes, workers, Redis and sign-ins for Prometheus; closed without METRICS_TOKEN."""

from collections.abc import Iterator
from hmac import compare_digest
from itertools import accumulate

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.auth.session_counts import SignInCounts, read_counts
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.lanes.inspection import reached
from bot.lanes.metrics import LAG_BOUNDS, Counts
from bot.lanes.overview import Overview, overview
from middleware.access import public

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
@public
def show() -> Response:
    """Show the metrics, with the token as `Authorization: Bearer`.

    If Redis is away, `troupe_redis_up` is 0 and the call still succeeds.
    """
    _check_token()
    registry = CollectorRegistry()
    registry.register(_Figures(_read()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


def _check_token() -> None:
    token = runtime().config.metrics_token
    if token is None:
        raise BotException("NOT_FOUND")
    given = request.authorization.token if request.authorization and request.authorization.type == "bearer" else None
    if not compare_digest((given or "").encode(), token.get_secret_value().encode()):
        raise BotException("AUTHENTICATION_REQUIRED")


def _read() -> tuple[Overview, SignInCounts] | None:
    try:
        seen = overview()
        with reached() as redis:
            return seen, read_counts(redis)
    except BotException:
        return None


class _Figures(Collector):
    """Metrics of one snapshot of the figures, which is None if Redis is away."""

    def __init__(self, seen: tuple[Overview, SignInCounts] | None) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        yield _gauge("redis_up", "Whether Redis answers.", int(self._seen is not None))
        if self._seen:
            lanes, sign_ins = self._seen
            yield from _gauges(lanes)
            yield from _counted(lanes.totals)
            yield from _sign_ins(sign_ins)


def _gauges(seen: Overview) -> Iterator[Metric]:
    lanes = GaugeMetricFamily("troupe_lanes", "Lanes by what they do.", labels=["state"])
    for state, count in {"planned": seen.planned, "due": seen.due, "running": seen.leased}.items():
        lanes.add_metric([state], count)
    yield lanes
    oldest = (seen.at - seen.oldest_due_at).total_seconds() if seen.oldest_due_at else 0
    yield _gauge("lane_oldest_due_seconds", "For how long the first lane has waited for a worker.", oldest)
    yield _gauge("lanes_late", "Lanes that have waited for minutes.", seen.late)
    yield _gauge("lanes_stuck", "Lanes whose job should have ended.", len(seen.stuck))
    yield _gauge("workers", "Workers that are registered.", len(seen.workers))
    yield _gauge("workers_silent", "Those that have not been heard of for half a minute.", seen.silent)
    if seen.threads is not None:
        yield _gauge("worker_threads", "Threads of all workers.", seen.threads)
    if seen.swept_at:
        age = (seen.at - seen.swept_at).total_seconds()
        yield _gauge("clock_seconds", "For how long the clock has not looked after the lanes.", age)
    yield _gauge("redis_memory_bytes", "Memory that Redis uses.", seen.redis.used)
    if seen.redis.limit:
        yield _gauge("redis_memory_limit_bytes", "Memory that Redis may use.", seen.redis.limit)
    concerns = GaugeMetricFamily("troupe_concern", "What is wrong, as on the page of lanes.", labels=["code", "name"])
    for entry in seen.concerns:
        concerns.add_metric([entry.code, entry.name], 1)
    yield concerns


def _counted(totals: Counts) -> Iterator[Metric]:
    lag = HistogramMetricFamily("troupe_start_lag_seconds", "From the time a lane was due to the start of its job.")
    # The last bound takes everything that lasted longer.
    buckets = [
        (str(bound / 1000), float(below)) for bound, below in zip(LAG_BOUNDS, accumulate(totals.lags), strict=True)
    ]
    lag.add_metric([], [*buckets[:-1], ("+Inf", float(totals.started))], sum_value=None)
    yield lag
    yield _counter("jobs_started", "Jobs that a worker took.", totals.started)
    yield _counter("jobs_ended", "Jobs that ended, well or not.", totals.ended)
    yield _counter("leases_lapsed", "Leases that were not released: their worker died or was cut off.", totals.lapsed)


def _sign_ins(counts: SignInCounts) -> Iterator[Metric]:
    yield _gauge("sign_ins", "Sign-ins in use, as of the last clean-up.", counts.in_use)
    yield _counter("sign_ins_ended", "Sign-ins that clean-ups found idle or expired.", counts.ended)
    yield _counter("sign_ins_forgotten", "Sign-ins that clean-ups removed from the history.", counts.forgotten)
    if counts.cleaned_at:
        age = (now() - counts.cleaned_at).total_seconds()
        yield _gauge("sign_ins_cleaned_seconds", "Time since the last clean-up, which the clock does a minute.", age)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"troupe_{name}", words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"troupe_{name}", words, value=value)
