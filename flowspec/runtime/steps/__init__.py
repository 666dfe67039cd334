"""One flow step a file: forward from data to latent with log|det|, and its inverse."""
