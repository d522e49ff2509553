"""Systems and surroundings to test the harness with: virtual time, links in memory, CSMSs with planted faults."""
