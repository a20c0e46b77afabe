"""The one door of hooks."""

from django.urls import path

from leadflow.integrations import door

app_name = "integrations"
urlpatterns = [path("in/<str:code>/", door.call, name="hook")]
