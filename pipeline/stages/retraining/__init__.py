"""A published model and new data become the next version, or a verdict that says why not.

In reading order: `published` opens the version, `news` reads the new data and divides them,
`mixing` makes one data set of old and new rows, `warm_start` begins with the old weights (`remap`
puts them in their places), `gate` asks both models (`judged` compares) and gives a `verdict`.
"""
