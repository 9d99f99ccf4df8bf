"""How a bot works, as its user and the administrators set it: preferences and ceilings.

It may use actions and what is below.
"""
