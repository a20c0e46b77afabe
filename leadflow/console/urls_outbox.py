"""The outbox and the doors that a mail opens."""

from django.urls import path

from leadflow.console import outbox, public_mail

app_name = "mail"

urlpatterns = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.message, name="message"),
    path("outbox/<int:pk>/decide/", outbox.decide, name="decide"),
    path("u/<str:token>", public_mail.unsubscribe, name="unsubscribe"),
    path("t/c/<str:token>", public_mail.click, name="click"),
    path("t/o/<str:token>", public_mail.opened, name="open"),
]
