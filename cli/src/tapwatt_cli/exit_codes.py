"""What the exit code of every command says to a script, and which error of ours ends with which."""

from __future__ import annotations

from tapwatt.errors import BadCredentials, BadSettings, OutcomeUnknown, TapwattError, Unavailable

DONE = 0
DIFFERS = 1
UNUSABLE = 2
NO_ANSWER_YET = 3
CANNOT = 4
INTERRUPTED = 130
NOBODY_READS = 141
TERMINATED = 143

TABLE = {
    DONE: "done, and everything is as it should be",
    DIFFERS: "done, and something differs, is wrong or was refused: it is named",
    UNUSABLE: "what was typed, or the file that was given, cannot be used: correct it",
    NO_ANSWER_YET: "asked for, and not answered yet: `refund` alone",
    CANNOT: "could not be done: Kafka, the provider, a setting or a disk; nothing is known of what was asked",
    INTERRUPTED: "Ctrl-C; what it had started is stopped",
    NOBODY_READS: "whoever read the output wanted no more of it, as `head` does",
    TERMINATED: "SIGTERM; what it had started is stopped",
}
"""Every exit code, as `tapwatt --help` and the README have them. The last three are those of a shell."""


class CannotBeDone(TapwattError):
    """Something that the command needs is not there: it says nothing about what was asked."""


class Unusable(TapwattError):
    """What was typed, or the file that was given, cannot be used."""


class NobodyReads(TapwattError):
    """Whoever read the output has closed it. That is their good right, and nothing is said of it."""


def exit_code_of(error: TapwattError) -> int:
    """With which code a command ends that this error has ended."""
    match error:
        case NobodyReads():
            return NOBODY_READS
        case Unusable():
            return UNUSABLE
        case CannotBeDone() | Unavailable() | OutcomeUnknown() | BadSettings() | BadCredentials():
            return CANNOT
        case _:
            return DIFFERS
