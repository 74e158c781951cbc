"""Slot filling with intent: which words of an utterance fill which slot, and what it asks for.

    「订5月1日到北京的机票」   date = 5月1日, arrival_city = 北京      intent = book
    「订5月1日离开北京的机票」 date = 5月1日, departure_city = 北京    intent = book

The chain, in the order of the record below: `loader` reads annotated files (`formats`) into
`utterance`s; `writer`, `explain`, `repair` and `audit` serve their owner;
`tokenizer` learns the vocabularies and makes inputs and targets; `model` is the joint tagger, made
of one `member` or several;
`serving` joins both into a graph from strings to answers; `scoring` compares answers with gold;
`stress` makes harder test sets of a test set; `floor` is what a CRF and an SVM reach.
"""

from pipeline.task import Task
from pipeline.tasks.slot_filling import (
    audit,
    baseline,
    calibrate,
    explain,
    growth,
    guess,
    loader,
    model,
    records,
    repair,
    report,
    scoring,
    serving,
    stress,
    tokenizer,
    writer,
)
from pipeline.tasks.slot_filling.settings import SPACE, SlotFillingSettings

TASK = Task(
    name="slot_filling",
    example="flights_slots",
    headline="slot_f1",
    settings=SlotFillingSettings,
    space=SPACE,
    guess=guess.guess,
    columns=lambda data: data.columns.model_dump(),
    like=guess.like,
    unstated=guess.unstated,
    load=loader.load,
    read=loader.read,
    write=writer.write,
    explain=explain.explain,
    repair=repair.repair,
    audit=audit.audit,
    features=records.features,
    to_json=records.to_json,
    travelling=loader.travelling,
    fit=tokenizer.fit,
    grow=growth.grow,
    layout=growth.layout,
    build_tokenizer=tokenizer.build_tokenizer,
    build_encoder=tokenizer.build_encoder,
    count_tokens=tokenizer.count_tokens,
    contract=tokenizer.contract,
    build_model=model.build_model,
    count=tokenizer.count,
    losses=model.losses,
    calibrate=calibrate.calibrate,
    build_service=serving.build_service,
    answers=serving.answers,
    suggest=serving.suggest,
    confidence=serving.confidence,
    score=scoring.score,
    labels=scoring.labels,
    stress=stress.stress,
    floor=baseline.floor,
    report=report.report,
)
