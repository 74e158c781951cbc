"""Translation: a text in one language to the same in another.

    「订后天去利马的机票。」   ->   "Book a ticket to Lima for the day after tomorrow."

The data's side, in reading order: `loader` reads pairs (`formats`) into `example`s and leaves out
what `filters` say; `scripts` knows what languages are written in; `writer`, `guess`, `explain`,
`repair` and `audit` serve the owner of the data; `stress` makes harder test sets; `floor` is what
a memory of the training pairs reaches.
"""
