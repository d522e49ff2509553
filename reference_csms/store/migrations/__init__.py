"""Steps from one schema to the next, run by Alembic when an older database is opened."""
