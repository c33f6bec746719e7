"""Who read personal data, who wrote what, and why: append-only, refused otherwise by the database itself."""
