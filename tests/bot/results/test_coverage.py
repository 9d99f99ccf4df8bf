"""An interval of 95 % holds the true share in 95 of 100 drawn worlds, within 2, whatever the share and the size."""

from random import Random

import pytest

from bot.results.rates import Rate, compared

WORLDS = 4_000
CLOSE = 0.02
SIZES = (10, 30, 100, 700)


def drawn(chance, of, share):
    return sum(chance.random() < share for _ in range(of))


def holds(rate, share):
    low, high = rate.interval
    return low <= share <= high


def coverage(worlds):
    """The part of (rate, true share) in which the interval holds the share."""
    found = [holds(rate, share) for rate, share in worlds]
    return sum(found) / len(found)


@pytest.mark.parametrize("of", SIZES)
@pytest.mark.parametrize(("least", "most"), [(0.02, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.98)])
def test_an_interval_holds_the_true_share_as_often_as_stated(of, least, most):
    chance = Random(f"{of} {least}")  # noqa: S311
    worlds = WORLDS if of < 700 else WORLDS // 4
    shares = [chance.uniform(least, most) for _ in range(worlds)]
    assert coverage((Rate(drawn(chance, of, share), of), share) for share in shares) == pytest.approx(0.95, abs=CLOSE)


def test_an_interval_of_many_days_and_bots_holds_their_mean_share():
    """Each bot has a share of its own, and each day more or fewer people, of whom more or fewer do it."""
    chance, worlds = Random(1), []  # noqa: S311
    for _ in range(1_500):
        bot = chance.uniform(0.05, 0.6)
        days = [(chance.randint(0, 4), min(1.0, bot * chance.uniform(0.6, 1.4))) for _ in range(60)]
        of = sum(people for people, _ in days)
        hits = sum(drawn(chance, people, share) for people, share in days)
        worlds.append((Rate(hits, of), sum(people * share for people, share in days) / of))
    assert coverage(worlds) == pytest.approx(0.95, abs=CLOSE)


@pytest.mark.parametrize(("lost_yes", "lost_no"), [(0.2, 0.2), (0.4, 0.0), (0.0, 0.4)])
def test_unknown_people_cost_width_and_no_coverage_whoever_they_are(lost_yes, lost_no):
    """Mostly those who did it may be unknown, or mostly those who did not: the interval holds both."""
    chance, worlds = Random(2), []  # noqa: S311
    for _ in range(WORLDS):
        share, of = chance.uniform(0.05, 0.8), chance.randint(30, 120)
        yes = drawn(chance, of, share)
        known_yes, known_no = yes - drawn(chance, yes, lost_yes), of - yes - drawn(chance, of - yes, lost_no)
        known = known_yes + known_no
        if known >= 10:
            worlds.append((Rate(known_yes, known, of - known), share))
    assert coverage(worlds) >= 0.95 - CLOSE


def test_of_equal_sources_hardly_one_is_called_better():
    """One look at five equal sources: a verdict that is wrong comes no more often than in 5 of 100 worlds."""
    chance, wrong = Random(3), 0  # noqa: S311
    for _ in range(WORLDS):
        share = chance.uniform(0.05, 0.5)
        rates = [Rate(drawn(chance, of, share), of) for of in (chance.randint(30, 150) for _ in range(5))]
        verdicts = {compared(rate, [one for one in rates if one is not rate]) for rate in rates}
        wrong += bool(verdicts & {"better", "worse"})
    assert wrong / WORLDS <= 0.05
