# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who may see what, for fields of several models."""

MAY_SEE_PURCHASES = (
    "helpdesk_service_credit.group_service_credit_user,sales_team.group_sale_salesman"
)
