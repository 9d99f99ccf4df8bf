"""The future of a bot: its steps of the next weeks and the ends of its actions, if nothing surprising happens.

It may use actions and the packages below.
"""
