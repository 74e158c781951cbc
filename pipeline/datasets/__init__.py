"""From files to `tf.data`: the readers and datasets that all tasks share.

Read in this order:

- `lines`: read text files and tables line by line, with line numbers; reject damaged bytes.
- `cells`: split CSV and TSV files into rows and cells. `parquet`: read rows of Parquet files.
- `tfds_sets`: read splits of TensorFlow Datasets datasets.
- `encodings`: guess the encoding of a file when the settings do not state it.
- `splits`: carve missing splits out of the training examples.
- `store`: prepare records once as a TensorFlow Datasets dataset on disk.
- `batches`: build epochs of batches, shuffled by (seed, epoch) and bucketed by length.
"""
