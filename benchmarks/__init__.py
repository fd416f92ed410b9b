"""Measurements that are printed, never asserted. Run all with ``python -m benchmarks``, one with ``python -m benchmarks NAME``."""
