"""Reminders, auto-replies, stop words and doubtful opt-outs; names are those of messaging."""

from django.urls import path

from messaging.views import auto_replies, automation, reminders

urlpatterns = [
    path("", reminders.reminder_list, name="reminders"),
    path("reminders/add/", reminders.reminder_edit, name="reminder_add"),
    path("reminders/<int:pk>/", reminders.reminder_page, name="reminder"),
    path("reminders/<int:pk>/edit/", reminders.reminder_edit, name="reminder_edit"),
    path("reminders/<int:pk>/pause/", reminders.reminder_pause, name="reminder_pause"),
    path("reminders/<int:pk>/delete/", reminders.reminder_delete, name="reminder_delete"),
    path("missed/<int:pk>/", reminders.reminder_decide, name="reminder_decide"),
    path("auto-replies/", auto_replies.rule_list, name="auto_replies"),
    path("auto-replies/add/", auto_replies.rule_edit, name="auto_reply_add"),
    path("auto-replies/<int:pk>/", auto_replies.rule_edit, name="auto_reply_edit"),
    path("auto-replies/<int:pk>/switch/", auto_replies.rule_switch, name="auto_reply_switch"),
    path("auto-replies/<int:pk>/push/", auto_replies.rule_push, name="auto_reply_push"),
    path("auto-replies/<int:pk>/take-back/", auto_replies.rule_take_back, name="auto_reply_take_back"),
    path("auto-replies/copy/<int:pk>/", auto_replies.rules_copy, name="auto_replies_copy"),
    path("auto-replies/<int:pk>/delete/", auto_replies.rule_delete, name="auto_reply_delete"),
    path("words/", automation.words_list, name="words"),
    path("words/add/", automation.words_edit, name="words_add"),
    path("words/<slug:code>/", automation.words_edit, name="words_edit"),
    path("words/<slug:code>/forget/", automation.words_forget, name="words_forget"),
    path("maybe-opt-outs/", automation.doubt_list, name="doubts"),
    path("maybe-opt-outs/<int:pk>/", automation.doubt_talk, name="doubt_talk"),
    path("maybe-opt-outs/<int:pk>/decide/", automation.doubt_decide, name="doubt_decide"),
]
