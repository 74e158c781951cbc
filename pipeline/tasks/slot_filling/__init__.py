"""Slot filling with intent: which words of an utterance fill which slot, and what it asks for.

    「订5月1日到北京的机票」   date = 5月1日, arrival_city = 北京      intent = book
    「订5月1日离开北京的机票」 date = 5月1日, departure_city = 北京    intent = book

The chain, in the order of the record below: `loader` reads annotated files into `utterance`s;
`tokenizer` learns the vocabularies and makes inputs and targets; `model` is the joint tagger;
`serving` joins both into a graph from strings to answers; `scoring` compares answers with gold.
"""

from pipeline.task import Task
from pipeline.tasks.slot_filling import guess, loader, model, scoring, serving, tokenizer, utterance
from pipeline.tasks.slot_filling.config import SlotFillingSettings
from pipeline.text.tokens import token_count

TASK = Task(
    name="slot_filling",
    example="flights_slots",
    headline="slot_f1",
    settings=SlotFillingSettings,
    guess=guess.guess,
    load=loader.load,
    features=utterance.features,
    to_json=utterance.to_json,
    fit=tokenizer.fit,
    build_tokenizer=tokenizer.build_tokenizer,
    length=token_count,
    build_encoder=tokenizer.build_encoder,
    contract=tokenizer.contract,
    build_model=model.build_model,
    losses=model.losses,
    build_service=serving.build_service,
    answers=serving.answers,
    score=scoring.score,
)
