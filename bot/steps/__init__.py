"""One step of a bot: its claim, its outcome, and what is done about doubts and restores. Jobs alone use it.

It may use messages, actions and what is below.
"""
