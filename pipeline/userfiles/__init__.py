"""What all tasks do with users' files: detect, read, write, check and repair them.

No task is named here; each passes what is its own, such as its formats and the names of its
columns. Read in this order:

- `detect`: the format and encoding of a file, its first rows, the files of other splits beside it.
- `columns`: the columns that hold what a task needs.
- `adopt`: a new file, read with the data settings of a trained model.
- `read`: files as examples; bad rows are collected while reading continues.
- `write`: examples as files, read back before anyone relies on them.
- `explain`: bad lines, shown to a person with a fix.
- `repair`: repaired copies of files (`validate --fix`).
- `audit`: what is odd about well-formed examples.
"""
