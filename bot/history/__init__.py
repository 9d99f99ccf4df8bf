"""What is kept of what happened: activity, audit, codes of errors, refusals, and answers that are replayed.

It may use network, vault, storage and what is below.
"""
