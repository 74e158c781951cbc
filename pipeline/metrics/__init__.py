"""Numbers from plain lists: what a model got right, and how sure that number is.

Nothing here knows a task, a model or TensorFlow; numpy and sacrebleu are all it needs. Read
in this order:

- ``spans``      BIO tags -> spans by the conlleval rule or strictly; precision, recall, F1; one row
                 a slot
- ``tokens``     the same by the token
- ``partial``    MUC's counts: a value with wrong edges earns half
- ``classes``    strict and any-of agreement of intents, several of them joined by ``#``
- ``labels``     labels of texts, one or several each: accuracy, micro and macro F1, one row a
                 label, what was taken for what
- ``thresholds`` from which score on a label is given, where a text may have several
- ``label_errors`` rows whose label is likely wrong, by models that have not seen them
- ``error_kinds`` what is wrong with a span or an answer: boundary, wrong slot, missed, ...
- ``calibration`` whether scores mean what they say; temperature, reliability, thresholds
- ``translation`` BLEU and chrF++ as sacrebleu counts them, length ratio, perplexity
- ``source_lengths`` scores by the length of the source
- ``repetition`` loops that a translation has and its reference has not
- ``coverage``   source tokens that attention passed over
- ``values``     numbers, dates, times, prices, codes of source and translation compared
- ``roles``      whether a tagger finds in the translation what the source's spans say
- ``drift``      whether a batch of texts is unlike the reference, by thresholds from a bootstrap
- ``intervals``  a score of summed counts with its bootstrap 95 % interval; two models compared

The pieces meet in counts. A scorer makes one row of counts an example and names the score of their
sums; the interval then comes from summing other draws of the same rows::

    rows = np.array([count(gold, predicted) for gold, predicted in zip(golds, predictions)])
    interval = bootstrap(rows, score=lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2])
"""
