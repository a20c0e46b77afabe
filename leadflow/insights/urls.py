"""Doors of the numbers."""

from django.urls import path

from leadflow.insights import views

app_name = "insights"
urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/rows/<slug:key>/", views.rows, name="rows"),
    path("dashboard/rows/<slug:key>/export/", views.export, name="rows-export"),
    path("sources/", views.sources, name="sources"),
    path("sources/spend/new/", views.spend_edit, name="spend-new"),
    path("sources/spend/file/", views.spend_file, name="spend-file"),
    path("sources/spend/<int:pk>/", views.spend_edit, name="spend-edit"),
    path("sources/spend/<int:pk>/delete/", views.spend_remove, name="spend-remove"),
]
