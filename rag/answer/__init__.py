"""ScoredPassages -> Answer."""
