"""connpass, participants of an event: people by their connpass name; entry and presence are activities."""

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import ActivityRule, Format, columns, signature

FORMAT = Format(
    id="connpass",
    label=_("connpass (participants)"),
    kind="leads",
    source="connpass",
    channel="event",
    signature=(
        signature("参加枠名", "ユーザー名", "表示名", "参加ステータス", "出欠ステータス"),
        signature("ユーザー名", "表示名", "参加ステータス"),
    ),
    columns=columns(
        activity_slot="参加枠名",
        external="ユーザー名",
        name="表示名",
        activity_comment="コメント",
        activity_status="参加ステータス",
        activity_presence="出欠ステータス",
        activity_updated_at="更新日時",
        activity_present_at="出席日時",
        activity_number="受付番号",
    ),
    activities=(
        ActivityRule(
            "event_register",
            at=("activity.updated_at", "activity.present_at"),
            where={"activity.status": frozenset({"参加", "参加者", "補欠", "参加確定"})},
            properties={"slot": "activity.slot", "comment": "activity.comment"},
            channel="event",
            undated=True,
        ),
        ActivityRule(
            "event_attend",
            at=("activity.present_at", "activity.updated_at"),
            where={"activity.presence": frozenset({"出席", "参加", "出席済み"})},
            properties={"slot": "activity.slot"},
            channel="event",
            undated=True,
        ),
    ),
)
