"""One family of checks a file."""
