"""The pages of the audit desk."""
