"""The Instagram account of a user: linking, verification, proxy, session, and results of requests.

It may use automation, users and the packages below.
"""
