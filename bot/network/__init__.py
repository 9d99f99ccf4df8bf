"""Requests that go out: which addresses they may reach, and connections that are pinned to what was checked.

It may use storage and what is below.
"""
