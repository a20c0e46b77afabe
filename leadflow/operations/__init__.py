"""Running an installation: start and stop, upgrade, backup, and what `doctor` looks at."""
