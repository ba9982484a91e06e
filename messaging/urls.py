"""Accounts, lines, links, the inbox and the review page."""

from django.urls import path, re_path

from messaging.views import accounts, inbox, incidents, lines, links, messages, mirror_actions, mirrors, review

app_name = "messaging"
urlpatterns = [
    path("accounts/", accounts.account_list, name="accounts"),
    path("accounts/add/", accounts.account_add, name="account_add"),
    path("accounts/<int:pk>/", accounts.account_page, name="account"),
    path("accounts/<int:pk>/edit/", accounts.account_edit, name="account_edit"),
    path("accounts/<int:pk>/check/", accounts.account_check, name="account_check"),
    path("accounts/<int:pk>/sync/", accounts.account_sync, name="account_sync"),
    path("accounts/<int:pk>/sync/<int:job_pk>/", accounts.account_sync_job, name="account_sync_job"),
    path("accounts/<int:pk>/link/", links.link_start, name="link_start"),
    path("accounts/<int:pk>/mirrored/<slug:kind>/", mirrors.mirrored, name="mirrored"),
    path("accounts/<int:pk>/changes/", mirrors.mirror_changes, name="mirror_changes"),
    path("accounts/<int:pk>/bring/", mirror_actions.mirror_bring, name="mirror_bring"),
    path("accounts/<int:pk>/push/", mirror_actions.mirror_push, name="mirror_push"),
    path("mirrored/<int:pk>/take/", mirror_actions.mirror_take, name="mirror_take"),
    path("mirrored/<int:pk>/send/", mirror_actions.mirror_send, name="mirror_send"),
    path("mirrored/<int:pk>/delete/", mirror_actions.mirror_delete, name="mirror_delete"),
    path("mirror-work/<int:pk>/", mirrors.mirror_job, name="mirror_job"),
    path("mirror-work/<int:pk>/go-on/", mirror_actions.mirror_go_on, name="mirror_go_on"),
    path("lines/", lines.line_list, name="lines"),
    path("lines/<int:pk>/", lines.line_page, name="line"),
    path("lines/<int:pk>/switch/", lines.line_switch, name="line_switch"),
    path("lines/<int:pk>/limits/", lines.line_limits, name="line_limits"),
    path("lines/<int:pk>/test/", lines.line_trial, name="line_trial"),
    path("links/<int:pk>/", links.link_page, name="link"),
    path("links/<int:pk>/stop/", links.link_stop, name="link_stop"),
    path("links/<int:pk>/image/", links.link_image, name="link_image"),
    path("scan/<str:signed>/", links.scan_page, name="scan"),
    path("scan/<str:signed>/image/", links.scan_image, name="scan_image"),
    path("incidents/", incidents.incident_list, name="incidents"),
    path("inbox/", inbox.inbox, name="inbox"),
    re_path(r"^inbox/(?P<folder>sent|failed)/$", messages.folder, name="folder"),
    path("inbox/<int:pk>/", inbox.conversation, name="conversation"),
    path("inbox/<int:pk>/earlier/", inbox.conversation_earlier, name="conversation_earlier"),
    path("inbox/<int:pk>/reply/", inbox.conversation_reply, name="conversation_reply"),
    path("messages/<int:pk>/", messages.message_page, name="message"),
    path("messages/<int:pk>/resend/", messages.message_resend, name="message_resend"),
    path("review/", review.review, name="review"),
    path("review/decide/", review.review_decide, name="review_decide"),
]
