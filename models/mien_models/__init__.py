"""The networks: the shipped weights, and (with torch) how they are made."""
