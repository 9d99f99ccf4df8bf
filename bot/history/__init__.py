"""Records of what happened: activity, audit, error codes, refusals, and responses for replay.

It may use network, vault, storage and the packages below.
"""
