"""The ground that knows no domain: errors and their registry, the log, causes of failures, and text.

It may use nothing of ours.
"""
