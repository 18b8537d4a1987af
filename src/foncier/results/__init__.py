"""Results on disk: their reader, their manifest, their explanations."""
