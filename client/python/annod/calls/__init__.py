"""What each call of the service asks and answers, for both clients alike."""
