"""The public names of foncier; a user takes them from `foncier` itself."""
