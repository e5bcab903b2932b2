"""Query -> ScoredPassages."""
