# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ...tools import check_moved

CUSTOMER = "customer"
EMPLOYEE = "employee"
TICKET = "ticket"
FIELDS = {CUSTOMER: "partner_id", EMPLOYEE: "employee_id", TICKET: "ticket_id"}

# Names are no keys: they count where a system has nothing else.
DEFAULT_METHODS = ("external_id", "vat", "reference", "email")
MATCH_METHODS = (*DEFAULT_METHODS, "full_name")


class ServiceSyncCustomer(models.Model):
    """What a name of a connected system means here, once a person has said so.

    Customers, employees, and the tickets that time goes to.
    """

    _name = "service.sync.customer"
    _description = "Remembered Choice of a Connected System"
    _order = "source_id, key"
    _rec_name = "key"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        selection=[
            (CUSTOMER, "Customer"),
            (EMPLOYEE, "Employee"),
            (TICKET, "Ticket"),
        ],
        required=True,
        default=CUSTOMER,
    )
    key = fields.Char(
        string="At the Source",
        required=True,
        help="The name, ID, VAT, reference or e-mail as the source writes it.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        index=True,
        ondelete="cascade",
    )
    employee_id = fields.Many2one(
        comodel_name="hr.employee", index=True, ondelete="cascade"
    )
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        index=True,
        ondelete="cascade",
        domain="[('allow_timesheet', '=', True)]",
    )

    _key_once = models.UniqueIndex(
        "(source_id, kind, key)", "This name of the source is already remembered."
    )
    _choice_made = models.Constraint(
        "CHECK (CASE kind WHEN 'customer' THEN partner_id IS NOT NULL "
        "WHEN 'employee' THEN employee_id IS NOT NULL "
        "ELSE ticket_id IS NOT NULL END)",
        "Choose the customer, employee or ticket to remember.",
    )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        choices = super().create(vals_list)
        check_chosen(choices, FIELDS.values())
        return choices

    def write(self, vals):
        result = super().write(vals)
        check_moved(self, vals, ("source_id",))
        check_chosen(self, vals)
        return result

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    @api.model
    def _remember(self, source, kind, key, record, replace=True):
        """Keep what a person chose for a name of a system.

        :param replace: whether it counts more than what is remembered
        """
        domain = [("source_id", "=", source.id), ("kind", "=", kind), ("key", "=", key)]
        known = self.search(domain)
        if known and replace:
            known[FIELDS[kind]] = record
        elif not known:
            values = {"source_id": source.id, "kind": kind, "key": key}
            known.create({**values, FIELDS[kind]: record.id})

    @api.model
    def _find_choices(self, source, kind, texts):
        """Return ``{text: record}`` of what was remembered, without what belongs to
        another company."""
        lines = self.search(
            [
                ("source_id", "=", source.id),
                ("kind", "=", kind),
                ("key", "in", list(texts)),
            ]
        )
        chosen = {line.key: line[FIELDS[kind]] for line in lines}
        return {
            key: record
            for key, record in chosen.items()
            if record.company_id <= source.company_id
        }

    @api.model
    def _find(self, source, keys):
        """Find the customers of many rows in a flat number of queries.

        The methods of the source are tried in its order, the first that finds
        a person decides. Contacts of one company are that company.

        :param keys: ``(key, email)`` of the rows, either may be empty
        :return: ``{(key, email): partners}``; one partner is a match, several are
            ambiguous, none is missing
        """
        # sudo: rows are matched against every customer of the company, not only
        # those that the user who presses the button may see
        self = self.sudo()
        methods = source._get_match_methods()
        texts = {text for pair in keys for text in pair if text}
        tables = [self._find_choices(source, CUSTOMER, texts)]
        find_by = {
            "external_id": self._find_by_external_id,
            "vat": self._find_by_vat,
            "reference": self._find_by_reference,
            "email": self._find_by_email,
            "full_name": self._find_by_name,
        }
        tables += [find_by[name](source, texts) for name in methods]
        emails = methods.index("email") + 1 if "email" in methods else None
        found = {}
        for key, email in keys:
            answer = self.env["res.partner"]
            for number, table in enumerate(tables):
                answer = table.get(key) or answer
                if not answer and email and number in (0, emails):
                    answer = table.get(email) or answer
                if answer:
                    break
            found[key, email] = answer
        return found

    def _find_by_external_id(self, source, texts):
        names = set()
        for text in texts:
            names |= {text, text.rpartition(".")[2]}
        data = self.env["ir.model.data"].search_fetch(
            [("model", "=", "res.partner"), ("name", "in", list(names - {""}))],
            ["module", "name", "res_id"],
        )
        partners = self.env["res.partner"].browse(data.mapped("res_id")).exists()
        table = {}
        for line in data:
            partner = partners.filtered(lambda p, line=line: p.id == line.res_id)
            for text in {line.name, f"{line.module}.{line.name}"} & texts:
                table[text] = table.get(text, partner.browse()) | partner
        return {text: self._merge(found) for text, found in table.items()}

    def _find_by_vat(self, source, texts):
        spellings = {}
        for text in texts:
            plain = "".join(char for char in text if char.isalnum()).upper()
            for spelling in {text, text.upper(), plain}:
                spellings.setdefault(spelling, set()).add(text)
        return self._find_by_field(source, "vat", spellings)

    def _find_by_reference(self, source, texts):
        return self._find_by_field(source, "ref", {text: {text} for text in texts})

    def _find_by_email(self, source, texts):
        spellings = {}
        for text in texts:
            email = email_normalize(text)
            if email:
                spellings.setdefault(email, set()).add(text)
        return self._find_by_field(source, "email_normalized", spellings)

    def _find_by_name(self, source, texts):
        spellings = {}
        for text in texts:
            spellings.setdefault(" ".join(text.split()), set()).add(text)
        return self._find_by_field(source, "name", spellings)

    def _find_by_field(self, source, name, spellings):
        spellings.pop("", None)
        partners = self.env["res.partner"].search_fetch(
            Domain(name, "in", list(spellings))
            & Domain("company_id", "in", [False, source.company_id.id]),
            [name, "commercial_partner_id"],
        )
        table = {}
        for partner in partners:
            for text in spellings[partner[name]]:
                table[text] = table.get(text, partner.browse()) | partner
        return {text: self._merge(found) for text, found in table.items()}

    def _merge(self, partners):
        """Contacts of one company count as one, the company itself if it is there."""
        if len(partners) > 1 and len(partners.commercial_partner_id) == 1:
            return partners.commercial_partner_id
        return partners


def check_chosen(lines, names):
    """Check what people choose for rows, which are then imported for the company.

    :param names: fields that were written
    :raise AccessError: for what the user cannot read
    """
    if lines.env.su:
        return
    for name in set(FIELDS.values()).intersection(names):
        chosen = lines.mapped(name)
        if name == FIELDS[EMPLOYEE]:
            # The public part is enough to choose an employee.
            chosen = chosen.env["hr.employee.public"].browse(chosen.ids)
        chosen.check_access("read")
