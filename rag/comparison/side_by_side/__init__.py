"""What groups of articles say about one question, a row a group."""
