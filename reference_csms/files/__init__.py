"""Files that go to and come from stations: firmware images out, diagnostics and logs in."""
