"""Primitives, one family a file: operation, type rule and derivative together.

Importing this package fills the table of primitives.
"""
