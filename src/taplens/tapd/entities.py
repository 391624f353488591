"""What TAPD keeps, as data: paths, wrapper keys, page caps and the kinds of the fields.

Source: TAPD's Open API reference and recorded answers. Shared by the client and the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGE_CAP = 200
DEPTH_CAP = 20_000  # page * limit may not exceed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One kind of TAPD row.

    `wrapper` is the key each row is wrapped in (None: rows come unwrapped); `page_cap` the
    largest `limit`; `title` the field that names the row. Field groups say how values are
    written: `instants` are `YYYY-MM-DD HH:MM:SS` at +08:00, `dates` are `YYYY-MM-DD`, `people`
    are nicks joined and ended by `;`, `persons` hold one nick, `pipes` are joined by `|`,
    `html` is rich text, `numbers` are decimal strings.
    """

    name: str
    path: str
    wrapper: str | None
    counted: bool = True
    paged: bool = True
    page_cap: int = PAGE_CAP
    title: str = "name"
    modified: str | None = "modified"  # the field an incremental read filters by
    instants: tuple[str, ...] = ("created", "modified")
    dates: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    pipes: tuple[str, ...] = ()
    html: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    custom_prefix: tuple[str, int] | None = None  # (words spelled out, columns) of custom fields

    @property
    def count_path(self) -> str | None:
        """The sibling path that counts, where TAPD has one."""
        return f"{self.path}/count" if self.counted else None


_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
_EFFORT = ("effort", "effort_completed", "remain", "exceed", "progress")

STORY = Entity(
    name="story",
    path="stories",
    wrapper="Story",
    instants=("created", "modified", "completed"),
    dates=("begin", "due"),
    people=("owner", "cc", "developer"),
    persons=("creator",),
    pipes=("label", "children_id", "flows"),
    html=("description",),
    numbers=("size", "business_value", "level", *_EFFORT),
    custom_prefix=("eight", 200),
)
TASK = Entity(
    name="task",
    path="tasks",
    wrapper="Task",
    instants=("created", "modified", "completed"),
    dates=("begin", "due"),
    people=("owner", "cc"),
    persons=("creator",),
    pipes=("label", "children_id"),
    html=("description",),
    numbers=_EFFORT,
    custom_prefix=("eight", 50),
)
BUG = Entity(
    name="bug",
    path="bugs",
    wrapper="Bug",
    title="title",
    instants=(
        "created",
        "modified",
        "resolved",
        "closed",
        "in_progress_time",
        "verify_time",
        "reject_time",
        "reopen_time",
        "audit_time",
        "suspend_time",
        "assigned_time",
    ),
    dates=("begin", "due", "deadline"),
    people=("current_owner", "cc", "de", "te", "participator"),
    persons=("reporter", "lastmodify", "auditer", "confirmer", "fixer", "closer"),
    pipes=("label", "flows"),
    html=("description",),
    numbers=("regression_number", *_EFFORT),
    custom_prefix=("five", 100),
)
ITERATION = Entity(
    name="iteration",
    path="iterations",
    wrapper="Iteration",
    instants=("created", "modified", "completed"),
    dates=("startdate", "enddate"),
    persons=("creator",),
    html=("description",),
    custom_prefix=("", 50),
)
TCASE = Entity(
    name="tcase",
    path="tcases",
    wrapper="Tcase",
    persons=("creator", "modifier"),
    html=("steps", "precondition", "expectation"),
    custom_prefix=("", 50),
)
COMMENT = Entity(
    name="comment",
    path="comments",
    wrapper="Comment",
    title="title",
    persons=("author",),
    html=("description",),
)
STORY_CATEGORY = Entity(
    name="story_category",
    path="story_categories",
    wrapper="Category",
    persons=("creator",),
)
TCASE_CATEGORY = Entity(
    name="tcase_category",
    path="tcase_categories",
    wrapper="TcaseCategory",
    persons=("creator",),
)
MODULE = Entity(
    name="module",
    path="modules",
    wrapper="Module",
    modified=None,
    instants=("created",),
    persons=("owner",),
)
VERSION = Entity(
    name="version",
    path="versions",
    wrapper="Version",
    modified=None,
    instants=("created",),
)
LABEL = Entity(
    name="label",
    path="label",
    wrapper="LabelPool",
    modified=None,
    persons=("creator",),
)
WORKITEM_TYPE = Entity(
    name="workitem_type",
    path="workitem_types",
    wrapper="WorkitemType",
    counted=False,
    modified=None,
)
STORY_CHANGE = Entity(
    name="story_change",
    path="story_changes",
    wrapper="WorkitemChange",
    page_cap=100,
    title="change_summary",
    modified="created",
    instants=("created", "updated"),
    persons=("creator",),
    html=("comment",),
)
TASK_CHANGE = Entity(
    name="task_change",
    path="task_changes",
    wrapper="WorkitemChange",
    page_cap=100,
    title="change_summary",
    modified="created",
    instants=("created", "updated"),
    persons=("creator",),
    html=("comment",),
)
BUG_CHANGE = Entity(
    name="bug_change",
    path="bug_changes",
    wrapper="BugChange",
    title="field",
    modified="created",
    instants=("created",),
    persons=("author",),
)
REMOVED_STORY = Entity(
    name="removed_story",
    path="stories/get_removed_stories",
    wrapper="RemovedStory",
    counted=False,
    modified="deleted",
    instants=("created", "deleted"),
    persons=("creator",),
)
REMOVED_TASK = Entity(
    name="removed_task",
    path="tasks/get_removed_tasks",
    wrapper="RemovedTask",
    counted=False,
    instants=("created", "modified", "deleted"),
    persons=("creator",),
)
REMOVED_BUG = Entity(
    name="removed_bug",
    path="bugs/get_removed_bugs",
    wrapper="RemovedBug",
    counted=False,
    title="title",
    instants=("created", "modified"),
    persons=("reporter",),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        STORY,
        TASK,
        BUG,
        ITERATION,
        TCASE,
        COMMENT,
        STORY_CATEGORY,
        TCASE_CATEGORY,
        MODULE,
        VERSION,
        LABEL,
        WORKITEM_TYPE,
        STORY_CHANGE,
        TASK_CHANGE,
        BUG_CHANGE,
        REMOVED_STORY,
        REMOVED_TASK,
        REMOVED_BUG,
    )
}


def custom_columns(entity: Entity, count: int | None = None) -> tuple[str, ...]:
    """The names of `entity`'s custom columns: the first spelled in words, then numbered.

    Story and task: custom_field_one … _eight, then _9 …; bug: _one … _five, then _6 …;
    iteration and test case: _1 …. `count` limits them (default: all).
    """
    if entity.custom_prefix is None:
        return ()
    last_word, columns = entity.custom_prefix
    words = _WORDS[: _WORDS.index(last_word) + 1] if last_word else ()
    names = [f"custom_field_{word}" for word in words]
    names += [f"custom_field_{number}" for number in range(len(words) + 1, columns + 1)]
    return tuple(names[:count])


# How comments name the kind of item they stand under (`entry_type`).
COMMENT_ENTRY_TYPES: dict[str, str] = {
    "stories": "story",
    "tasks": "task",
    "bug": "bug",
    "bug_remark": "bug",
}

# What hangs between items, read in batches of ids or for one item; never counted, never windowed.
RELATED_BUG = Entity(
    name="related_bug",
    path="stories/get_related_bugs",
    wrapper=None,
    counted=False,
    modified=None,
    instants=(),
)
STORY_TCASE = Entity(
    name="story_tcase",
    path="stories/get_story_tcase",
    wrapper="TestPlanStoryTcaseRelation",
    counted=False,
    modified=None,
    instants=("created",),
    persons=("creator",),
)
LIFE_TIME = Entity(
    name="life_time",
    path="life_times",
    wrapper="LifeTime",
    counted=False,
    modified=None,
    instants=("created", "begin_date", "end_date"),
    persons=("owner", "operator"),
    numbers=("time_cost",),
)

# The recycle bins by the kind of item they hold.
REMOVED: dict[str, Entity] = {"story": REMOVED_STORY, "task": REMOVED_TASK, "bug": REMOVED_BUG}
