"""Settings: a YAML file and overrides become validated, frozen values.

A config file's name is the model's name. Its `task` key chooses the schema, a pydantic class of
`Section`s that the task's `settings.py` defines.

- `sections`: the settings that all tasks share, with defaults, bounds and descriptions.
- `load`: reads a file, applies overrides, changes single settings.
- `renames`: translates the old names of settings.
- `describe`: lists and describes settings, for help and error messages.
"""

from pipeline.config.describe import Setting, list_settings
from pipeline.config.load import (
    CONFIGS,
    DATA_DIR_VARIABLE,
    ROOT,
    Config,
    data_path,
    find_config,
    load_config,
    setting,
    with_settings,
)
from pipeline.config.sections import (
    TUNE,
    Choices,
    DataSection,
    ExportSettings,
    Range,
    RangeOrChoices,
    RejectSettings,
    RetrainSettings,
    Section,
    SharedSettings,
    SplitSettings,
    TaskSettings,
    TrainSettings,
    TuneSettings,
    Words,
)

__all__ = [
    "CONFIGS",
    "DATA_DIR_VARIABLE",
    "ROOT",
    "TUNE",
    "Choices",
    "Config",
    "DataSection",
    "ExportSettings",
    "Range",
    "RangeOrChoices",
    "RejectSettings",
    "RetrainSettings",
    "Section",
    "Setting",
    "SharedSettings",
    "SplitSettings",
    "TaskSettings",
    "TrainSettings",
    "TuneSettings",
    "Words",
    "data_path",
    "find_config",
    "list_settings",
    "load_config",
    "setting",
    "with_settings",
]
