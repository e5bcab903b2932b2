"""Who said it, where and when."""
