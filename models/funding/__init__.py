"""Who pays for time: plain functions, which the entry calls.

`plan` says what has to be paid and who would pay it, and writes nothing; `apply` posts
a plan, `change` follows what is written on an entry, `draft` plans the rows of a form,
`text` explains. `payers` names who may pay.
"""

from . import account_analytic_line
from . import res_company
from . import resource_calendar
from . import resource_calendar_attendance
from . import resource_calendar_leaves
from . import service_rate
