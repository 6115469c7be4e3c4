"""What the provider costs: API calls, 429s, seconds and memory, beside what it is compared with.

Kept free of imports: the programs that the engines run import modules of this package, and their start is measured.
"""
