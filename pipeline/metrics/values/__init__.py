"""Value fidelity: whether numbers, dates, times, prices and codes survive a translation.

5月1日 and May 1 are the same day, 下午3点 and 3 pm the same time, 800元 and 800 yuan the same
price. The files in reading order:

- `matching`          a value in a text, and rules that match values in order
- `calendar`          days, times and money in one normal form for all languages
- `numerals`          digits and number words of a language as numbers
- `language_neutral`  values written alike in all languages: codes, addresses, ISO dates, prices
- `zh`, `en`, `de`    the rules of each language
- `fidelity`          values of both sides compared: kept, lost, invented; the metric

A value is required if its form is unambiguous. An expression that may be a value or an ordinary
word (一, "one", "second", "May") is optional: it can match a value that the other side requires,
but its absence is never an error.
"""
