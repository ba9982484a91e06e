"""Pages below /contacts/."""

from django.urls import path

from contacts.views import groups, imports, people, segments

app_name = "contacts"
urlpatterns = [
    path("", people.contact_list, name="list"),
    path("add/", people.contact_add, name="add"),
    path("<int:pk>/", people.contact_edit, name="edit"),
    path("<int:pk>/consent/", people.contact_consent, name="consent"),
    path("<int:pk>/delete/", people.contact_delete, name="delete"),
    path("groups/", groups.group_list, name="groups"),
    path("groups/add/", groups.group_add, name="group_add"),
    path("groups/<int:pk>/", groups.group_edit, name="group_edit"),
    path("groups/<int:pk>/delete/", groups.group_delete, name="group_delete"),
    path("segments/", segments.segment_list, name="segments"),
    path("segments/add/", segments.segment_add, name="segment_add"),
    path("segments/<int:pk>/", segments.segment_edit, name="segment_edit"),
    path("segments/<int:pk>/delete/", segments.segment_delete, name="segment_delete"),
    path("export/", imports.contact_export, name="export"),
    path("import/", imports.import_upload, name="import"),
    path("import/<int:pk>/", imports.import_preview, name="import_preview"),
    path("import/<int:pk>/problems/", imports.import_problems, name="import_problems"),
    path("import/<int:pk>/rejected.csv", imports.import_rejected, name="import_rejected"),
    path("jobs/<int:pk>/", imports.job, name="job"),
    path("jobs/<int:pk>/restart/", imports.import_restart, name="import_restart"),
]
