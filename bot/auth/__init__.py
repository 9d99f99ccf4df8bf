"""Proof of identity: passwords, second factor, devices, sign-ins and the throttle.

It may use mail and the packages below. It knows no directory of users.
"""
