"""The running service: settings, its own PostgreSQL, routes, processes. Nothing imports this room."""
