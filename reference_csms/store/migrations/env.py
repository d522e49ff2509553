"""Alembic's entry: runs the steps on the connection that the caller brings."""

from alembic import context

from reference_csms.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
