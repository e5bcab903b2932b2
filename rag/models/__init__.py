"""Models: encoders turn texts into vectors, rerankers score passages together with a question, readers find the words
that answer.
"""
