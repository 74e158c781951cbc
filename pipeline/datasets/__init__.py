"""Files to `tf.data`: what every task's loader and trainer share.

Read in this order:

- `lines`: text files and tables line by line, with the line's number, damaged bytes refused.
- `cells`: the rows and cells of CSV and TSV. `parquet`: rows of Parquet files.
- `tfds_sets`: the splits of TensorFlow Datasets data sets.
- `encodings`: the likely encoding of a file, if none is stated.
- `splits`: splits that have no file of their own, carved from the training examples.
- `store`: records prepared once as a TensorFlow Datasets dataset on disk.
- `batches`: epochs of batches, shuffled by (seed, epoch) and bucketed by length.
"""
