"""Doors of the desk."""

from django.urls import path

from leadflow.desk.views import companies, day, lead, leads

app_name = "desk"
urlpatterns = [
    path("", day.home, name="home"),
    path("my-day/", day.my_day, name="my-day"),
    path("my-day/checklist/hide/", day.checklist_hide, name="checklist-hide"),
    path("search/", day.search, name="search"),
    path("leads/", leads.lead_list, name="leads"),
    path("leads/new/", leads.lead_new, name="lead-new"),
    path("leads/rule/", leads.rule_dialog, name="rule-dialog"),
    path("leads/export/", leads.export, name="leads-export"),
    path("leads/trash/", lead.trash_list, name="trash"),
    path("leads/bulk/assign/", leads.bulk_assign, name="bulk-assign"),
    path("leads/bulk/stage/", leads.bulk_stage, name="bulk-stage"),
    path("leads/bulk/tag/", leads.bulk_tag, name="bulk-tag"),
    path("leads/bulk/delete/", leads.bulk_delete, name="bulk-delete"),
    path("leads/<int:pk>/", lead.lead_page, name="lead"),
    path("leads/<int:pk>/edit/", lead.lead_edit, name="lead-edit"),
    path("leads/<int:pk>/note/", lead.note_add, name="lead-note"),
    path("leads/<int:pk>/activity/", lead.activity_add, name="lead-activity"),
    path("leads/<int:pk>/owner/", lead.owner_set, name="lead-owner"),
    path("leads/<int:pk>/stage/", lead.stage_set, name="lead-stage"),
    path("leads/<int:pk>/off/", lead.off_ramp, name="lead-off"),
    path("leads/<int:pk>/reopen/", lead.reopen, name="lead-reopen"),
    path("leads/<int:pk>/tag/", lead.tag_add, name="lead-tag"),
    path("leads/<int:pk>/untag/", lead.tag_remove, name="lead-untag"),
    path("leads/<int:pk>/release/", lead.release, name="lead-release"),
    path("leads/<int:pk>/consent/", lead.consent_set, name="lead-consent"),
    path("leads/<int:pk>/merge/", lead.merge, name="lead-merge"),
    path("leads/<int:pk>/trash/", lead.trash, name="lead-trash"),
    path("leads/<int:pk>/restore/", lead.restore, name="lead-restore"),
    path("leads/<int:pk>/erase/", lead.erase, name="lead-erase"),
    path("leads/<int:pk>/export/", lead.export_person, name="lead-export"),
    path("activities/<int:pk>/done/", lead.activity_done, name="activity-done"),
    path("activities/<int:pk>/undo/", lead.activity_undo, name="activity-undo"),
    path("activities/<int:pk>/snooze/", lead.activity_snooze, name="activity-snooze"),
    path("companies/", companies.company_list, name="companies"),
    path("companies/new/", companies.company_new, name="company-new"),
    path("companies/<int:pk>/", companies.company_page, name="company"),
    path("companies/<int:pk>/edit/", companies.company_edit, name="company-edit"),
    path("customers/", companies.customer_list, name="customers"),
]
