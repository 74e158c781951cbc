"""Value fidelity: whether numbers, dates, times, prices and codes survive a translation.

5月1日 and May 1 are one day, 下午3点 and 3 pm one time, 800元 and 800 yuan one price. Read in this
order:

- `found`     a value in a text, and rules that find them one after the other
- `calendar`  days, times and money in one spelling for all languages
- `numerals`  digits and number words of a language as numbers
- `anywhere`  what is written alike in all languages: codes, addresses, ISO dates, money by sign
- `zh`, `en`, `de`  the rules of a language
- `fidelity`  values of both sides compared: kept, lost, invented; the metric

A rule asks for a value where its form leaves little doubt. What may be a value or a mere word (一,
"one", "second", "May") is never asked for: it only serves a value that the other side asks for.
"""
