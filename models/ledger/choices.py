# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What fields of a purchase may say, and who may read that there are purchases."""

# Who sees fields about purchases on other models.
MAY_SEE_PURCHASES = (
    "helpdesk_service_credit.group_service_credit_user,sales_team.group_sale_salesman"
)

DRAFT = "draft"
WAITING = "waiting"
OPEN = "open"
USED = "used"
EXPIRED = "expired"
WITHDRAWN = "withdrawn"
TRANSFERRED = "transferred"
STATES = [
    (DRAFT, "Draft"),
    (WAITING, "Waiting"),
    (OPEN, "Open"),
    (USED, "Used"),
    (EXPIRED, "Expired"),
    (WITHDRAWN, "Withdrawn"),
    (TRANSFERRED, "Transferred"),
]

# Who draws from a purchase besides its customer.
GROUP = "group"
CHOSEN = "chosen"
SHARING = [
    ("customer", "The customer only"),
    (GROUP, "All companies below the customer"),
    (CHOSEN, "Chosen customers"),
]
# When the credits of an order can be used.
RELEASES = [
    ("order", "Ordered"),
    ("invoice", "Invoiced"),
    ("payment", "Paid"),
]
# By the work dates of its rows, so that reports need not read them: the first one, the
# last one of what work received, and the first one that was written off.
ROW_DATES = ("rows_since", "used_until", "expired_since")
