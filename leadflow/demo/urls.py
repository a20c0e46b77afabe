"""The door of the demo."""

from django.urls import path

from leadflow.demo import views

app_name = "demo"
urlpatterns = [path("demo/remove/", views.remove, name="remove")]
