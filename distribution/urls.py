"""Doors of distribution."""

from django.urls import path

from distribution.views import handovers, routing

app_name = "distribution"
urlpatterns = [
    path("hand-overs/", handovers.handovers, name="handovers"),
    path("hand-overs/<int:pk>/accept/", handovers.accept, name="accept"),
    path("hand-overs/<int:pk>/return/", handovers.give_back, name="return"),
    path("hand-overs/of-lead/<int:pk>/", handovers.of_lead, name="of-lead"),
    path("routing/", routing.routing, name="routing"),
    path("routing/rule/", routing.rule, name="rule"),
    path("routing/rule/change/", routing.rule_change, name="rule-change"),
    path("routing/rest/", routing.rest, name="rest"),
    path("routing/publish/", routing.publish, name="publish"),
    path("routing/pools/options/", routing.options, name="pool-options"),
    path("routing/pools/new/", routing.pool_new, name="pool-new"),
    path("routing/pools/<int:pk>/", routing.pool, name="pool"),
    path("routing/pools/<int:pk>/remove/", routing.member_remove, name="member-remove"),
]
