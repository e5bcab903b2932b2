"""Ingest files into a store: read, split, encode, store, and find duplicates and aliases."""
