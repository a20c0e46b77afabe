"""Settings, sign-in and the first run."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_POST

from leadflow.console import doors, inbox
from leadflow.console.views import (
    api_keys,
    channels,
    hook_maps,
    hooks,
    hosts,
    letters,
    library,
    mailboxes,
    meetings,
    objects,
    organisation,
    own,
    people,
    retention,
    senders,
    webhooks,
)
from leadflow.web.gate import access, public

app_name = "console"

_own = access("self.edit")
_reset = public("whoever forgot the password is not signed in", app_only=True)
_half = public("between the password and the second factor", app_only=True)

# Names without a namespace: allauth looks them up.
sign_in: list[URLPattern | URLResolver] = [
    path("sign-in/", doors.sign_in, name="account_login"),
    path("sign-out/", _own(require_POST(account.logout)), name="account_logout"),
    path("sign-in/inactive/", _reset(account.account_inactive), name="account_inactive"),
    path("confirm/", _own(account.reauthenticate), name="account_reauthenticate"),
    path("password/forgot/", _reset(account.password_reset), name="account_reset_password"),
    path("password/sent/", _reset(account.password_reset_done), name="account_reset_password_done"),
    path(
        "password/new/done/",
        _reset(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        _reset(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("two-factor/", _own(mfa.index), name="mfa_index"),
    path("two-factor/code/", _half(mfa.authenticate), name="mfa_authenticate"),
    path("two-factor/confirm/", _own(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("two-factor/app/", _own(totp.activate_totp), name="mfa_activate_totp"),
    path("two-factor/app/remove/", _own(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("two-factor/codes/", _own(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "two-factor/codes/new/",
        _own(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "two-factor/codes/download/",
        _own(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]

settings_area: list[URLPattern | URLResolver] = [
    path("", organisation.index, name="settings"),
    path("profile/", own.profile, name="profile"),
    path("own-hours/", meetings.own_hours, name="own-hours"),
    path("appearance/", own.appearance, name="appearance"),
    path("password/", own.security, name="security"),
    path("sessions/", own.sessions, name="sessions"),
    path("sessions/end/", own.sessions_end, name="sessions-end"),
    path("identity/", organisation.identity, name="identity"),
    path("formats/", organisation.locale, name="locale"),
    path("selling/", organisation.selling, name="selling"),
    path("hours/", organisation.hours, name="hours"),
    path("sender/", senders.sender_list, name="sender"),
    path("sender/test/", senders.test_mail, name="sender-test"),
    path("sender/<int:pk>/", senders.sender_edit, name="sender-edit"),
    path("sender/<int:pk>/ask/", senders.sender_ask, name="sender-ask"),
    path("sender/<int:pk>/default/", senders.sender_default, name="sender-default"),
    path("sender/<int:pk>/remove/", senders.sender_remove, name="sender-remove"),
    path("inbound/", mailboxes.mailbox_list, name="inbound"),
    path("inbound/<int:pk>/", mailboxes.mailbox_edit, name="inbound-edit"),
    path("inbound/<int:pk>/try/", mailboxes.mailbox_try, name="inbound-try"),
    path("inbound/<int:pk>/pause/", mailboxes.mailbox_pause, name="inbound-pause"),
    path("inbound/<int:pk>/remove/", mailboxes.mailbox_remove, name="inbound-remove"),
    path("channels/", channels.channel_rules, name="channels"),
    path("hosts/", hosts.host_list, name="hosts"),
    path("hosts/<int:pk>/", hosts.host_edit, name="host-edit"),
    path("hosts/<int:pk>/check/", hosts.host_check, name="host-check"),
    path("hosts/<int:pk>/main/", hosts.host_main, name="host-main"),
    path("hosts/<int:pk>/remove/", hosts.host_remove, name="host-remove"),
    path("rates/", organisation.rate_list, name="rates"),
    path("rates/<int:pk>/remove/", organisation.rate_remove, name="rate-remove"),
    path("lifecycle/", organisation.lifecycle, name="lifecycle"),
    path("incoming-values/", organisation.incoming_values, name="incoming-values"),
    path("look-ups/", organisation.look_ups, name="lookups"),
    path("privacy/", organisation.privacy, name="privacy"),
    path("privacy/retention/", retention.dry_run, name="retention"),
    path("privacy/retention/confirm/", retention.confirm, name="retention-confirm"),
    path("privacy/retention/pause/", retention.pause, name="retention-pause"),
    path("users/", people.people_list, name="people"),
    path("users/invite/", people.invite, name="invite"),
    path("users/<int:pk>/", people.person, name="person"),
    path("users/<int:pk>/invite/", people.invite, name="person-invite"),
    path("users/<int:pk>/active/", people.person_active, name="person-active"),
    path("users/<int:pk>/sign-out/", people.person_sign_out, name="person-sign-out"),
    path("invitations/<int:pk>/again/", people.invitation_again, name="invitation-again"),
    path("invitations/<int:pk>/revoke/", people.invitation_revoke, name="invitation-revoke"),
    path("roles/", people.role_table, name="roles"),
    path("api-keys/", api_keys.api_keys, name="api-keys"),
    path("api-keys/<int:pk>/revoke/", api_keys.api_key_revoke, name="api-key-revoke"),
    path("hooks/", hooks.hook_list, name="hooks"),
    path("hooks/new/", hooks.hook_new, name="hook-new"),
    path("hooks/<int:pk>/", hooks.hook_page, name="hook"),
    path("hooks/<int:pk>/edit/", hooks.hook_edit, name="hook-edit"),
    path("hooks/<int:pk>/secret/", hooks.hook_secret, name="hook-secret"),
    path("hooks/<int:pk>/switch/", hooks.hook_switch, name="hook-switch"),
    path("hooks/<int:pk>/map/", hook_maps.hook_map, name="hook-map"),
    path("hooks/<int:pk>/map/try/", hook_maps.hook_try, name="hook-try"),
    path("hooks/<int:pk>/calls/<int:call>/", hooks.hook_call, name="hook-call"),
    path("hooks/<int:pk>/replay/", hooks.hook_replay, name="hook-replay"),
    path("webhooks/", webhooks.endpoint_list, name="webhooks"),
    path("webhooks/new/", webhooks.endpoint_new, name="webhook-new"),
    path("webhooks/<int:pk>/", webhooks.endpoint_page, name="webhook"),
    path("webhooks/<int:pk>/edit/", webhooks.endpoint_edit, name="webhook-edit"),
    path("webhooks/<int:pk>/secret/", webhooks.endpoint_secret, name="webhook-secret"),
    path("webhooks/<int:pk>/switch/", webhooks.endpoint_switch, name="webhook-switch"),
    path("webhooks/<int:pk>/test/", webhooks.endpoint_trial, name="webhook-trial"),
    path("webhooks/<int:pk>/replay/", webhooks.delivery_replay, name="webhook-replay"),
    path(
        "webhooks/<int:pk>/messages/<int:delivery>/",
        webhooks.delivery_page,
        name="webhook-delivery",
    ),
    path("notifications/", inbox.notices, name="notices"),
    *objects.TEAMS.urls(),
    *objects.SOURCES.urls(),
    *objects.FIELDS.urls(),
    *objects.RESEARCH.urls(),
    *letters.LETTERS.urls(),
    path("content/paste/", library.content_paste, name="content-paste"),
    *library.CONTENT.urls(),
    *library.OFFERS.urls(),
    *library.CAMPAIGNS.urls(),
    *library.HOLIDAYS.urls(),
    *meetings.MEETINGS.urls(),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("welcome/", doors.welcome, name="welcome"),
    path("invitations/<str:token>/", doors.join, name="join"),
    path("senders/<str:token>/", senders.sender_confirm, name="sender-confirm"),
    path("logo/", organisation.logo, name="logo"),
    path("settings/", include(settings_area)),
]
