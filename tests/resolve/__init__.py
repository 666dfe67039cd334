"""What resolving promises: no exception, every independent fault, and the points of the language one by one."""
