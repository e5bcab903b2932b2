"""Attribution: who published an article, when, and which articles print the same text."""
