"""What the Central System knows while it runs: held in memory, written through the store."""
