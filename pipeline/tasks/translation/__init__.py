"""Translation: a text in one language becomes a text in another.

    「订5月1日到北京的机票」    Book a ticket to Beijing on May 1st.
    「订5月1日离开北京的机票」  Book a ticket from Beijing on May 1st.

The chain, in the order of the record below: `loader` reads pairs of files (`formats`), leaves out
what `filters` say, and gives `example`s; `guess` and `direction` tell how a new file is to be read;
`writer`, `explain`, `repair` and `audit` serve their
owner; `tokenizer` learns the pieces of both languages and cuts long texts into segments; `encoder`
makes batches; `model` is the encoder, the decoder and its attention; `count` learns which pieces a
piece may become (`lexicon`); `search` asks `pipeline.decoding` for the best translation; `serving`
joins all into a graph from strings to translations; `scoring` compares them with references;
`floor` is what the nearest known sentence gives; `report` shows where the model looked, which
`probes` asks it.
"""

from pipeline.task import Task
from pipeline.tasks.translation import (
    attention_report,
    audit,
    baseline,
    calibrate,
    count,
    direction,
    encoder,
    explain,
    growth,
    guess,
    loader,
    model,
    records,
    repair,
    scoring,
    serving,
    stress,
    tokenizer,
    writer,
)
from pipeline.tasks.translation.file_format import form_of
from pipeline.tasks.translation.settings import SPACE, TranslationSettings

TASK = Task(
    name="translation",
    example="flights_zh_en",
    headline="bleu",
    settings=TranslationSettings,
    space=SPACE,
    guess=guess.guess,
    columns=lambda data: form_of(data, "train").columns.model_dump(),
    like=direction.like,
    unstated=lambda data, found: None,  # every format states all there is
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
    report=attention_report.report_of_model,
)
