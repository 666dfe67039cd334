"""Tests of flowspec.runtime."""
