"""OCPP-J 1.6 without I/O: frames, schemas, names and the session of one connection.

No socket, no clock, no event loop and no role: a station and a central system use the same code in the same way.
"""
