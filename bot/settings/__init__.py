"""Settings of a bot by its user and by administrators: preferences and ceilings.

It may use actions and the packages below.
"""
