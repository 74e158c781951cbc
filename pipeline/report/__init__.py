"""Output for people, from plain data: the terminal, and one HTML page for each run.

- `terminal`: tables, one-line notes and progress bars, drawn by rich.
- `markup`: HTML as strings; everything that is not markup is escaped.
- `style`, `page`: the page, one file without network, server or script.
- `tables`: tables of scores and facts.
- `axes`, `curves`, `bars`, `heatmap`, `reliability`: charts in SVG.
- `alignment`: attention of target tokens over source tokens, in SVG.
- `highlight`: texts with marked spans, gold above predicted; attention as a background.
"""
