"""Lanes: the queues of users in Redis, their planning, inspection and figures, and the health of Redis.

It may use network, vault, storage and the packages below.
"""
