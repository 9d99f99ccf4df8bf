"""What administrators and operators do: release, readiness, housekeeping, keys, users, erasure, reports.

It may use everything below it.
"""
