"""Doors for other programs: /api/v1/."""

from django.urls import path

from leadflow.api import customers, events, leads, records

app_name = "api"
urlpatterns = [
    path("api/v1/leads/", leads.Leads.as_view(), name="leads"),
    path("api/v1/leads/<int:pk>/", leads.OneLead.as_view(), name="lead"),
    path("api/v1/events/", events.Events.as_view(), name="events"),
    path("api/v1/submissions/", records.Submissions.as_view(), name="submissions"),
    path("api/v1/customers/", customers.Customers.as_view(), name="customers"),
    path("api/v1/customers/<int:pk>/", customers.OneCustomer.as_view(), name="customer"),
    path("api/v1/orders/", customers.Orders.as_view(), name="orders"),
    path("api/v1/orders/<int:pk>/", customers.OneOrder.as_view(), name="order"),
    path("api/v1/subscriptions/", customers.Subscriptions.as_view(), name="subscriptions"),
    path(
        "api/v1/subscriptions/<int:pk>/",
        customers.OneSubscription.as_view(),
        name="subscription",
    ),
    path("api/v1/deals/", records.Deals.as_view(), name="deals"),
]
