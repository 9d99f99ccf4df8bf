"""Outbox: the clock delivers rows, such as mails and alerts, at least once, under a lease, with pauses that grow.

It may use history, vault, network, storage and what is below.
"""
