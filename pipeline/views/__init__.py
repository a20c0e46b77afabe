"""The screens of the pipeline: board, list, deal, conversion, settings."""
