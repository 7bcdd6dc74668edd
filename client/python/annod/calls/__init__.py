"""What each call of the service asks and answers, for the blocking and the asyncio client alike."""
