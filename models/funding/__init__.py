"""Who pays for time: plain functions, which the entry calls.

`claim` says what somebody has to pay for, `plan` who would pay it and writes nothing,
`apply` posts a plan, `text` explains it.
"""

from . import account_analytic_line
