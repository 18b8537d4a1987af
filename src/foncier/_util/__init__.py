"""Helpers without a word of the domain."""
