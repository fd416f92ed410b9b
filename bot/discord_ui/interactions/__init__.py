"""Interactions: receive, route, run and answer them."""
