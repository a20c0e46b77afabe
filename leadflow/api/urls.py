"""Doors for other programs: /api/v1/."""

from django.urls import path

from leadflow.api import leads, records

app_name = "api"
urlpatterns = [
    path("api/v1/leads/", leads.Leads.as_view(), name="leads"),
    path("api/v1/leads/<int:pk>/", leads.OneLead.as_view(), name="lead"),
    path("api/v1/submissions/", records.Submissions.as_view(), name="submissions"),
    path("api/v1/deals/", records.Deals.as_view(), name="deals"),
]
