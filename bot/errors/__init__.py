"""Errors that a person may be shown, each with its sentence: what happened, what is safe, what to do.

    BotError
    ├── Blocked, BeingDeleted              nothing is done for this person: the host's choice, or all is being deleted
    ├── InvalidInput                       what was handed in cannot be used
    │   ├── UnreadableText                 no such file, a directory, no permission, binary, empty, too long, damaged
    │   │   └── UnsupportedFileType        a kind of file that is not read, such as a PDF
    │   ├── UnknownStructure, UnknownExportTarget, StructureFileMissing, StructureNotOffered
    │   ├── UnknownEssay
    │   ├── UnknownSection, UnknownTargetSection, UnknownVersion, UnknownJob, UnknownCritique
    │   ├── PrivateNoteInText              a text for a model contains words of a private note
    │   ├── PrivateMarkInText              a text for a model has a passage that is marked private
    │   ├── AlwaysPrivate                  a note cannot be included, because a mark or its question makes it private
    │   ├── NotShared, AlreadyShared       the text stands in no thread, or in one already
    │   ├── LimitExceeded                  more than a limit allows: at once, in an essay, by a writer, in a day
    │   ├── ParsingTimedOut                reading it took too long
    │   ├── TextNotUpdated                 a note was changed, and the text could not follow
    │   ├── InvalidSetting, InvalidEnvironmentVariable
    │   └── InvalidStructureFile, InvalidPromptFile
    ├── StoreError                         the database cannot be used
    │   ├── EncryptionKeyMissing, InvalidEncryptionKey
    │   ├── ForeignDatabase, NewerDatabase, DamagedDatabase
    │   ├── StoreFull, StoreBusy
    │   └── StoreUnavailable
    │       └── DatabaseServerAway, PostgresDriverMissing
    ├── DamagedText                        one stored text cannot be read; everything else can be used
    ├── ModelError                         a model could not do what it was asked; what it wrote before that is kept
    │   ├── KeyRefused, OutOfCredit, NoModel, ModelNotAllowed, NoNetwork, NotClaude, UnknownModel, RequestRefused
    │   ├── Redirected, Compressed, TooMuchSent
    │   ├── Overloaded, RateLimited, SpendLimitReached, ServiceFault
    │   ├── StreamBroken, Stalled, TookTooLong, OnlyThinking, NothingWritten
    │   ├── Declined                       the model declined; what it had begun is dropped
    │   ├── BadReply                       its answer was not in the form that was asked for
    │   ├── UnknownPrice                   the model's price is not known, so no call was made
    │   └── OverBudget                     the call might exceed a budget, so it was not made
    │       └── BudgetSpent, BudgetReserved, BudgetTooSmall
    ├── JobRunning, TooManyJobs            another job is running
    ├── StaleRequest                       the text has changed since, or it has been done already
    ├── SharingError                       Discord did not do what sharing needs
    │   ├── NotConnected, ThreadFault      it may work in a minute
    │   └── ThreadGone, ThreadRefused, PartlyShared
    ├── ShuttingDown                       the program is shutting down
    ├── NotAsked, NoTitles, NotPlaced      the interviewer failed; what the writer gave is stored
    ├── BackupFailed                       no backup was made; the database and older backups are unchanged
    ├── ExportFailed                       an export cannot be written to its target
    ├── ExportFileExists                   a file exists at the export's target
    ├── OutputClosed                       the reader of the output has closed it
    ├── OperatingSystemFailure             an error of the system for which there is no better sentence
    └── NothingToDo                        the step asked for has nothing to work on

Raise an error where the fact is known. Catch it where a person is told (in discord_ui, terminal or cli), or where there
is something better to show or to try again.
"""

from __future__ import annotations

from bot.errors.base import BotError
from bot.errors.inputs import (
    AlwaysPrivate,
    BeingDeleted,
    Blocked,
    InvalidEnvironmentVariable,
    InvalidInput,
    InvalidPromptFile,
    InvalidSetting,
    InvalidStructureFile,
    LimitExceeded,
    ParsingTimedOut,
    PrivateMarkInText,
    PrivateNoteInText,
    StructureFileMissing,
    StructureNotOffered,
    TextNotUpdated,
    UnknownCritique,
    UnknownEssay,
    UnknownExportTarget,
    UnknownJob,
    UnknownSection,
    UnknownStructure,
    UnknownTargetSection,
    UnknownVersion,
    UnreadableText,
    UnsupportedFileType,
)
from bot.errors.jobs import (
    BackupFailed,
    ExportFailed,
    ExportFileExists,
    JobRunning,
    NotAsked,
    NothingToDo,
    NoTitles,
    NotPlaced,
    OperatingSystemFailure,
    OutputClosed,
    ShuttingDown,
    StaleRequest,
    TooManyJobs,
)
from bot.errors.llm import (
    EVERYTHING_STORED,
    BadReply,
    BudgetReserved,
    BudgetSpent,
    BudgetTooSmall,
    Compressed,
    Declined,
    KeyRefused,
    ModelError,
    ModelNotAllowed,
    NoModel,
    NoNetwork,
    NotClaude,
    NothingWritten,
    OnlyThinking,
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
from bot.errors.sharing import (
    AlreadyShared,
    NotConnected,
    NotShared,
    PartlyShared,
    SharingError,
    ThreadFault,
    ThreadGone,
    ThreadRefused,
)
from bot.errors.store import (
    CopyFailed,
    DamagedDatabase,
    DamagedText,
    DatabaseServerAway,
    EncryptionKeyMissing,
    ForeignDatabase,
    InvalidEncryptionKey,
    NewerDatabase,
    PostgresDriverMissing,
    RotationFailed,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnavailable,
)

__all__ = [
    "EVERYTHING_STORED",
    "AlreadyShared",
    "AlwaysPrivate",
    "BackupFailed",
    "BadReply",
    "BeingDeleted",
    "Blocked",
    "BotError",
    "BudgetReserved",
    "BudgetSpent",
    "BudgetTooSmall",
    "Compressed",
    "CopyFailed",
    "DamagedDatabase",
    "DamagedText",
    "DatabaseServerAway",
    "Declined",
    "EncryptionKeyMissing",
    "ExportFailed",
    "ExportFileExists",
    "ForeignDatabase",
    "InvalidEncryptionKey",
    "InvalidEnvironmentVariable",
    "InvalidInput",
    "InvalidPromptFile",
    "InvalidSetting",
    "InvalidStructureFile",
    "JobRunning",
    "KeyRefused",
    "LimitExceeded",
    "ModelError",
    "ModelNotAllowed",
    "NewerDatabase",
    "NoModel",
    "NoNetwork",
    "NoTitles",
    "NotAsked",
    "NotClaude",
    "NotConnected",
    "NotPlaced",
    "NotShared",
    "NothingToDo",
    "NothingWritten",
    "OnlyThinking",
    "OperatingSystemFailure",
    "OutOfCredit",
    "OutputClosed",
    "OverBudget",
    "Overloaded",
    "ParsingTimedOut",
    "PartlyShared",
    "PostgresDriverMissing",
    "PrivateMarkInText",
    "PrivateNoteInText",
    "RateLimited",
    "Redirected",
    "RequestRefused",
    "RotationFailed",
    "ServiceFault",
    "SharingError",
    "ShuttingDown",
    "SpendLimitReached",
    "StaleRequest",
    "Stalled",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "StreamBroken",
    "StructureFileMissing",
    "StructureNotOffered",
    "TextNotUpdated",
    "ThreadFault",
    "ThreadGone",
    "ThreadRefused",
    "TooManyJobs",
    "TooMuchSent",
    "TookTooLong",
    "UnknownCritique",
    "UnknownEssay",
    "UnknownExportTarget",
    "UnknownJob",
    "UnknownModel",
    "UnknownPrice",
    "UnknownSection",
    "UnknownStructure",
    "UnknownTargetSection",
    "UnknownVersion",
    "UnreadableText",
    "UnsupportedFileType",
]
