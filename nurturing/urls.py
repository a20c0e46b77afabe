"""The doors of the stage."""

from django.urls import path

from nurturing.views import broadcasts, build, casting, forecast, people, policy, trying

app_name = "nurturing"

urlpatterns = [
    path("sequences/", people.sequence_list, name="sequences"),
    path("sequences/new/", people.create, name="create"),
    path("sequences/options/", people.options, name="options"),
    path("sequences/enrol/", people.enrol_chosen, name="enrol-chosen"),
    path("sequences/of-lead/<int:lead>/", people.of_lead, name="of-lead"),
    path("sequences/<int:pk>/", build.build, name="sequence"),
    path("sequences/<int:pk>/steps/", build.step_add, name="step-add"),
    path("sequences/<int:pk>/steps/<slug:step>/", build.step_save, name="step-save"),
    path("sequences/<int:pk>/steps/<slug:step>/move/", build.step_move, name="step-move"),
    path("sequences/<int:pk>/steps/<slug:step>/preview/", build.preview, name="preview"),
    path("sequences/<int:pk>/steps/<slug:step>/test/", build.trial, name="trial"),
    path("sequences/<int:pk>/entry/", build.entry, name="entry"),
    path("sequences/<int:pk>/about/", build.about, name="about"),
    path("sequences/<int:pk>/check/", forecast.check, name="check"),
    path("sequences/<int:pk>/check/people/", forecast.check_people, name="check-people"),
    path("sequences/<int:pk>/check/mails/", forecast.check_mails, name="check-mails"),
    path("sequences/<int:pk>/check/count/", forecast.check_count, name="check-count"),
    path("sequences/<int:pk>/try/", trying.try_on, name="try"),
    path("sequences/<int:pk>/publish/", build.publish, name="publish"),
    path("sequences/<int:pk>/state/", build.switch, name="switch"),
    path("sequences/<int:pk>/people/", people.people, name="people"),
    path("sequences/<int:pk>/enrol/", people.enrol, name="enrol"),
    path("sequences/<int:pk>/stop/", people.stop, name="stop"),
    path("settings/marketing-mail/", policy.mail_policy, name="mail-policy"),
    path("broadcasts/", broadcasts.broadcast_list, name="broadcasts"),
    path("broadcasts/new/", broadcasts.create, name="broadcast-create"),
    path("broadcasts/<int:pk>/", broadcasts.broadcast, name="broadcast"),
    path("broadcasts/<int:pk>/edit/", broadcasts.edit, name="broadcast-edit"),
    path("broadcasts/<int:pk>/mail/", broadcasts.preview, name="broadcast-mail"),
    path("broadcasts/<int:pk>/test/", broadcasts.trial, name="broadcast-trial"),
    path("broadcasts/<int:pk>/duplicate/", broadcasts.duplicate, name="broadcast-duplicate"),
    path("broadcasts/<int:pk>/archive/", broadcasts.archive, name="broadcast-archive"),
    path("broadcasts/<int:pk>/review/", casting.review, name="broadcast-review"),
    path("broadcasts/<int:pk>/review/people/", casting.reviewed, name="broadcast-reviewed"),
    path("broadcasts/<int:pk>/confirm/", casting.confirm, name="broadcast-confirm"),
    path("broadcasts/<int:pk>/state/", casting.switch, name="broadcast-switch"),
    path("broadcasts/<int:pk>/people/", casting.people, name="broadcast-people"),
]
