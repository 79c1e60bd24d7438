"""The addresses of on-call: one schedule, its editor, and one's own."""

from django.urls import path, re_path

from muster.web.screens import oncall_edit, oncall_me, oncall_schedule

urlpatterns = [
    path("oncall/<slug:handle>", oncall_schedule.schedule, name="schedule"),
    path("oncall/<slug:handle>/override", oncall_schedule.override, name="override"),
    path("oncall/<slug:handle>/note", oncall_schedule.note, name="handoff_note"),
    path("schedules/new", oncall_edit.new, name="new_schedule"),
    path("schedules/<slug:handle>/edit", oncall_edit.edit, name="edit_schedule"),
    path("my-oncall", oncall_me.me, name="my_oncall"),
    re_path(
        r"^my-oncall/covers/(?P<cover_id>\d{1,18})/(?P<verb>accept|decline|withdraw)$",
        oncall_me.answer_cover,
        name="answer_cover",
    ),
    path("my-oncall/leaves/<int:leave_id>/end", oncall_me.end_leave, name="end_leave"),
    path("my-oncall/feeds/<int:feed_id>/revoke", oncall_me.revoke_feed, name="revoke_feed"),
]
