"""Files -> a store."""
