"""One family of distributions a file."""
