"""What travels: channels, retries, forks, and the wire form of bulk data."""
