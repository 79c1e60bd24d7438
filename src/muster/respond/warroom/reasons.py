"""Why the war room says no."""

from enum import StrEnum


class Room(StrEnum):
    """What is not there, or not as it must be."""

    TASK_NOT_FOUND = "task_not_found"
    TASK_OVER = "task_over"
    TITLE_NEEDED = "task_title_needed"
    WORDS_NEEDED = "words_needed"
    AUDIENCE_UNKNOWN = "audience_unknown"
    KIND_UNKNOWN = "entry_kind_unknown"
    ENTRY_NOT_FOUND = "entry_not_found"
    ITEM_UNKNOWN = "checklist_item_unknown"
    WRITTEN_MEANWHILE = "written_meanwhile"
    PROMISE_IN_THE_PAST = "promise_in_the_past"
    PROMISE_TOO_LATE = "promise_too_late"
    FLAG_UNKNOWN = "flag_unknown"
    PERSON_UNKNOWN = "person_unknown"
    INCIDENT_OVER = "incident_over"
