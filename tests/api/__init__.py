"""Tests of the API: what each route takes and answers; the rules behind it are tested in tests/bot."""
