"""All bots as an administrator sees them: the verdict of each, what needs a person, totals, and reminders.

It may use operations and the packages below.
"""
