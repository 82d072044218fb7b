"""Facturo, the demo's product: invoices for small firms, written as any firm would that integrates plg.

It imports nothing of plg. Everything it says to plg is in `growth.py`.
"""

from .app import create_product

__all__ = ["create_product"]
