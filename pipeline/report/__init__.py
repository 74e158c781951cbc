"""What people look at, from plain data: the terminal, and one page of HTML a run.

- `terminal`: tables, one-line notes and progress bars, by rich.
- `page`: the page, a file that needs no network, server or script; `style` is how it looks.
- `markup`: HTML as strings; whatever is not markup already is escaped. `tables`: of scores, facts.
- `curves`, `bars`, `heatmap`: pictures in SVG, drawn on `axes`.
- `alignment`: attention of target tokens over source tokens, in SVG.
- `highlight`: texts with marked places, gold above predicted; attention as a background.
"""
