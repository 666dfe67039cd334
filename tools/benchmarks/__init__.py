"""What tools/bench.py times: checks against themselves at another size, emitted models against other libraries."""
