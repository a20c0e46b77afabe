"""The doors of the stage."""

from django.urls import path

from nurturing.views import build, people

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
    path("sequences/<int:pk>/publish/", build.publish, name="publish"),
    path("sequences/<int:pk>/state/", build.switch, name="switch"),
    path("sequences/<int:pk>/people/", people.people, name="people"),
    path("sequences/<int:pk>/enrol/", people.enrol, name="enrol"),
    path("sequences/<int:pk>/stop/", people.stop, name="stop"),
]
