"""Keras layers that Keras lacks, in `keras.ops` only: any backend.

- `dropout`: whole tokens hidden in training, all alike or rare ones above all.
- `characters`: a word's spelling as a vector.
- `encoders`: the encoders below by name, stacked; what each knows: docs/recurrent-ladder.md.
- `recurrent`: Elman, LSTM and GRU layers; `cells` holds their loops, with the gradient by hand.
- `feed_forward`, `window`, `convolution`, `self_attention`: encoders without recurrence.
- `attention`: scorers of a decoder's attention: additive, dot, general, concat, scaled dot;
  `multi_head_attention`; `source_attention`: one of them by name, or one fixed vector.
- `recurrent_decoder`, `self_attention_decoder`: decoders with attention, for training and for
  search alike. From the fixed vector to them: docs/attention.md.
- `jordan`: recurrent taggers that read their own last tag.
- `crf`: scores of whole tag sequences: loss, best sequence, probabilities. `chain`: its
  recursions.
- `neighbours`: what stands around a token, hashed: the features of a classic CRF.
- `interaction`: tags of tokens and the label of their text, each told of the other.
- `temperature`: logits whose softmax means what it says. `label_thresholds`: from which probability
  on each of several labels is given.
- `pooling`: a sequence as one vector, padding left out.
- `text_cnn`: filters over a few tokens in a row, and the best place of each.
- `bag`: a linear model over hashed n-grams.

Each is usable on its own, says its formula and source, and saves and loads with a Keras model.
Masks are explicit arguments (True = a real token): Keras's implicit masks get lost in convolutions
and custom layers.
"""
