"""An Instagram account and its user: linking, verification, proxy, the session, and what came of requests.

It may use automation, users and what is below.
"""
