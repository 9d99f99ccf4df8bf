"""What people type: one reader for each kind of value, and the pages of lists.

It may use core.
"""
