"""Pages below /contacts/."""

from django.urls import path

from contacts.views import groups, people

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
]
