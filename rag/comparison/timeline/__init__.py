"""What answers a question, in the order of when it happened."""
