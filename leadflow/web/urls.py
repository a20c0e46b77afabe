"""Doors of the shell itself."""

from django.urls import path

from leadflow.web import views

app_name = "web"

urlpatterns = [
    path("gallery/", views.gallery, name="gallery"),
    path("me/theme/", views.theme, name="theme"),
    path("me/keys/", views.keys, name="keys"),
]
