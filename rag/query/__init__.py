"""What a question asks for: the caller's filters, the constraints in its words, and the names in it."""
