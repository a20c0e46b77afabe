"""Doors of the shell itself."""

from django.urls import path

from leadflow.web import rules, views

app_name = "web"

urlpatterns = [
    path("rules/<slug:subject>/preview/", rules.preview, name="rule-preview"),
    path("gallery/", views.gallery, name="gallery"),
    path("me/theme/", views.theme, name="theme"),
    path("me/keys/", views.keys, name="keys"),
    path("views/", views.view_save, name="view-save"),
    path("views/<int:pk>/rename/", views.view_rename, name="view-rename"),
    path("views/<int:pk>/delete/", views.view_delete, name="view-delete"),
]
