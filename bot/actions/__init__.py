"""Actions: placing, control, schedules, filters and targets.

It may use recipients, contacts, linking and what is below.
"""
