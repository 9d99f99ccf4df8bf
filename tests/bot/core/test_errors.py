"""The registry, and the stable codes of unforeseen errors."""

import re

import pytest

from bot.core.errors import BotException, find_code, generate_error_code, invalid, origin_of, registry, stack_of


def test_codes_are_well_formed_unique_and_in_order():
    codes = [entry.code for entry in registry().values()]
    assert len(set(codes)) == len(codes)
    numbers: dict[str, int] = {}
    for code in codes:
        module, _, number = re.fullmatch(
            r"E-(AUTH|USR|BOT|FLW|LIKE|STO|DM|SCH|QTA|DB|API|NET)-([IWEC])-(\d{4})", code
        ).groups()
        numbers[module] = numbers.get(module, 0) + 1
        assert int(number) == numbers[module], code


def test_every_entry_says_what_happened_what_to_do_and_who_must_act():
    for entry in registry().values():
        assert entry.description.endswith("."), entry.name
        assert entry.remedy.endswith("."), entry.name
        assert entry.who in ("user", "admin", "nobody"), entry.name
        assert 200 <= entry.status < 600, entry.name


def test_the_code_of_the_first_design_is_kept():
    assert BotException("SESSION_INVALID").code == "E-AUTH-E-0003"
    assert find_code("E-AUTH-E-0003") is registry()["SESSION_INVALID"]


def _fails():
    raise KeyError("a secret that somebody typed")


def _caught():
    try:
        _fails()
    except KeyError as error:
        return error


def test_a_fingerprint_is_stable_and_never_a_registered_number():
    first, second = generate_error_code(_caught()), generate_error_code(_caught())
    assert first == second
    assert re.fullmatch(r"E-[A-Z]+-C-[A-F][0-9A-F]{3}", first)


def test_file_and_line_are_those_of_our_own_code():
    origin = origin_of(_caught())
    assert origin.file == "tests/bot/core/test_errors.py"
    assert origin.function == "_fails"


@pytest.mark.parametrize("make", [lambda: BotException("DATABASE_RESTORED"), lambda: invalid("name", "No.")])
def test_a_failure_that_is_never_raised_says_where_it_was_made(make):
    error = make()
    origin = origin_of(error)
    assert origin.file in ("tests/bot/core/test_errors.py", "bot/core/errors.py")
    assert origin.line > 0
    assert stack_of(error) == [f"{origin.file}:{origin.line} {origin.function}"]


def test_a_stack_holds_no_values():
    assert "secret" not in "".join(stack_of(_caught()))
