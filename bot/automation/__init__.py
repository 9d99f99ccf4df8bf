"""The bot of a user: its start and stop, its status, wake-ups, the kill switch, and figures of its activity.

It may use decision, lanes, auth and what is below.
"""
