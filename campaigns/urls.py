"""The dashboard and the campaign pages."""

from django.urls import path

from campaigns.views import (
    again,
    composing,
    dashboard,
    gateway,
    late,
    panic,
    people,
    plans,
    previewing,
    replies,
    running,
)

app_name = "campaigns"
urlpatterns = [
    path("", dashboard.show, name="dashboard"),
    path("stop/", panic.stop_everything, name="stop_everything"),
    path("stop/<int:pk>/", panic.stop_report, name="stop_report"),
    path("campaigns/", plans.campaign_list, name="list"),
    path("campaigns/add/", plans.campaign_add, name="add"),
    path("campaigns/<int:pk>/", running.campaign_detail, name="detail"),
    path("campaigns/<int:pk>/edit/", plans.campaign_edit, name="edit"),
    path("campaigns/<int:pk>/clone/", plans.campaign_clone, name="clone"),
    path("campaigns/<int:pk>/delete/", plans.campaign_delete, name="delete"),
    path("campaigns/<int:pk>/audience/", composing.audience, name="audience"),
    path("campaigns/<int:pk>/message/", composing.message, name="message"),
    path("campaigns/<int:pk>/message/preview/", previewing.preview, name="preview"),
    path("campaigns/<int:pk>/message/test/", previewing.test_send, name="test_send"),
    path("campaigns/<int:pk>/sending/", composing.sending, name="sending"),
    path("campaigns/<int:pk>/sending/sender/", previewing.sender, name="sender"),
    path("campaigns/<int:pk>/review/", running.campaign_review, name="review"),
    path("campaigns/<int:pk>/start/", running.campaign_start, name="start"),
    path("campaigns/<int:pk>/schedule/", running.campaign_schedule, name="schedule"),
    *(
        path(f"campaigns/<int:pk>/{move}/", running.campaign_move, {"move": move}, name=move)
        for move in ("pause", "resume", "cancel", "unschedule")
    ),
    path("campaigns/<int:pk>/progress/", running.progress, name="progress"),
    path("campaigns/<int:pk>/breakdown/", running.breakdown_part, name="breakdown"),
    path("campaigns/<int:pk>/gateway/", gateway.gateway_part, name="gateway"),
    path("campaigns/parts/<int:pk>/again/", gateway.part_again, name="part_again"),
    path("campaigns/parts/<int:pk>/drop/", gateway.part_drop, name="part_drop"),
    path("campaigns/at-gateways/", gateway.remote, name="remote"),
    *(
        path(
            f"campaigns/at-gateways/<int:pk>/{action}/", gateway.remote_act, {"action": action}, name=f"remote_{action}"
        )
        for action in ("start", "stop", "delete")
    ),
    path("campaigns/<int:pk>/people/", people.recipients, name="recipients"),
    path("campaigns/<int:pk>/replies/", replies.replies, name="replies"),
    path("campaigns/<int:pk>/people.csv", people.export, name="export"),
    path("campaigns/<int:pk>/books/", again.show_books, name="books"),
    path("campaigns/<int:pk>/books/check/", again.check_books, name="check_books"),
    path("campaigns/<int:pk>/late/", late.decide, name="late"),
    path("campaigns/<int:pk>/retry/", again.retry_failed, name="retry_failed"),
    path("campaigns/<int:pk>/new-group/", again.new_group, name="new_group"),
    path("campaigns/<int:pk>/left-out/<str:why>/", people.left_out, name="left_out"),
]
