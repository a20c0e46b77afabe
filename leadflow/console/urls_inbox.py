"""The inbox."""

from django.urls import path

from leadflow.console import inbox

app_name = "notifications"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/bell/", inbox.bell, name="bell"),
    path("inbox/read/", inbox.look_all, name="read-all"),
    path("inbox/<int:pk>/", inbox.look, name="look"),
]
