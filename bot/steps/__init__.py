"""One step of a bot: its claim, its outcome, doubts and restores. Only jobs use it.

It may use messages, actions and the packages below.
"""
