"""The bot of a user: start and stop, status, wake-ups, kill switch, and figures of its activity.

It may use decision, lanes, auth and the packages below.
"""
