"""The REST API for operators: intents in, records and frames out."""
