"""The screens that show the product at work: the flow, the audit, long runs."""

from django.urls import include, path

from leadflow.console import audit, flow, runs

flow_urls = [
    path("settings/flow/", flow.flow, name="flow"),
    path("settings/flow/retry/", flow.retry, name="retry"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/export/", audit.audit_export, name="audit-export"),
]
run_urls = [
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/cancel/", runs.cancel, name="cancel"),
]
urlpatterns = [
    path("", include((flow_urls, "flow"))),
    path("", include((run_urls, "runs"))),
]
