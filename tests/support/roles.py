# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The people that a company has, each with the rights of one role only."""

from odoo import Command

from .language import ADDON
from .people import create_employees, create_users

ROLES = {
    "agent_own": "helpdesk_mgmt.group_helpdesk_user_own",
    "agent_team": "helpdesk_mgmt.group_helpdesk_user_team",
    "agent_all": "helpdesk_mgmt.group_helpdesk_user",
    "helpdesk_manager": "helpdesk_mgmt.group_helpdesk_manager",
    "operator": f"{ADDON}.group_service_operator",
    "credit_user": f"{ADDON}.group_service_credit_user",
    "credit_manager": f"{ADDON}.group_service_credit_manager",
    "seller_own": "sales_team.group_sale_salesman",
    "seller_all": "sales_team.group_sale_salesman_all_leads",
    "sales_manager": "sales_team.group_sale_manager",
    "invoicing": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
    "accountant": "account.group_account_manager",
    "project_user": "project.group_project_user",
    "timesheets_only": "hr_timesheet.group_hr_timesheet_user",
    "timesheet_approver": "hr_timesheet.group_hr_timesheet_approver",
    "settings": "base.group_system",
    # What the demo's people have together.
    "agent_demo": "helpdesk_mgmt.group_helpdesk_user,"
    f"{ADDON}.group_service_operator,{ADDON}.group_service_credit_user",
    "lead_demo": "helpdesk_mgmt.group_helpdesk_manager,"
    f"hr_timesheet.group_hr_timesheet_approver,{ADDON}.group_service_credit_manager,"
    f"sales_team.group_sale_salesman_all_leads,{ADDON}.group_service_operator",
}


def create_roles(case):
    """Return a user with an employee for each role, by its name."""
    logins = {f"role_{name}": groups for name, groups in ROLES.items()}
    users = case.env["res.users"].union(*create_users(case.env, logins))
    create_employees(users)
    case.team.user_ids = [Command.link(user.id) for user in users]
    return dict(zip(ROLES, users, strict=True))
