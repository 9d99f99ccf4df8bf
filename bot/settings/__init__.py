"""Settings of a bot by its user and by administrators: preferences, presets, lists, notifications, ceilings; undoing.

It may use actions and the packages below.
"""
