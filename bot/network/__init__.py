"""Outgoing requests: the addresses they may reach, and connections pinned to a checked address.

It may use storage and the packages below.
"""
