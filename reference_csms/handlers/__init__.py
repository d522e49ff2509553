"""Answers to stations, one module per profile, in the idiom of the `ocpp` package."""
