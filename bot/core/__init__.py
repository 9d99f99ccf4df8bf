"""What every floor needs and no domain knows: errors and their registry, the log, causes of failures, words as texts.

It may use nothing of ours.
"""
