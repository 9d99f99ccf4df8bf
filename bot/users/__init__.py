"""Users of Troupe: directory, sign-in, passwords, registration, addresses, resets, and the copy of their data.

It may use auth, mail and the packages below.
"""
