"""What the process of a running bot needs, and what whoever runs it asks of it."""
