"""Metrics over plain lists, with confidence intervals.

This room depends on numpy and sacrebleu only; it knows no task, no model and no TensorFlow. The
files in reading order:

- ``spans``          BIO tags to spans by the conlleval rule; span precision, recall and F1, overall
                     and per slot
- ``tokens``         token-level F1
- ``partial``        MUC counts: a span with the right slot and wrong edges earns half
- ``classes``        exact and any-of agreement of intents, where ``#`` joins several intents
- ``labels``         single-label and multi-label accuracy, micro and macro F1, per-class scores,
                     confusion counts
- ``thresholds``     decision thresholds for multi-label classification
- ``label_errors``   rows that are likely mislabelled (confident learning)
- ``error_kinds``    kinds of errors: boundary, wrong slot, missed, ...
- ``calibration``    temperature scaling, reliability, thresholds for a wanted precision
- ``translation``    BLEU and chrF++ as computed by sacrebleu, length ratio, perplexity
- ``source_lengths`` scores by source length
- ``repetition``     repetition loops in a hypothesis that its reference does not have
- ``coverage``       source tokens that attention ignored
- ``values``         numbers, dates, times, prices and codes compared between source and translation
- ``drift``          whether a batch of texts differs from the reference, by bootstrap thresholds
- ``intervals``      scores of summed counts with 95 % bootstrap intervals; paired comparisons
- ``ngram_weights``  idf and log-count ratios, the n-gram weights of a linear model

All metrics share one form. A scorer returns one row of counts per example and a function from the
sums of these rows to the score; the bootstrap sums resampled rows::

    rows = np.array([count_spans(gold, predicted) for gold, predicted in zip(golds, predictions)])
    interval = bootstrap(rows, score=lambda sums: precision_recall_f1(*np.moveaxis(sums, -1, 0))[2])
"""
