"""SQLite behind the storage ports of the services; what a person wrote is encrypted."""
