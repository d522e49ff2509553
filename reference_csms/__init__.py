"""A complete and correct OCPP 1.6-J Central System, to test stations and test tools against."""
