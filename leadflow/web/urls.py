"""Doors of the shell itself."""

from django.urls import path

from leadflow.web import rules, tabs, views

app_name = "web"

urlpatterns = [
    path("rules/<slug:subject>/preview/", rules.preview, name="rule-preview"),
    path("rules/<slug:subject>/field/", rules.rule_field, name="rule-field"),
    path("gallery/", views.gallery, name="gallery"),
    path("me/theme/", views.theme, name="theme"),
    path("me/keys/", views.keys, name="keys"),
    path("me/board/", views.fold, name="board-fold"),
    path("views/", tabs.view_save, name="view-save"),
    path("views/new/", tabs.view_new, name="view-new"),
    path("views/<int:pk>/", tabs.view_edit, name="view-edit"),
    path("views/<int:pk>/delete/", tabs.view_delete, name="view-delete"),
]
