"""Users' files: a config for them, what is wrong with them, and the dataset made of them.

- `init`: a config for a user's own file.
- `validate`: bad lines, odd rows, safe repairs.
- `convert`: a file in another format.
- `prepare`: a config's files become a dataset on disk, once.
- `texts`: the texts of a file, annotated or not.
- `bundled_rows`: the rows that travel with a version, written and read back.
"""
