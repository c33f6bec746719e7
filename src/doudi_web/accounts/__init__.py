"""People who log in and clients with tokens: made by the system administrator, confirmed by the security one."""
