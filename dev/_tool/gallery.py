# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the pictures of the documentation show: who sees it, how large, and how."""

# Messages and moments differ from run to run and show nothing of the addon.
STYLE = """
.o-mail-Form-chatter, .o-mail-ImStatus, .o_menu_systray .badge,
.o_arrow_button .o_duration, .o_statusbar_status .text-muted,
.o_notification_manager {
    display: none !important }
*, *::before, *::after { transition: none !important; animation: none !important;
    caret-color: transparent !important }
"""
ADDON = "helpdesk_service_credit"
TICKETS = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"


def _action(name):
    return f"/odoo/action-{ADDON}.{name}"


def _row(text):
    return f"click:.o_data_row .o_data_cell@@{text}"


NARROW = (1000, 900)
TALL = (1000, 1120)  # a ticket down to what is left
WIDE = (1200, 900)

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
            _action("account_analytic_line_action_week"),
            "shot:week",
            TICKETS,
            _row("Train the new"),
            "click:button@@Log Service",
            "sleep:1",
            "shot:log_service",
        ],
    ),
    (
        "seller",
        NARROW,
        [
            "/odoo/action-crm.crm_lead_opportunities",
            "wait:.o_kanban_record, .o_data_row",
            "click:.o_kanban_record, .o_data_row .o_data_cell@@Support for the next",
            "click:button@@Create Services Credits",
            "sleep:1",
            "shot:create_purchases",
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
            _action("service_authorization_action"),
            "shot:authorizations",
            _action("service_sync_source_action"),
            "click:.o_data_row button@@Sync now",
            "wait:.o_data_row .o_data_cell@@just now",
            "shot:connected_systems",
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
