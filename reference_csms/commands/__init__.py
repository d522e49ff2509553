"""What operators ask for: an intent becomes an OCPP request, queues for its station, and its answer is recorded."""
