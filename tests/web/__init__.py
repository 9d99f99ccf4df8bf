"""Tests of the pages: what they show and where their forms lead; the rules are tested in tests/bot."""
