"""What people look at, from plain data: tables and progress on the terminal.

- `terminal`: tables, one-line notes and progress bars, by rich.
"""
