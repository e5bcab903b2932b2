"""Question -> Hits."""
