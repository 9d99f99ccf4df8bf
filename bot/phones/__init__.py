"""The phone that Instagram sees at an account.

It may use vault and the packages below.
"""
