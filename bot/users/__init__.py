"""People who use Troupe: directory, signing in, passwords, registration, addresses, resets, and the copy of one's data.

It may use auth, mail and what is below.
"""
