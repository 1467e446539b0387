"""The card in Python: an independent reference for the RTL's benches, without anything but the standard library.

`montgomery` is one product, digit by digit as the multipliers see it; `operations` what an engine computes with it, and how
many products that takes; `projection` what that is in cycles; `descriptors` the byte layouts; `card` the card as its host
sees it: contexts, checks, status codes, memory.
"""
