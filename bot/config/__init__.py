"""What one process is started with and shares: settings of the surroundings, files, the clock and the runtime.

It may use inputs and core.
"""
