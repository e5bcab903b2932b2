"""Who told one event, in what order, and who is silent."""
