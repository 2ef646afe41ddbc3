"""A stand-in for the provider, in a process of its own: it takes every text, reports it, and rings nowhere.

For test installations, where everything else is as in production (`flask ops stand-in`). What it took is shown by
telephone, where whoever has its password can write back; it keeps all of it in memory, and forgets it at its end.
"""
