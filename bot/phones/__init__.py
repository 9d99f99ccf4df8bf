"""The phone that Instagram sees at an account: its ids, its hardware, and the place it is used in.

It may use vault and the packages below.
"""
