"""The desk of who keeps the service running."""
