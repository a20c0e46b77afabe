"""Doors of the guides."""

from django.urls import path

from leadflow.console import help as guides

app_name = "help"
urlpatterns = [
    path("help/", guides.help_index, name="index"),
    path("help/pictures/<str:name>", guides.picture, name="picture"),
    path("help/<slug:name>/", guides.help_page, name="page"),
]
