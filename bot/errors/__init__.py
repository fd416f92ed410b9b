"""Errors that a person may be shown, each with its sentence: what happened, what is safe, what to do.

    BotError
    ├── BadInput             what was handed in cannot be used
    │   ├── UnreadableText   no such file, a directory, no permission, binary, empty, too long, damaged
    │   │   └── WrongFile    of a kind whose text is not read, such as a PDF
    │   ├── UnknownStructure, StructureGone
    │   ├── UnknownEssay
    │   ├── UnknownSection, NoSuchPlace, UnknownVersion, UnknownJob, UnknownCritique
    │   ├── LeftOutStands    a model would see what no model may see
    │   ├── MarkStands       the same, by a mark in the text itself
    │   ├── StaysPrivate     what makes a note private is no switch that can be turned
    │   ├── OverLimit        more than is taken at once, in an essay, from a writer, in a minute or in a day
    │   ├── TooSlowToRead    reading it was ended by time
    │   ├── BadSetting, BadVariable
    │   └── BadStructureFile, BadPromptFile
    ├── StoreError           the database cannot be used as it is
    │   ├── KeyMissing, BadKey
    │   ├── NotOurDatabase, NewerDatabase, DamagedDatabase
    │   ├── StoreFull, StoreBusy
    │   └── StoreUnusable
    ├── DamagedText          one stored text cannot be read; all else can be used
    ├── ModelError           a model could not do what it was asked; what it wrote before that is kept
    │   ├── KeyRefused, OutOfCredit, NoModel, NoNetwork, NotClaude, UnknownModel, RequestRefused
    │   ├── Redirected, Compressed, TooMuchSent
    │   ├── Overloaded, RateLimited, SpendLimitReached, ServiceFault
    │   ├── StreamBroken, Stalled, TookTooLong, CutShort, NothingWritten
    │   ├── Declined         the model would not; what it had begun is dropped
    │   ├── BadReply         it answered out of form
    │   ├── UnknownPrice     the budgets could not hold, so no call was made
    │   └── OverBudget       our own budget would be passed, so no call was made
    │       └── BudgetSpent, BudgetReserved, BudgetTooSmall
    ├── JobRunning, TooManyJobs   somebody is at work already
    ├── Outdated             the text has changed since it was asked for, or it has been done already
    ├── ShuttingDown         the program is ending
    ├── NotFollowedUp, NotPlaced  the interviewer could not do its part; what the writer gave is stored
    ├── NoBackup             no backup was made; the database and older backups are as they were
    ├── CannotWrite          an export cannot be put where it was asked for
    ├── WouldOverwrite       a file stands there already
    ├── ReaderGone           whatever read the output has what it wanted
    ├── SystemRefused        an error of the system for which there is no better sentence
    └── NothingToDo          the step asked for has nothing to work on

Raise an error where the fact is known; catch it only where a person is told, in discord_ui, terminal or cli.
"""

from __future__ import annotations

from bot.errors.base import BotError
from bot.errors.inputs import (
    BadInput,
    BadPromptFile,
    BadSetting,
    BadStructureFile,
    BadVariable,
    LeftOutStands,
    MarkStands,
    NoSuchPlace,
    OverLimit,
    StaysPrivate,
    StructureGone,
    TooSlowToRead,
    UnknownCritique,
    UnknownEssay,
    UnknownJob,
    UnknownSection,
    UnknownStructure,
    UnknownVersion,
    UnreadableText,
    WrongFile,
)
from bot.errors.models import (
    EVERYTHING_STORED,
    BadReply,
    BudgetReserved,
    BudgetSpent,
    BudgetTooSmall,
    Compressed,
    CutShort,
    Declined,
    KeyRefused,
    ModelError,
    NoModel,
    NoNetwork,
    NotClaude,
    NothingWritten,
    OutOfCredit,
    OverBudget,
    Overloaded,
    RateLimited,
    Redirected,
    RequestRefused,
    ServiceFault,
    SpendLimitReached,
    Stalled,
    StreamBroken,
    TookTooLong,
    TooMuchSent,
    UnknownModel,
    UnknownPrice,
)
from bot.errors.stores import (
    BadKey,
    DamagedDatabase,
    DamagedText,
    KeyMissing,
    NewerDatabase,
    NotOurDatabase,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnusable,
)
from bot.errors.work import (
    CannotWrite,
    JobRunning,
    NoBackup,
    NotFollowedUp,
    NothingToDo,
    NotPlaced,
    Outdated,
    ReaderGone,
    ShuttingDown,
    SystemRefused,
    TooManyJobs,
    WouldOverwrite,
)

__all__ = [
    "EVERYTHING_STORED",
    "BadInput",
    "BadKey",
    "BadPromptFile",
    "BadReply",
    "BadSetting",
    "BadStructureFile",
    "BadVariable",
    "BotError",
    "BudgetReserved",
    "BudgetSpent",
    "BudgetTooSmall",
    "CannotWrite",
    "Compressed",
    "CutShort",
    "DamagedDatabase",
    "DamagedText",
    "Declined",
    "JobRunning",
    "KeyMissing",
    "KeyRefused",
    "LeftOutStands",
    "MarkStands",
    "ModelError",
    "NewerDatabase",
    "NoBackup",
    "NoModel",
    "NoNetwork",
    "NoSuchPlace",
    "NotClaude",
    "NotFollowedUp",
    "NotOurDatabase",
    "NotPlaced",
    "NothingToDo",
    "NothingWritten",
    "OutOfCredit",
    "Outdated",
    "OverBudget",
    "OverLimit",
    "Overloaded",
    "RateLimited",
    "ReaderGone",
    "Redirected",
    "RequestRefused",
    "ServiceFault",
    "ShuttingDown",
    "SpendLimitReached",
    "Stalled",
    "StaysPrivate",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreUnusable",
    "StreamBroken",
    "StructureGone",
    "SystemRefused",
    "TooManyJobs",
    "TooMuchSent",
    "TooSlowToRead",
    "TookTooLong",
    "UnknownCritique",
    "UnknownEssay",
    "UnknownJob",
    "UnknownModel",
    "UnknownPrice",
    "UnknownSection",
    "UnknownStructure",
    "UnknownVersion",
    "UnreadableText",
    "WouldOverwrite",
    "WrongFile",
]
