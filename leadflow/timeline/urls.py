from django.urls import path

from leadflow.timeline import views

app_name = "timeline"
urlpatterns = [
    path("leads/<int:pk>/timeline/", views.lead, name="lead"),
    path("leads/<int:pk>/timeline/<int:event>/pin/", views.pin, name="pin"),
    path("leads/<int:pk>/files/<int:upload>/", views.file, name="file"),
]
