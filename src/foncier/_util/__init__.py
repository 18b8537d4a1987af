"""Helpers without knowledge of the domain: atomic writes, scratch folders, storage, caches."""
