"""Measurements that are printed, never asserted: ``python -m benchmarks`` runs all, ``python -m benchmarks NAME`` one."""
