# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows that become time entries, logged on their ticket like any other time."""

import re
from datetime import UTC

from odoo.fields import Domain

from ...connectors import ValueRefused
from ...connectors.by_values import tells_billable
from ...connectors.durations import DAY, fitting_units, read_hours, read_number
from ...connectors.errors import _lt, quote
from ...connectors.spans import has_not_ended, read_clock, read_span, tells_time
from ...connectors.values import is_empty, is_negated, parse_date, short_text
from ...tools import DurationError, parse_duration
from ...tools.clock import get_clock, get_moment
from .rows import MAX_KEY, explain
from .service_sync_customer import EMPLOYEE, TICKET
from .styles import DURATIONS, show_hours
from .target import AMBIGUOUS, Target

# What can be the number of a ticket in a longer text: HT00012, #HT00012, SUP-12.
TICKET_NUMBER = re.compile(r"(?<![\w-])[A-Za-z]{1,6}-?\d{1,12}(?![\w-])")
MAX_NUMBERS = 5
NEGATIVE = re.compile(r"\s*[-−]\s*[\d.,:]")
# How some write that a clock still counts: minus the second it was started.
STARTED = re.compile(r"-\d{9,13}(\.0)?")
# What else stands there while there is no end.
COUNTING = re.compile(r"-1(\.0)?|[0:.]*")


def get_numbers(text):
    """What in a text may be numbers of tickets."""
    return TICKET_NUMBER.findall(text)[:MAX_NUMBERS]


def turn_name(text):
    """A name as people say it: of “Roth, Ada” Ada Roth."""
    last, _comma, first = text.partition(",")
    return f"{first} {last}".strip()


DAYS = ("date", "time_start")
WORK = ("ticket_id", "task_id", "partner_id", "partner_email")


class TimeTarget(Target):
    model = "account.analytic.line"
    label = "Time Entries"
    fields = (
        "ticket_id",
        "task_id",
        "partner_id",
        "partner_email",
        "employee_id",
        "employee_email",
        "unit_amount",
        "time_start",
        "time_end",
        "time_break",
        "date",
        "name",
        "internal_note",
        "service_type_id",
        "is_billable",
    )
    required = (
        ("external_id",),
        ("unit_amount", "time_start"),
        ("employee_id", "employee_email"),
    )

    @classmethod
    def get_wanted(cls, source):
        return (DAYS,) if source.catch_all_ticket_id else (DAYS, WORK)

    def __init__(self, source):
        super().__init__(source)
        lines = source.mapping_ids
        self.units = {
            line.target_field: line._get_unit()
            for line in lines
            if line.target_field in DURATIONS
        }
        self.unit_labels = dict(lines._fields["unit"]._description_selection(self.env))

    def why_left_out(self, item):
        text = self.env._("Left out until it has ended: it is still running")
        return text if self.is_running(item) else ""

    def is_running(self, item):
        """Whether a clock still counts what a row is about."""
        spent = item.raw.get("unit_amount")
        text = "" if is_empty(spent) else str(spent).strip()[:MAX_KEY]
        if STARTED.fullmatch(text):
            return True
        start, end = item.raw.get("time_start"), item.raw.get("time_end")
        if not COUNTING.fullmatch(text):
            return False
        if "time_end" in self.names:
            return is_empty(end) and not is_empty(start)
        return has_not_ended(item.row.values)

    def prepare(self, item, tables):
        return self.collect(
            item,
            lambda: self.pick_work(item, tables),
            lambda: self.get_employee(item, tables),
            lambda: self.get_duration(item),
            lambda: self.get_day(item),
            lambda: self.get_texts(item),
            lambda: self.get_billable(item),
            lambda: self.pick_service_type(item, tables["type"]),
        )

    def update(self, item):
        """Write what differs; an entry that was cut is logged anew as a whole."""
        if item.record.is_billing_held and not item.is_billing_held:
            item.values.setdefault("is_billable", True)
        pieces = self.get_pieces(item)
        if len(pieces) == 1:
            return super().update(item)
        hours = sum(pieces.mapped("unit_amount"))
        others = {k: v for k, v in item.values.items() if k != "unit_amount"}
        if not self.differs(hours, item.values["unit_amount"]) and not any(
            self.differs(item.target[name], value) for name, value in others.items()
        ):
            return False
        pieces.unlink()
        item.target = self.env[self.model].create([item.values])
        return True

    def withdraw(self, item):
        """Delete the entry by its own rules: what it drew is given back."""
        self.get_pieces(item).unlink()
        return item.target.browse()

    def get_pieces(self, item):
        """The entry of a row, and the entries its funding cut off from it.

        Credits, sales order item and overage are entries of their own.
        """
        line = item.target
        return line | line.search([("split_from_id", "=", line.id)])

    # === Relations ===

    def find_relations(self, items):
        company = Domain("company_id", "=", self.source.company_id.id)
        shared = Domain("company_id", "in", [False, self.source.company_id.id])
        customers = self.find_customers(items)
        texts = {self.get_ticket_text(item) for item in items}
        tables = {
            "customer": customers,
            "open_ticket": self.find_open_tickets(customers, company),
            "chosen_ticket": self.find_chosen(
                TICKET, texts | {" ".join(key).strip() for key in customers}
            ),
            "chosen_employee": self.find_chosen(
                EMPLOYEE, {t for item in items for t in self.get_employee_texts(item)}
            ),
            "ticket": self.find_numbers(texts, company)
            | self.look_up(
                self.env["helpdesk.ticket"], ["number"], items, ["ticket_id"], company
            ),
            "employee": self.find_employees(items, shared),
            "task": self.find_tasks(items, shared),
            "type": self.look_up(
                self.env["service.type"],
                ["name"],
                items,
                ["service_type_id"],
                Domain.TRUE,
            ),
        }
        known = {*tables["employee"], *map(str.lower, tables["chosen_employee"])}
        lost = [
            i for i in items if not self.is_known(self.get_employee_texts(i), known)
        ]
        return {**tables, "former": self.find_former(lost, shared) if lost else {}}

    def is_known(self, texts, known):
        return any(text.lower() in known for text in texts)

    def find_former(self, items, domain):
        """The people who left, by what rows call them."""
        return self.find_employees(items, domain & Domain("active", "=", False))

    def find_employees(self, items, domain):
        texts = {text for item in items for text in self.get_employee_texts(item)}
        people = self.env["hr.employee"]
        return self.look_up_texts(people, ["work_email", "name"], texts, domain)

    def find_chosen(self, kind, texts):
        Choice = self.env["service.sync.customer"]
        return Choice._find_choices(self.source, kind, texts - {""})

    def find_numbers(self, texts, domain):
        """Return ``{number in lower case: ticket}`` for numbers inside of texts."""
        numbers = {part for text in texts for part in get_numbers(text)}
        ways = {way for part in numbers for way in (part, part.upper(), part.lower())}
        if not ways:
            return {}
        found = self.env["helpdesk.ticket"].search(
            Domain("number", "in", list(ways)) & domain
        )
        return {ticket.number.lower(): ticket for ticket in found}

    def find_tasks(self, items, domain):
        """Return the tasks that rows name, where a field is mapped to it."""
        if "task_id" not in self.names:
            return {}
        takes_time = Domain("project_id.allow_timesheets", "=", True)
        tasks = self.env["project.task"]
        return self.look_up(tasks, ["name"], items, ["task_id"], domain & takes_time)

    def find_open_tickets(self, customers, domain):
        """Return ``{customer id: (count, one of them)}`` of tickets that take time."""
        partners = self.env["res.partner"].union(*customers.values())
        rows = self.env["helpdesk.ticket"]._read_group(
            Domain("commercial_partner_id", "in", partners.commercial_partner_id.ids)
            & Domain("closed", "=", False)
            & Domain("allow_timesheet", "=", True)
            & domain,
            ["commercial_partner_id"],
            ["__count", "id:max"],
        )
        return {partner.id: (count, last) for partner, count, last in rows}

    def pick_work(self, item, tables):
        """What a row was spent on: its ticket; its task where it names no ticket.

        :raise ValueRefused: there is none, or there are several
        """
        if self.lacks(*WORK) and not self.source.catch_all_ticket_id:
            return {}
        text = item.raw.get("task_id")
        if is_empty(text) or self.get_ticket_text(item):
            return {"ticket_id": self.pick_ticket(item, tables).id}
        missing = _lt("No task that takes time is called “%(value)s”.")
        task = self.pick(tables["task"], str(text).strip(), missing, AMBIGUOUS)
        return {"task_id": task.id}

    def pick_ticket(self, item, tables):
        """The ticket of a row: the one it names, else one of its customer's.

        :raise ValueRefused: there is none
        """
        text = self.get_ticket_text(item)
        customer = " ".join(self.get_customer_key(item)).strip()
        item.ticket_key = (text or customer)[:MAX_KEY]
        chosen = tables["chosen_ticket"].get(item.ticket_key)
        found = chosen or self.find_ticket(text, tables["ticket"])
        if not found and customer:
            found = self.pick_ticket_of_customer(item, tables)
        if found:
            return found
        if self.source.catch_all_ticket_id:
            return self.take_catch_all(item)
        if not text:
            raise ValueRefused(_lt("The row names no ticket."))
        raise ValueRefused(
            _lt(
                "No ticket has the number or external ID “%(value)s”, and the "
                "connected system has no catch-all ticket."
            ),
            value=text,
        )

    def get_ticket_text(self, item):
        value = item.raw.get("ticket_id")
        return "" if is_empty(value) else str(value).strip()

    def find_ticket(self, text, table):
        """The ticket of a number or external id, also where more is written around."""
        if text.lower() in table:
            return self.pick(table, text, "", AMBIGUOUS)
        parts = map(str.lower, get_numbers(text))
        found = {table[part] for part in parts if len(table.get(part, ())) == 1}
        return found.pop() if len(found) == 1 else None

    def pick_ticket_of_customer(self, item, tables):
        """The only open ticket of the customer a row names.

        :raise ValueRefused: the customer is unknown or has several, and nothing
            takes what finds no ticket
        """
        has_catch_all = bool(self.source.catch_all_ticket_id)
        try:
            customer = self.pick_customer(item, tables["customer"])
        except ValueRefused:
            if has_catch_all:
                return None
            raise
        count, ticket = tables["open_ticket"].get(
            customer.commercial_partner_id.id, (0, None)
        )
        if count == 1:
            return self.env["helpdesk.ticket"].browse(ticket)
        if has_catch_all:
            return None
        sentence = _lt(
            "%(customer)s has %(count)s open tickets: choose the ticket, and it is "
            "remembered."
        )
        if not count:
            sentence = _lt(
                "%(customer)s has no open ticket: choose the ticket, and it is "
                "remembered."
            )
        raise ValueRefused(sentence, customer=customer.display_name, count=count)

    def take_catch_all(self, item):
        """Log on the catch-all ticket; its customer pays only if that was asked for."""
        ticket = self.source.catch_all_ticket_id
        item.is_catch_all = True
        item.is_billing_held = bool(
            ticket.partner_id and not self.source.catch_all_is_billed
        )
        return ticket

    def pick_employee(self, item, tables):
        texts = self.get_employee_texts(item)
        if not texts:
            raise ValueRefused(_lt("The row names no employee."))
        for text in texts:
            if chosen := tables["chosen_employee"].get(text):
                return chosen
        table = tables["employee"]
        text = next((text for text in texts if table.get(text.lower())), texts[0])
        if text.lower() not in table and (former := self.pick_former(item, tables)):
            return former
        try:
            return self.pick(
                table,
                text,
                _lt(
                    "No employee has the external ID, e-mail or name “%(value)s”: "
                    "choose the employee, and it is remembered."
                ),
                AMBIGUOUS,
            )
        except ValueRefused:
            item.employee_key = text[:MAX_KEY]
            raise

    def pick_former(self, item, tables):
        """An archived employee, whose old entries can still be corrected.

        :raise ValueRefused: it is new time, which nobody can log for them
        """
        texts = self.get_employee_texts(item)
        found = [tables["former"].get(text.lower()) for text in texts]
        former = next(filter(None, found), None)
        if not former:
            return None
        if self.browse(item.record).employee_id in former:
            return self.browse(item.record).employee_id
        item.employee_key = texts[0][:MAX_KEY]
        raise ValueRefused(
            _lt(
                "No new time can be logged for %(employee)s, who is archived: "
                "unarchive the employee until the row is imported, or choose another "
                "one."
            ),
            employee=former[0].name,
        )

    def get_employee_texts(self, item):
        texts = [item.raw.get(name) for name in ("employee_id", "employee_email")]
        texts = [str(text).strip() for text in texts if not is_empty(text)]
        return texts + [turn_name(text) for text in texts if "," in text]

    def pick_service_type(self, item, table):
        value = item.raw.get("service_type_id")
        if is_empty(value):
            return {}
        found = self.pick(
            table,
            str(value).strip(),
            _lt("No service type is called “%(value)s”."),
            AMBIGUOUS,
        )
        return {"service_type_id": found.id}

    # === Values ===

    def get_employee(self, item, tables):
        if self.lacks("employee_id", "employee_email"):
            return {}
        return {"employee_id": self.pick_employee(item, tables).id}

    def get_duration(self, item):
        if self.lacks("unit_amount", "time_start"):
            return {}
        return {"unit_amount": self.get_hours(item)}

    def get_day(self, item):
        """The day of the work, and when it began if the row tells."""
        if self.lacks(*DAYS):
            return {}
        day = self.parse(item, "date", "date") or self.get_day_of_start(item)
        if day is None:
            raise ValueRefused(_lt("The row has no work date."))
        start = self.get_start(item, day)
        return {"date": day} if start is None else {"date": day, "time_start": start}

    def get_texts(self, item):
        values = {}
        for name in ("name", "internal_note"):
            if name in item.raw:
                values[name] = self.parse(item, name, "text") or False
        if not values.get("name"):
            values.pop("name", None)
        return values

    def get_billable(self, item):
        billable = self.parse(item, "is_billable", "tick")
        name = self.names.get("is_billable", "")
        if billable is None and tells_billable(name):
            billable = False
        if billable is not None and is_negated(name):
            billable = not billable
        if billable is False:
            item.is_billing_held = False
        if item.is_billing_held:
            billable = False
        return {} if billable is None else {"is_billable": billable}

    def get_day_of_start(self, item):
        """The day of the moment work began, None if just the time of day is known."""
        try:
            return parse_date(
                item.raw.get("time_start"), self.source.date_order, self.source.timezone
            )
        except ValueRefused:
            return None

    def get_start(self, item, day):
        """The time of day where the company is, None where the row does not tell it."""
        value, zone = item.raw.get("time_start"), self.source.timezone
        seconds = None if is_empty(value) else read_clock(value)
        if seconds is not None:
            moment = get_moment(zone, day, seconds / 3600)
        elif is_empty(value) or not tells_time(value):
            return None
        else:
            try:
                moment = self.source._parse_moment(value).replace(tzinfo=UTC)
            except ValueRefused:
                return None
        if moment is None:
            return None
        here, clock = get_clock(self.source.company_id._get_time_zone(), moment)
        return clock if here == day else None

    def get_hours(self, item):
        """The duration of a row, else what is between its start and its end.

        :raise ValueRefused: there is neither, or it could mean several
        """
        if not is_empty(item.raw.get("unit_amount")):
            return self.read_duration(item, "unit_amount")
        start, end = item.raw.get("time_start"), item.raw.get("time_end")
        if is_empty(start) and is_empty(end):
            raise ValueRefused(_lt("The row has no duration."))
        try:
            seconds = read_span(start, end, self.source._parse_moment)
        except ValueRefused as error:
            name = "time_end" if "time_end" in self.names else "time_start"
            raise self.named(name, explain(self.env, error)) from None
        hours = seconds / 3600
        if not is_empty(item.raw.get("time_break")):
            hours -= self.read_duration(item, "time_break")
        return hours

    def read_duration(self, item, name):
        value = item.raw[name]
        if NEGATIVE.match(str(value)):
            raise self.named(
                name,
                self.env._(
                    "%(value)s is negative: shorten the entry that it corrects "
                    "instead.",
                    value=quote(value),
                ),
            )
        unit = self.units.get(name)
        try:
            hours = read_hours(value, unit, self.source.decimal_separator)
            number = None if hours is not None else read_number(value)
            if number:
                raise self.ask_unit(number, value)
            return parse_duration(short_text(value)) if hours is None else hours
        except DurationError as error:
            text = str(value).strip()
            reason = error.args[0].replace(text, quote(text))
        except ValueRefused as error:
            reason = explain(self.env, error)
        raise self.named(name, reason)

    def ask_unit(self, number, value):
        """The refusal of a bare number whose unit neither name nor values tell."""
        units = fitting_units([number], self.source.is_file)
        readings = ", ".join(
            f"{show_hours(number, unit)} ({self.unit_labels[unit]})" for unit in units
        )
        sentence = _lt("“%(value)s” can mean %(reason)s: choose the unit of the field.")
        if number > DAY:
            sentence = _lt(
                "%(value)s hours is more than a day; it can mean %(reason)s: choose "
                "the unit of the field."
            )
        return ValueRefused(sentence, value=value, reason=readings)
