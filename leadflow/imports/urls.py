"""Doors of the import wizard."""

from django.urls import path

from leadflow.imports import views

app_name = "imports"
urlpatterns = [
    path("imports/", views.import_list, name="list"),
    path("imports/new/", views.new, name="new"),
    path("imports/template/<slug:entity>/", views.template, name="template"),
    path("imports/<int:pk>/", views.result, name="result"),
    path("imports/<int:pk>/map/", views.columns, name="map"),
    path("imports/<int:pk>/read/", views.read, name="read"),
    path("imports/<int:pk>/use/", views.use, name="use"),
    path("imports/<int:pk>/preview/", views.preview, name="preview"),
    path("imports/<int:pk>/start/", views.start, name="start"),
    path("imports/<int:pk>/resume/", views.resume, name="resume"),
    path("imports/<int:pk>/discard/", views.discard, name="discard"),
    path("imports/<int:pk>/undo/", views.undo, name="undo"),
    path("imports/<int:pk>/rejected/", views.rejected, name="rejected"),
]
