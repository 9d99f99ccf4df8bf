"""A failure's cause is told by classes and codes, and by nothing that anybody typed."""

import errno
import smtplib
import socket
import sqlite3
import ssl

import psycopg
import pytest
from redis import exceptions as redis_exceptions
from sqlalchemy import exc

from bot.core.causes import cause_of
from bot.core.errors import BotException

CANARY = "canary-password-7c1e"


def broken_chain():
    """A failure that hides from people what it came from, three deep."""
    try:
        try:
            raise ConnectionRefusedError(errno.ECONNREFUSED, CANARY)
        except OSError as error:
            raise redis_exceptions.ConnectionError(CANARY) from error
    except redis_exceptions.ConnectionError:
        try:
            raise BotException("QUEUE_UNAVAILABLE", CANARY) from None
        except BotException as failure:
            return failure


def from_database(original):
    return exc.OperationalError(f"SELECT {CANARY}", {"typed": CANARY}, original)


def locked_by_sqlite():
    error = sqlite3.OperationalError(CANARY)
    error.sqlite_errorname = "SQLITE_BUSY"
    return from_database(error)


def refused_certificate():
    error = ssl.SSLCertVerificationError(1, CANARY)
    error.reason, error.verify_message = "CERTIFICATE_VERIFY_FAILED", f"not valid for {CANARY}"
    return error


@pytest.mark.parametrize(
    ("error", "codes"),
    [
        (broken_chain(), {"errno": "ECONNREFUSED"}),
        (locked_by_sqlite(), {"sqlite_error": "SQLITE_BUSY"}),
        (from_database(psycopg.errors.DiskFull(CANARY)), {"sqlstate": "53100"}),
        (from_database(psycopg.errors.ReadOnlySqlTransaction(CANARY)), {"sqlstate": "25006"}),
        (from_database(psycopg.OperationalError(CANARY)), {}),
        (smtplib.SMTPAuthenticationError(535, CANARY.encode()), {"smtp_code": 535}),
        (smtplib.SMTPRecipientsRefused({f"{CANARY}@example.org": (550, b"no")}), {"smtp_code": 550}),
        (refused_certificate(), {"tls_reason": "CERTIFICATE_VERIFY_FAILED"}),
        (socket.gaierror(socket.EAI_NONAME, CANARY), {"errno": "EAI_NONAME"}),
        (OSError(errno.ENOSPC, CANARY, CANARY), {"errno": "ENOSPC"}),
        (TimeoutError(CANARY), {}),
        (KeyError(CANARY), {}),
        (UnicodeEncodeError("ascii", CANARY, 0, 1, CANARY), {}),
    ],
)
def test_codes_are_told_and_texts_are_not(error, codes):
    told = cause_of(error)
    assert {name: value for name, value in told.items() if name != "chain"} == codes
    assert CANARY not in repr(told)


def test_the_chain_goes_down_to_what_began_it_whoever_hides_it():
    chain = ["bot.core.errors.BotException", "redis.exceptions.ConnectionError", "ConnectionRefusedError"]
    assert cause_of(broken_chain())["chain"] == chain


def test_what_a_library_wraps_is_part_of_the_chain():
    assert cause_of(locked_by_sqlite())["chain"] == ["sqlalchemy.exc.OperationalError", "sqlite3.OperationalError"]


def test_a_chain_that_bites_its_tail_ends():
    one, other = KeyError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert cause_of(one)["chain"] == ["KeyError", "ValueError"]
