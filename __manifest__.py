# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Helpdesk Service Credits",
    "summary": "Sell support time, log it on tickets, cap it, and explain what paid",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk Service Credit contributors",
    "depends": ["helpdesk_mgmt_project", "sale_timesheet", "sale_crm"],
    # In the order of reference: a file may use what stands above it.
    "data": [
        "security/helpdesk_service_credit_groups.xml",
        "security/helpdesk_time_security.xml",
        "security/service_timer_security.xml",
        "security/ir.model.access.csv",
        "security/helpdesk_service_credit_security.xml",
        "data/helpdesk_service_credit_data.xml",
        "data/service_type_data.xml",
        "views/service_type_views.xml",
        "data/service_timer_data.xml",
        "views/account_analytic_line_views.xml",
        "views/helpdesk_ticket_team_views.xml",
        "views/helpdesk_ticket_views.xml",
        "views/service_timer_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "assets": {
        "web.assets_backend": ["helpdesk_service_credit/static/src/**/*"],
        "web.assets_tests": ["helpdesk_service_credit/static/tests/tours/**/*"],
        "web.assets_unit_tests": ["helpdesk_service_credit/static/tests/**/*.test.js"],
    },
    "application": False,
    "installable": True,
}
