"""The demo: its user, and what the sandbox in place of Instagram has to offer.

It may use users and the packages below.
"""
