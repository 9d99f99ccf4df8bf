"""The next act of a bot and its time: a pure decision over a snapshot, and the readers of that snapshot.

It may use alerts and the packages below.
"""
