"""Models: encoders turn texts into vectors, rerankers score passages together with a question."""
