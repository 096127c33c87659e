"""A package whose tests lie in it."""

from .cart import Cart

__all__ = ["Cart"]
