"""Doors of qualification."""

from django.urls import path

from qualification.views import lead

app_name = "qualification"
urlpatterns = [
    path("scoring/receipt/<int:pk>/", lead.receipt, name="receipt"),
    path("scoring/bant/<int:pk>/", lead.bant, name="bant"),
    path("scoring/bant/<int:pk>/<slug:letter>/", lead.bant_set, name="bant-set"),
]
