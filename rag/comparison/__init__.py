"""Reading across: what groups of articles say about one question, when it happened, and who reported it."""
