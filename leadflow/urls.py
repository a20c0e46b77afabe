"""Every door of the product, by package."""

from django.urls import URLPattern, URLResolver, include, path

from leadflow.console.urls import sign_in

# Every error that no view foresaw; a database that is away is answered there with a 503.
handler500 = "leadflow.web.breaking.answer"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("capture.urls")),  # first: visitors' posts are the busiest door
    path("", include("leadflow.console.urls_outbox")),  # then what readers of mail open
    path("", include("leadflow.desk.urls")),
    path("", include("leadflow.demo.urls")),
    path("", include("leadflow.api.urls")),
    path("", include("leadflow.integrations.urls")),
    path("", include("leadflow.web.urls")),
    path("", include("leadflow.console.urls_help")),
    path("", include("leadflow.console.urls_flow")),
    path("", include("leadflow.timeline.urls")),
    path("", include("leadflow.operations.urls")),
    path("", include(sign_in)),
    path("", include("leadflow.console.urls")),
    path("", include("leadflow.console.urls_inbox")),
    path("", include("leadflow.imports.urls")),
    path("", include("distribution.urls")),
    path("", include("qualification.urls")),
    path("", include("leadflow.insights.urls")),
    path("", include("pipeline.urls")),
    path("", include("nurturing.urls")),
    path("", include("leadflow.console.urls_segments")),
    path("", include("leadflow.console.urls_approvals")),
]
