"""Where articles are kept and looked up."""
