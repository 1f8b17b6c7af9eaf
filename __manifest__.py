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
        "security/ir.model.access.csv",
        "security/helpdesk_service_credit_security.xml",
        "data/helpdesk_service_credit_data.xml",
        "views/account_analytic_line_views.xml",
        "views/helpdesk_ticket_team_views.xml",
        "views/helpdesk_ticket_views.xml",
        "views/service_credit_purchase_views.xml",
        "views/service_credit_allocation_views.xml",
        "views/service_credit_consumption_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "application": False,
    "installable": True,
}
