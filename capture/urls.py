"""The doors of the stage. Visitors' addresses are short and never change."""

from django.urls import path

from capture import api
from capture.views import public

app_name = "capture"

urlpatterns = [
    path("f/<str:code>/", public.form_page, name="form-page"),
    path("f/<str:code>/thanks/", public.thanks_page, name="thanks-page"),
    path("f/<str:code>/seen/", public.seen, name="seen"),
    path("embed.js", public.embed_script, name="embed-script"),
    path("api/v1/forms/<str:code>/submissions", api.Submissions.as_view(), name="api-submissions"),
]
