"""Proof of who somebody is: passwords, second factor, devices, sign-ins and the throttle.

It may use mail and what is below; it knows no directory of users.
"""
