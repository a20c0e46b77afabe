"""The doors of segments."""

from django.urls import path

from leadflow.console import segments

app_name = "segments"

urlpatterns = [
    path("segments/", segments.segment_list, name="list"),
    path("segments/new/", segments.new, name="new"),
    path("segments/<int:pk>/", segments.members, name="members"),
    path("segments/<int:pk>/edit/", segments.edit, name="edit"),
    path("segments/<int:pk>/add/", segments.add, name="add"),
    path("segments/<int:pk>/remove/", segments.remove, name="remove"),
    path("segments/<int:pk>/archive/", segments.archive, name="archive"),
]
