"""Readings of what came of follows: who accepted, followed back and left, within a daily budget.

It may use automation and the packages below.
"""
