"""The doors of the stage. Visitors' addresses are short and never change."""

from django.urls import path

from capture import api
from capture.views import answers, manage, public

app_name = "capture"

urlpatterns = [
    path("api/v1/forms/<str:code>/submissions", api.Submissions.as_view(), name="api-submissions"),
    path("f/<str:code>/", public.form_page, name="form-page"),
    path("forms/", manage.form_list, name="forms"),
    path("forms/new/", manage.create, name="create"),
    path("forms/<int:pk>/", manage.build, name="form"),
    path("forms/<int:pk>/draft/", manage.draft, name="draft"),
    path("forms/<int:pk>/preview/", manage.preview, name="preview"),
    path("forms/<int:pk>/publish/", manage.publish, name="publish"),
    path("forms/<int:pk>/versions/<int:number>/", manage.version, name="version"),
    path("forms/<int:pk>/versions/<int:number>/back/", manage.rollback, name="rollback"),
    path("forms/<int:pk>/after/", manage.after, name="after"),
    path("forms/<int:pk>/share/", manage.share, name="share"),
    path("forms/<int:pk>/qr.svg", manage.qr, name="qr"),
    path("forms/<int:pk>/archive/", manage.archive, name="archive"),
    path("forms/<int:pk>/reopen/", manage.reopen, name="reopen"),
    path("forms/<int:pk>/copy/", manage.copy, name="copy"),
    path("forms/<int:pk>/answers/", answers.of_form, name="form-answers"),
    path("forms/<int:pk>/answers.csv", answers.export, name="answers-export"),
    path("forms/<int:pk>/answers/<int:submission>/", answers.one, name="answer"),
    path("forms/<int:pk>/answers/<int:submission>/again/", answers.reprocess, name="reprocess"),
    path("answers/", answers.all_answers, name="answers"),
    path("f/<str:code>/thanks/", public.thanks_page, name="thanks-page"),
    path("f/<str:code>/seen/", public.seen, name="seen"),
    path("f/brand.css", public.brand_css, name="brand-css"),
    path("embed.js", public.embed_script, name="embed-script"),
]
