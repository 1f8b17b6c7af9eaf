# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a provider is made of, through the ORM: companies, teams, people, customers of
the first row, and one real record of every kind and team, to be multiplied."""

from datetime import date

from first_work import SELLERS, TEAMS, FirstWork

from odoo import Command

COMPANIES = 5
AGENTS = 6  # per team
FIRST_CUSTOMERS = 50  # with people and projects; small databases have no others
PROJECTS = 10  # with milestones
SYSTEMS = 30

#: Who works on the database: login, groups, and what they are in it.
PEOPLE = {
    "agent": "helpdesk_mgmt.group_helpdesk_user_team,"
    "helpdesk_service_credit.group_service_operator",
    "agent_all": "helpdesk_mgmt.group_helpdesk_user,"
    "helpdesk_service_credit.group_service_operator,"
    "helpdesk_service_credit.group_service_credit_user",
    "agent_own": "helpdesk_mgmt.group_helpdesk_user_own",
    "leader": "helpdesk_mgmt.group_helpdesk_manager,"
    "hr_timesheet.group_hr_timesheet_approver,"
    "helpdesk_service_credit.group_service_credit_manager",
    "sales": "sales_team.group_sale_salesman",
    "sales_all": "sales_team.group_sale_salesman_all_leads",
    "accountant": "account.group_account_manager",
    "auditor": "account.group_account_readonly",
}
PASSWORD = "provider"  # of everybody
PORTAL = {"portal": 0, "portal_other": 5}  # customer by login


def build(env):
    """Make the base and keep what the multiplication needs in `size_*` tables."""
    env = env(context=dict(env.context, tracking_disable=True, mail_notrack=True))
    Base(env).build()
    env.flush_all()


class Base:
    def __init__(self, env):
        self.env = env
        self.today = date.today()

    def build(self):
        self._switch_on()
        self._open_companies()
        self._hire()
        self._meet_customers()
        self._sell_services()
        FirstWork(self).do()
        self._plan_projects()
        self._connect()
        self._allot()
        self._invite()
        self._let_in()

    # ------------------------------------------------------------------
    # Structure
    # ------------------------------------------------------------------

    def _switch_on(self):
        """Everybody sees milestones and the fields of other options."""
        groups = "project.group_project_milestone", "base.group_multi_company"
        self.env.ref("base.group_user").implied_ids = [
            Command.link(self.env.ref(name).id) for name in groups
        ]
        self.env.cr.execute(
            "CREATE TABLE size_template (kind varchar, place int, id int)"
        )
        self.env.cr.execute(
            "CREATE TABLE size_agent (team int, place int, user_id int, partner_id int,"
            " employee_id int)"
        )

    def keep(self, kind, records):
        """Keep which records are the first of a kind, in the order of their place."""
        self.env.cr.execute(
            "INSERT INTO size_template SELECT %(kind)s, place - 1"
            " + (SELECT COUNT(*) FROM size_template WHERE kind = %(kind)s), id"
            " FROM unnest(%(ids)s) WITH ORDINALITY AS kept (id, place)",
            {"kind": kind, "ids": [record.id for record in records]},
        )

    def _open_companies(self):
        first = self.env.company
        euro = self.env.ref("base.EUR")
        euro.active = True
        names = [f"Provider {number}" for number in range(2, COMPANIES + 1)]
        others = self.env["res.company"].create(
            [
                {
                    "name": name,
                    "currency_id": (
                        euro if place == COMPANIES - 2 else first.currency_id
                    ).id,
                }
                for place, name in enumerate(names)
            ]
        )
        self.companies = first | others
        self.env.user.company_ids = self.companies
        self.env = self.env(
            context=dict(self.env.context, allowed_company_ids=self.companies.ids)
        )
        for company in self.companies:
            self.env["account.chart.template"].try_loading("generic_coa", company)
            company.write(company._suggest_service_credit_accounts())
        self.keep("company", self.companies)

    def _hire(self):
        self.teams = self.env["helpdesk.ticket.team"].create(
            [
                {
                    "name": f"Team {number}",
                    "company_id": self.companies[number // TEAMS].id,
                    "allow_timesheet": True,
                    "allow_billable": True,
                    "use_service_credits": True,
                    "over_limit_policy": "overage",
                    "show_in_portal": True,
                    "show_timesheet_portal": True,
                }
                for number in range(COMPANIES * TEAMS)
            ]
        )
        self.keep("team", self.teams)
        self.keep("project", self.teams.default_project_id)
        agents = self._create_users(
            {
                f"agent_{team}_{place}": (PEOPLE["agent"], team // TEAMS)
                for team in range(len(self.teams))
                for place in range(AGENTS)
            }
        )
        self._employ(agents)
        for number, team in enumerate(self.teams):
            team.user_ids = [
                Command.set(agents[number * AGENTS : (number + 1) * AGENTS].ids)
            ]
        self._keep_agents(agents)
        self._hire_others()

    def _keep_agents(self, agents):
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO size_agent"
            f" SELECT (place - 1) / {AGENTS}, (place - 1) %% {AGENTS}, u.id,"
            " u.partner_id, e.id"
            " FROM unnest(%s) WITH ORDINALITY AS kept (id, place)"
            " JOIN res_users u ON u.id = kept.id"
            " JOIN hr_employee e ON e.user_id = u.id AND e.company_id = u.company_id",
            [agents.ids],
        )

    def _hire_others(self):
        sellers = self._create_users(
            {
                f"sales_{place}": (PEOPLE["sales"], place // SELLERS)
                for place in range(COMPANIES * SELLERS)
            }
        )
        people = self._create_users(
            {login: (groups, 0) for login, groups in PEOPLE.items()}
        )
        self._employ(people)
        by_login = {user.login: user for user in people}
        for number, team in enumerate(self.teams):
            if number % TEAMS == TEAMS - 1:
                team.require_approval = True
        self.teams[TEAMS - 1].user_id = by_login["leader"]
        first = self.teams[0]
        first.user_ids = [
            Command.link(by_login[login].id) for login in ("agent", "agent_own")
        ]
        first.user_id = by_login["leader"]
        for login in ("leader", "sales_all", "accountant", "auditor"):
            by_login[login].company_ids = self.companies
        # The first seller of all is the one who looks.
        self.keep("seller", by_login["sales"] | sellers[1:])

    def _create_users(self, wanted):
        """Return users, by login with the groups and the number of the company."""
        return self.env["res.users"].create(
            [
                {
                    "name": login.replace("_", " ").title(),
                    "login": login,
                    "email": f"{login}@example.com",
                    "company_id": self.companies[company].id,
                    "company_ids": [Command.set(self.companies[company].ids)],
                    "group_ids": [
                        Command.set(
                            [self.env.ref(name).id for name in groups.split(",")]
                        )
                    ],
                }
                for login, (groups, company) in wanted.items()
            ]
        )

    def _employ(self, users):
        self.env["hr.employee"].create(
            [
                {
                    "name": user.name,
                    "user_id": user.id,
                    "company_id": user.company_id.id,
                    "hourly_cost": 40,
                }
                for user in users
            ]
        )

    def _let_in(self):
        """Give everybody a password: it is made once, which takes half a second."""
        self.env.flush_all()
        made = self.env["res.users"]._crypt_context().hash(PASSWORD)
        self.env.cr.execute(
            "UPDATE res_users SET password = %s WHERE id > 5 OR login = 'admin'", [made]
        )
        self.env.ref("base.user_admin").company_ids = self.companies

    # ------------------------------------------------------------------
    # Customers
    # ------------------------------------------------------------------

    def _meet_customers(self):
        self.customers = self.env["res.partner"].create(
            [
                {
                    "name": "Biggest Customer" if not number else f"Customer {number}",
                    "is_company": True,
                    "email": f"office@customer{number}.example.com",
                    "city": f"City {number % 97}",
                    "country_id": self.env.ref("base.us").id,
                }
                for number in range(FIRST_CUSTOMERS)
            ]
        )
        self.keep("customer", self.customers)
        contacts = self.env["res.partner"].create(
            [
                {
                    "name": f"Contact {place} of {number}",
                    "parent_id": customer.id,
                    "email": f"contact{place}@customer{number}.example.com",
                }
                for place in range(3)
                for number, customer in enumerate(self.customers)
            ]
        )
        self.contacts = contacts
        self.keep("contact", contacts)

    def _invite(self):
        users = self.env["res.users"].with_context(no_reset_password=True)
        for login, number in PORTAL.items():
            users.create(
                {
                    "login": login,
                    "partner_id": self.contacts[number].id,
                    "company_id": self.companies[number % COMPANIES].id,
                    "company_ids": [
                        Command.set(self.companies[number % COMPANIES].ids)
                    ],
                    "group_ids": [Command.set([self.env.ref("base.group_portal").id])],
                }
            )

    def _sell_services(self):
        hour = self.env.ref("uom.product_uom_hour").id
        unit = self.env.ref("uom.product_uom_unit").id
        kinds = (
            ("Support by the hour", "delivered_timesheet", hour, 0),
            ("Prepaid support", "ordered_prepaid", hour, 0),
            ("Service credits", "ordered_prepaid", unit, 1),
        )
        self.products = self.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "service",
                    "uom_id": uom,
                    "list_price": 100,
                    "taxes_id": [Command.clear()],
                    "service_credits": credits,
                    "service_credit_creation": "open" if credits else "manual",
                }
                for name, _policy, uom, credits in kinds
            ]
        )
        for product, (_name, policy, *_rest) in zip(self.products, kinds, strict=True):
            product.product_tmpl_id.service_policy = policy
        self.types = self.env["service.type"].search([], order="id", limit=4)
        for service_type, credits in zip(self.types, (1, 1, 1.5, 2), strict=True):
            service_type.credits_per_hour = credits
        self.keep("type", self.types)

    # ------------------------------------------------------------------
    # Projects with milestones, connected systems
    # ------------------------------------------------------------------

    def _plan_projects(self):
        projects = self.env["project.project"].create(
            [
                {
                    "name": f"Rollout {number}",
                    "partner_id": self.customers[number].id,
                    "company_id": self.companies[number % COMPANIES].id,
                    "allow_milestones": True,
                }
                for number in range(PROJECTS)
            ]
        )
        self.keep("rollout", projects)
        milestones = self.env["project.milestone"].create(
            [
                {"name": "Kick-off", "project_id": project.id, "service_credits": 2}
                for project in projects
            ]
        )
        self.keep("milestone", milestones)

    def _allot(self):
        """Start an allotment in each company, which creates its first purchase."""
        self.env.cr.execute(
            "SELECT p.partner_id FROM service_credit_purchase p"
            " JOIN size_template t ON t.id = p.id AND t.kind = 'purchase'"
            " ORDER BY place"
        )
        customers = [partner_id for (partner_id,) in self.env.cr.fetchall()]
        for company, customer in zip(self.companies, customers, strict=True):
            plan = self.env["service.credit.plan"].create(
                {
                    "partner_id": customer,
                    "company_id": company.id,
                    "credits": 10,
                    "value_per_credit": 100,
                    "paid_per_credit": 90,
                    "period": "quarter",
                    "date_start": self.today,
                }
            )
            plan.action_start()
            self.keep("plan", plan)
            self.keep("period", plan.purchase_ids[:1])

    def _connect(self):
        sources = self.env["service.sync.source"].create(
            [
                {
                    "name": f"System {number}",
                    "company_id": self.companies[number % COMPANIES].id,
                    "connector": "csv",
                    "target": "purchase",
                    "mapping_ids": [
                        Command.create({"source_field": field, "target_field": target})
                        for field, target in (
                            ("id", "external_id"),
                            ("who", "partner_id"),
                            ("credits", "credits"),
                        )
                    ],
                }
                for number in range(SYSTEMS)
            ]
        )
        self.keep("system", sources)
        record = self.env["service.sync.record"].create(
            {
                "source_id": sources[0].id,
                "external_id": "first",
                "state": "imported",
                "payload": {"id": "first", "who": "Customer 1", "credits": "10"},
            }
        )
        self.keep("record", record)
