"""Doors of the numbers."""

from django.urls import path

from leadflow.insights import (
    by_answer,
    by_form,
    campaign_views,
    content_views,
    heard_views,
    missed_views,
    offer_views,
    target_views,
    views,
    visitor_views,
)

app_name = "insights"
urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/rows/<slug:key>/", views.rows, name="rows"),
    path("dashboard/rows/<slug:key>/export/", views.export, name="rows-export"),
    path("dashboard/visitors/", visitor_views.report, name="visitors"),
    path("dashboard/visitors/rows/", visitor_views.rows, name="visitor-rows"),
    path("dashboard/pace/", target_views.pace, name="pace"),
    path("dashboard/targets/", target_views.targets, name="targets"),
    path("calendar/", campaign_views.marketing_calendar, name="calendar"),
    path("campaigns/", campaign_views.campaign_list, name="campaigns"),
    path("campaigns/<int:pk>/", campaign_views.campaign, name="campaign"),
    path("campaigns/<int:pk>/add/", campaign_views.campaign_add, name="campaign-add"),
    path("campaigns/<int:pk>/<slug:part>/", campaign_views.campaign_rows, name="campaign-rows"),
    path("offers/<int:pk>/", offer_views.offer, name="offer"),
    path("offers/<int:pk>/<slug:part>/", offer_views.offer_rows, name="offer-rows"),
    path("content/", content_views.content_list, name="content"),
    path("content/<int:pk>/", content_views.content_item, name="content-item"),
    path("content/<int:pk>/<slug:part>/", content_views.content_rows, name="content-rows"),
    path("dashboard/form/<int:pk>/", by_form.form_outcome, name="form-outcome"),
    path("dashboard/form/<int:pk>/answers/", by_answer.form_worth, name="form-worth"),
    path("dashboard/page/<int:pk>/", by_form.page_outcome, name="page-outcome"),
    path("missed/", missed_views.report, name="missed"),
    path("missed/<slug:key>/", missed_views.rows, name="missed-rows"),
    path("sources/", views.sources, name="sources"),
    path("sources/heard/", heard_views.report, name="heard"),
    path("sources/heard/rows/", heard_views.rows, name="heard-rows"),
    path("sources/spend/new/", views.spend_edit, name="spend-new"),
    path("sources/spend/file/", views.spend_file, name="spend-file"),
    path("sources/spend/<int:pk>/", views.spend_edit, name="spend-edit"),
    path("sources/spend/<int:pk>/delete/", views.spend_remove, name="spend-remove"),
]
