"""Forms, their versions, and what visitors sent."""
