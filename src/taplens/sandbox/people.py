"""The invented people who work in the sandbox's workspaces, and their roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ADMIN, DEVELOPER, TESTER, PRODUCT, MEMBER = (
    f"1000000000000000{number:03}" for number in (2, 9, 10, 15, 89)
)

# TAPD's default roles, named in the workspace's language.
ROLES = {
    ADMIN: "管理员",
    DEVELOPER: "开发工程师",
    TESTER: "测试工程师",
    PRODUCT: "产品经理",
    MEMBER: "普通成员",
}

TOKEN_NICK = "白芷"  # noqa: S105 - a nick, not a secret: whose personal token `demo` is
GUEST_NICK = "guest_yun"


@dataclass(frozen=True, slots=True)
class Person:
    """One member: `nick` is the key TAPD uses everywhere; `left`: not in the team any more."""

    nick: str
    name: str
    role: str
    admin: bool = False
    left: bool = False

    def row(self, number: int, joined: str, left: str) -> dict[str, Any]:
        """The UserWorkspace row; `number` makes the user id, `joined` and `left` are dates."""
        user_id = str(2043100000 + number)
        row: dict[str, Any] = {
            "user": self.nick,
            "user_id": user_id,
            "role_id": [ADMIN, self.role] if self.admin else [self.role],
            "name": self.name,
            "email": f"u{user_id}@xingzhou.test",
            "real_join_time": joined,
        }
        if self.left:
            row |= {"status": "2", "leave_project_time": left}
        return row


_PRODUCT = [
    Person("何以棠", "何以棠", PRODUCT, admin=True),
    Person("mu_qing", "沐青", PRODUCT),
    Person("程见山", "程见山", PRODUCT),
    Person("次仁旺姆", "次仁旺姆", PRODUCT),
    Person("产品小鱼🐟", "于小满", PRODUCT),
]
_TESTERS = [
    Person(TOKEN_NICK, "白芷", TESTER, admin=True),
    Person("阿依古丽·买买提", "阿依古丽·买买提", TESTER),
    Person("qa_lingdang", "铃铛", TESTER),
    Person("苏木木", "苏木木", TESTER),
    Person("ᠪᠠᠶᠠᠷ", "巴雅尔", TESTER),
    Person("晚风", "林晚风", TESTER),
]
_DEVELOPERS = [
    Person("陆千帆", "陆千帆", DEVELOPER),
    Person("kira_w", "吴砚秋", DEVELOPER),
    Person("周鹿鸣", "周鹿鸣", DEVELOPER),
    Person("ＡＬＥＸ", "欧阳亦舒", DEVELOPER),
    Person("dev.tangyuan", "汤圆", DEVELOPER),
    Person("木合塔尔·艾力", "木合塔尔·艾力", DEVELOPER),
    Person("沈听澜", "沈听澜", DEVELOPER),
    Person("ꆈꌠꊿ", "沙马阿依", DEVELOPER),
    Person("小卷", "卷毛", DEVELOPER),
    Person("顾长歌", "顾长歌", DEVELOPER),
    Person("leo-z", "赵冬青", DEVELOPER),
    Person("བསོད་ནམས།", "索朗", DEVELOPER),
    Person("㐂𠮷", "田㐂𠮷", DEVELOPER),
]
_OTHERS = [
    Person(GUEST_NICK, "访客·云", MEMBER),
    Person("旧人未央", "秦未央", DEVELOPER, left=True),
]


class Crew:
    """The members of one workspace, by role. People who left are nobody's choice any more."""

    def __init__(self, share: int, count: int) -> None:
        """Take every `count`-th part of the pool, beginning at `share`; (0, 1) takes all."""
        self.product = _PRODUCT[share % len(_PRODUCT) :: count] or _PRODUCT[:1]
        self.testers = _TESTERS[:1] + _TESTERS[1:][share::count]
        self.developers = _DEVELOPERS[share::count]
        self.everyone = [*self.product, *self.testers, *self.developers, *_OTHERS]
        self.product_nicks = [person.nick for person in self.product]
        self.tester_nicks = [person.nick for person in self.testers]
        self.developer_nicks = [person.nick for person in self.developers]
        self.former = _OTHERS[-1].nick
        self.lead = self.product_nicks[0]

    def nicks(self, role: str) -> list[str]:
        """The nicks of those who do the work of `role`: product, tester or developer."""
        return {
            "product": self.product_nicks,
            "tester": self.tester_nicks,
            "developer": self.developer_nicks,
        }[role]
