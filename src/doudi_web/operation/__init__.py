"""Whether the service can go on: room on its disks, its clock, its backups, its workers. No business data."""
