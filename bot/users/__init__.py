"""People who use Troupe: the directory, signing in, registration, addresses, resets, and the copy of one's data.

It may use auth, mail and what is below.
"""
