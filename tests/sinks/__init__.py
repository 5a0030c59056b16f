"""What leaves for a destination, and what each of its answers means."""
