"""The future of a bot: its steps of the next weeks and the ends of its actions, if nothing surprising happens.

It may use plans and the packages below.
"""
