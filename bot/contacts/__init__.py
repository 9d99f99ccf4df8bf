"""People that a bot has written to: their answers, words that ask to stop, and the do-not-contact list.

It may use automation and the packages below.
"""
