"""Training: a config becomes a run folder with the best weights.

- `environment`: seeds, and facts about machine and versions.
- `assembly`: vocabularies, tokenizer, model and service, joined.
- `checkpoint`: the variables of a model and its optimizer in one file.
- `data_profile`: facts about the training texts.
- `lazy_adamw`: the optimizer.
- `warm_start`: how a training continues another one.
- `epochs`: what happens after each epoch.
- `train`: the stage itself.
"""
