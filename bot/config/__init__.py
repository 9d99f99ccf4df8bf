"""The shared parts of one process: settings of the environment, file modes, the clock and the runtime.

It may use inputs and core.
"""
