"""Doors of monitors."""

from django.urls import path

from leadflow.operations import views

app_name = "operations"

urlpatterns = [
    path("healthz/", views.alive, name="alive"),
    path("healthz/deep/", views.deep, name="deep"),
    path("readyz/", views.ready, name="ready"),
]
