"""Documents of typed blocks: their schema, drafts, versions and server rendering."""
