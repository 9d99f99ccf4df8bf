"""Tools of administrators and operators: release, readiness, housekeeping, keys, users, erasure, reports.

It may use every package below.
"""
