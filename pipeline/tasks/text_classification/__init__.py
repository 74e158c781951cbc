"""Text classification: a text to one label, or to several.

    "What is the capital of Yugoslavia?"   place
    「西安到成都的票怎么改签」               change

The chain, in the order of the record below: `loader` reads labelled files (`formats`) into
`example`s; `writer`, `explain`, `repair` and `audit` serve their owner; `tokenizer` learns what
texts are cut into; `encoder` makes inputs and targets; `model` adds what an encoder reads to what
n-grams say; `serving` joins all into a graph from strings to answers; `scoring` compares answers
with gold; `floor` is what TF-IDF and a linear SVM reach.
"""

from pipeline.task import Task
from pipeline.tasks.text_classification import (
    audit,
    baseline,
    calibrate,
    count,
    encoder,
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
from pipeline.tasks.text_classification.file_format import form_of
from pipeline.tasks.text_classification.settings import SPACE, TextClassificationSettings

TASK = Task(
    name="text_classification",
    example="flights_intents",
    headline="accuracy",
    settings=TextClassificationSettings,
    space=SPACE,
    guess=guess.guess,
    columns=lambda data: form_of(data, "train").columns.model_dump(),
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
    build_encoder=encoder.build_encoder,
    count_tokens=tokenizer.count_tokens,
    contract=tokenizer.contract,
    build_model=model.build_model,
    count=count.count,
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
