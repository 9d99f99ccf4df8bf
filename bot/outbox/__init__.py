"""Delivery rounds of outbox tables, with leases and retries.

It may use history and the packages below.
"""
