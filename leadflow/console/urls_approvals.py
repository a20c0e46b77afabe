"""What waits for a yes."""

from django.urls import path

from leadflow.console import approvals

app_name = "approvals"
urlpatterns = [
    path("approvals/", approvals.inbox, name="inbox"),
    path("approvals/<int:pk>/", approvals.one, name="one"),
]
