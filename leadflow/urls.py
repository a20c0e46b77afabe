"""Every door of the product, by package."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("leadflow.web.urls")),
    path("", include("capture.urls")),
]
