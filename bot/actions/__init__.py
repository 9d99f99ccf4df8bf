"""Actions: placing, control, schedules, filters and targets.

It may use recipients, contacts, linking and the packages below.
"""
