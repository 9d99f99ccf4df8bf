"""The queues of users in Redis: planning, inspection, figures, and the health of Redis.

It may use network, vault, storage and what is below.
"""
