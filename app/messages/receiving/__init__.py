"""What comes back: delivery reports, replies, and what is asked of the provider where nothing came."""
