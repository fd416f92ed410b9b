"""Measurements that are printed, never asserted: ``python -m benchmarks`` runs all, with a NAME behind it that one."""
