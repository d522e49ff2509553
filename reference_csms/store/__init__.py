"""What is kept: schema and reads by SQLAlchemy Core, migrations by Alembic, writes by one group-committing writer."""
