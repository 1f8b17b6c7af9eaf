# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the pictures of the documentation show: who sees it, how large, and how."""

import json

# Messages and moments differ from run to run and show nothing of the addon.
STYLE = """
.o-mail-Form-chatter, .o-mail-ImStatus, .o_menu_systray .badge,
.o_arrow_button .o_duration, .o_statusbar_status .text-muted,
.o_notification_manager {
    display: none !important }
*, *::before, *::after { transition: none !important; animation: none !important;
    caret-color: transparent !important }
"""
# A list as people keep it: a title, days that can mean two things, a sum.
PACKAGES = """Prepaid hours of our customers,,,,,,,
Invoice No,Customer,Package,Hours Purchased,Hours Used,Price per Hour,Currency,\
Valid From,Valid Until
INV-2041,Northwind Mills,Large,"1,250",310.5,$82.00,USD,03/02/2026,never
INV-2057,Cedar Clinics,Small,25,4.25,$90.00,USD,04/01/2026,04/01/2027
INV-2063,Cedar Clinics,Small,10,10,$95.00,USD,05/06/2026,05/06/2027
INV-2071,Unknown Studios,Small,10,0,$95.00,USD,06/01/2026,06/01/2027
Total,,,"1,295",324.75,,,,
"""
ADDON = "helpdesk_service_credit"
TICKETS = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"


def _action(name):
    return f"/odoo/action-{ADDON}.{name}"


def _row(text):
    return f"click:.o_data_row .o_data_cell@@{text}"


def _upload(name, text):
    """Choose a file, as the window of the browser would."""
    return (
        f"eval:(() => {{ const files = new DataTransfer();"
        f" files.items.add(new File([{json.dumps(text)}], {json.dumps(name)}));"
        " const input = document.querySelector("
        "'.o_field_widget[name=file] input[type=file]');"
        " input.files = files.files;"
        " input.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )


def _choose(name, values):
    """Answer on a connected system what its values left open, and look again."""
    call = {
        "jsonrpc": "2.0",
        "method": "call",
        "params": {
            "model": "service.sync.source",
            "method": "search",
            "args": [[["name", "=", name]]],
            "kwargs": {},
        },
    }
    return (
        "eval:(async () => {"
        f" const call = {json.dumps(call)};"
        " const send = async () => (await (await fetch('/web/dataset/call_kw',"
        " {method: 'POST', headers: {'Content-Type': 'application/json'},"
        " body: JSON.stringify(call)})).json()).result;"
        " const ids = await send();"
        " call.params.method = 'write';"
        f" call.params.args = [ids, {json.dumps(values)}];"
        " await send(); location.reload(); })()"
    )


NARROW = (1000, 900)
TALL = (1000, 1120)  # a ticket down to what is left
WIDE = (1200, 900)
WIDER = (1440, 900)
FULL = (1380, 1080)  # the messages below, all columns of a tab

GALLERY = [
    (
        "admin",
        NARROW,
        [
            "/odoo/action-helpdesk_mgmt.helpdesk_ticket_team_action",
            _row("Onboarding"),
            "shot:team",
        ],
    ),
    (
        "agent",
        TALL,
        [
            TICKETS,
            _row("Label printer"),
            "click:.nav-link@@Timesheets",
            "shot:ticket",
            TICKETS,
            _row("Train the new"),
            "click:.nav-link@@Timesheets",
            "shot:ticket_credits",
        ],
    ),
    (
        "agent",
        NARROW,
        [
            "/odoo/my-week",
            "wait:.o_service_week_cell",
            # A week that is full, whatever day it is.
            "click:.o_service_week_previous",
            "sleep:1",
            "shot:week",
            TICKETS,
            _row("Train the new"),
            "click:button@@Log Service",
            "sleep:1",
            "shot:log_service",
        ],
    ),
    (
        "lead",
        FULL,
        [
            TICKETS,
            _row("On call in October"),
            "click:.nav-link@@Timesheets",
            *(
                step
                for column in ("Start", "End", "Hours Billed", "Rate")
                for step in (
                    "click:.o_field_x2many .o_optional_columns_dropdown button",
                    f"click:.o-dropdown-item@@{column}",
                    "press:Escape",
                )
            ),
            "sleep:1",
            "scroll:.o_service_totals",
            "shot:on_call",
        ],
    ),
    (
        "seller",
        NARROW,
        [
            "/odoo/action-crm.crm_lead_opportunities",
            "wait:.o_kanban_record, .o_data_row",
            "click:.o_kanban_record, .o_data_row .o_data_cell@@Support for the next",
            "click:button@@Create Credit Purchases",
            "sleep:1",
            "shot:create_purchases",
        ],
    ),
    (
        "admin",
        WIDER,
        [
            "/odoo/helpdesk-overview",
            "wait:.o_service_overview canvas",
            "wait:[data-card=risk] .fw-bold.fs-2",
            "sleep:1",
            "shot:overview",
        ],
    ),
    (
        "admin",
        WIDE,
        [
            _action("service_credit_purchase_action"),
            "shot:purchases",
            "click:.o_data_row .o_data_cell@@/00002",
            "shot:purchase",
            _action("service_credit_alert_action"),
            "shot:alerts",
            _action("service_credit_forecast_action"),
            "shot:forecast",
            "click:.o_menu_sections button@@Service Credits",
            "click:.dropdown-item@@Owed",
            "click:.modal button@@Show",
            "click:.o_group_header@@USD",
            "sleep:1",
            "shot:owed",
            _action("account_analytic_line_action_overage"),
            "shot:overage",
            _action("service_revenue_risk_action"),
            "sleep:1",
            "shot:revenue_at_risk",
            _action("service_authorization_action"),
            "shot:authorizations",
        ],
    ),
    (
        "admin",
        WIDER,
        [
            _action("service_sync_source_action"),
            "click:.o_data_row:has([data-tooltip=Webshop]) button@@Sync Now",
            "wait:.o_data_row .o_data_cell@@just now",
            "shot:connected_systems",
            "click:.o_list_button_add",
            "fill:.o_field_widget[name=name] input=Prepaid packages",
            "click:.nav-link@@Connection",
            _upload("packages.csv", PACKAGES),
            "sleep:1",
            "click:.o_form_button_save",
            "wait:button[name=action_guess_fields]",
            "shot:import_upload",
            "click:button[name=action_preview]",
            "wait:.modal .alert-warning",
            "shot:import_questions",
            "click:.modal footer button@@Close",
            "click:.nav-link@@Fields",
            "scroll:.o_field_widget[name=date_order]",
            "sleep:1",
            "shot:import_fields",
            _choose("Prepaid packages", {"date_order": "mdy"}),
            "click:button[name=action_preview]",
            "wait:.modal .fa-check",
            "shot:import_preview",
            "click:.modal footer button@@Close",
            "click:button[name=action_sync_now]",
            "wait:.o_stat_text",
            "sleep:2",
            "click:button[name=action_open_records]",
            "wait:.o_data_row",
            "shot:import_result",
        ],
    ),
    (
        "customer",
        NARROW,
        [
            "/my/service-credits",
            "shot:portal_credits",
            "/my/service-credits/statement?date_from=2020-01-01",
            "shot:statement",
        ],
    ),
]
