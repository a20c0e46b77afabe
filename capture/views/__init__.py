"""The doors of the stage: for visitors, and for the people who make forms."""
