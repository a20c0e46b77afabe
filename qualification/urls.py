"""Doors of qualification."""

from django.urls import path

from qualification.views import buying, discovery, editor, lead, roles

app_name = "qualification"
urlpatterns = [
    path("scoring/", editor.scoring, name="scoring"),
    path("scoring/rule/<slug:section>/", editor.rule, name="rule"),
    path("scoring/rule/<slug:section>/drop/", editor.drop, name="rule-drop"),
    path("scoring/threshold/", editor.threshold, name="threshold"),
    path("scoring/limits/", editor.caps, name="caps"),
    path("scoring/preview/", editor.preview, name="preview"),
    path("scoring/publish/", editor.publish, name="publish"),
    path("scoring/discard/", editor.discard, name="discard"),
    path("scoring/rollback/", editor.rollback, name="rollback"),
    path("scoring/buyer-stages/", buying.buyer_stages, name="buyer-stages"),
    path("scoring/receipt/<int:pk>/", lead.receipt, name="receipt"),
    path("scoring/bant/<int:pk>/", lead.bant, name="bant"),
    path("scoring/bant/<int:pk>/call/", discovery.call, name="discovery-call"),
    path("scoring/bant/<int:pk>/<slug:letter>/", lead.bant_set, name="bant-set"),
    path("companies/<int:pk>/roles/<slug:role>/", roles.company_role, name="company-role"),
]
