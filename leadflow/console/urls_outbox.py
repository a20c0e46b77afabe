"""The outbox and the doors that a mail opens."""

from django.urls import path

from leadflow.console import confirmations, mail_door, outbox, public_mail, received

app_name = "mail"

urlpatterns = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.message, name="message"),
    path("outbox/<int:pk>/decide/", outbox.decide, name="decide"),
    path("received/", received.received, name="received"),
    path("received/<int:pk>/", received.mail, name="received-mail"),
    path("received/<int:pk>/decide/", received.decide, name="received-decide"),
    path("received/<int:pk>/means/", received.means, name="received-means"),
    path("received/<int:pk>/follow/", received.follow, name="received-follow"),
    path("in/mail/<str:code>/", mail_door.hand_over, name="hand-over"),
    path("in/mail/<str:code>/mime", mail_door.hand_over, name="hand-over-mime"),
    path("confirm/<str:token>", confirmations.confirm, name="confirm"),
    path("u/<str:token>", public_mail.unsubscribe, name="unsubscribe"),
    path("t/c/<str:token>", public_mail.click, name="click"),
    path("t/o/<str:token>", public_mail.opened, name="open"),
]
