"""Keras layers that Keras does not have, in `keras.ops` only, for any backend.

The files in reading order:

- `dropout`: dropout of whole tokens, uniform or by word frequency.
- `characters`: character-level word vectors.
- `feed_forward`, `window`, `convolution`, `self_attention`: encoders without recurrence.
- `cells`, `recurrent`: Elman, LSTM and GRU recurrences with hand-written gradients; their layer.
- `encoders`: stacks of these encoders by name; docs/recurrent-ladder.md compares them.
- `attention`: attention mechanisms of a decoder: additive, dot, general, concat, scaled dot;
  `multi_head_attention`; `source_attention`: one of them by name, or a fixed context vector.
- `recurrent_decoder`, `self_attention_decoder`: decoders with attention, for training and for
  search; docs/attention.md introduces them.
- `token_loss`: cross entropy over large vocabularies.
- `jordan`: recurrent taggers that read their previous tag.
- `chain`, `crf`: the recursions of a linear chain, and the CRF layer and loss.
- `neighbours`: hashed features of neighbouring words and affixes, as in a classic CRF.
- `interaction`: mutual influence of the tags and the intent of an utterance.
- `pooling`: pooling of states to one vector, without padding.
- `text_cnn`: convolutions with max-over-time pooling.
- `bag`: a linear model over hashed n-grams.
- `members_loss`: the loss of an ensemble.
- `temperature`: temperature scaling. `label_thresholds`: decision thresholds for several labels.

Each layer can be used on its own, documents its formula and source, and can be saved and loaded
with a Keras model. Masks are explicit arguments (True for real tokens), because Keras's implicit
masks get lost in convolutions and custom layers.
"""
