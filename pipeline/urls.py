"""Every door of the pipeline."""

from django.urls import include, path

from pipeline.views import board, closing, converting, deals, listing, settings

app_name = "pipeline"

urlpatterns = [
    path("deals/", board.board, name="board"),
    path("deals/more/", board.more, name="board-more"),
    path("deals/undo/<str:memory>/", board.undo, name="undo"),
    path("deals/list/", listing.listing, name="list"),
    path("deals/list/export/", listing.export, name="export"),
    path("deals/list/bulk/", listing.bulk, name="bulk"),
    path("deals/new/", deals.new, name="new"),
    path("deals/trash/", deals.trash_list, name="trash-list"),
    path("deals/convert/<int:pk>/", converting.convert, name="convert"),
    path("deals/of-lead/<int:pk>/", converting.of_lead, name="of-lead"),
    path("deals/of-company/<int:pk>/", converting.of_company, name="of-company"),
    path("deals/<int:pk>/", deals.deal, name="deal"),
    path("deals/<int:pk>/move/", board.move, name="deal-move"),
    path("deals/<int:pk>/win/", closing.win, name="deal-win"),
    path("deals/<int:pk>/lose/", closing.lose, name="deal-lose"),
    path("deals/<int:pk>/reopen/", closing.reopen, name="deal-reopen"),
    path("deals/<int:pk>/edit/", deals.edit, name="deal-edit"),
    path("deals/<int:pk>/lines/", deals.lines, name="deal-lines"),
    path("deals/<int:pk>/plan/", deals.plan, name="deal-plan"),
    path("deals/<int:pk>/steps/<int:activity>/done/", deals.finish, name="deal-step-done"),
    path("deals/<int:pk>/note/", deals.note, name="deal-note"),
    path("deals/<int:pk>/trash/", deals.trash, name="deal-trash"),
    path("deals/<int:pk>/restore/", deals.restore, name="deal-restore"),
    path("settings/pipelines/", settings.index, name="settings"),
    path("settings/pipelines/<int:pk>/", settings.pipeline, name="settings-pipeline"),
    path("settings/pipelines/<int:pk>/archive/", settings.archive, name="settings-archive"),
    path("settings/pipelines/<int:pk>/stages/new/", settings.stage, name="settings-stage-new"),
    path(
        "settings/pipelines/<int:pk>/stages/<int:stage_pk>/",
        settings.stage,
        name="settings-stage",
    ),
    path(
        "settings/pipelines/<int:pk>/stages/<int:stage_pk>/delete/",
        settings.remove,
        name="settings-stage-delete",
    ),
    path(
        "settings/pipelines/<int:pk>/stages/<int:stage_pk>/<str:way>/",
        settings.shift,
        name="settings-stage-shift",
    ),
    path("settings/pipelines/", include([*settings.REASONS.urls(), *settings.PRODUCTS.urls()])),
]
