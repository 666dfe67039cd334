"""Smaller versions of specs, as edits of their text: the same model with fewer sites, channels, rounds and values.

Only numbers are replaced, where they stand; so lines stay lines, and everything else (orders, graphs, index lists,
kernels, names) is what it was.
"""

from flowspec.verify.shrink.search import Shrunk, shrink, shrink_more

__all__ = ["Shrunk", "shrink", "shrink_more"]
