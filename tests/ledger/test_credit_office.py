# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the office trips over when it allocates credits to milestones."""

from lxml import etree

from odoo.tests import Form, tagged

from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestOfficeAllocates(CreditCommon):
    def _open(self):
        action = self.project.action_open_service_credit_milestones()
        return Form.from_action(self.env, action)

    def _get_arch(self, model, kind):
        return etree.fromstring(self.env[model].get_view(view_type=kind)["arch"])

    def test_partly_paid_milestone_gets_the_rest(self):
        self._buy(20)
        partly = self._create_milestone(12, name="Design", sequence=1)
        partly.action_allocate_service_credits()
        partly.action_adjust_service_credits(5)
        paid = self._create_milestone(3, name="Paid", sequence=2)
        paid.action_allocate_service_credits()
        form = self._open()
        (line,) = form.line_ids._records
        self.assertEqual(
            (line["milestone_id"], line["credits_missing"], line["fits"]),
            (partly.id, 7, True),
        )
        self.assertIn("7.00 from", line["preview"])
        form.save().action_allocate()
        self.assertEqual(partly.service_credits_allocated, 12)
        partly.is_reached = True
        self.assertFalse(self._open().line_ids._records)

    def test_rest_of_a_partly_paid_milestone_is_refused_where_it_is_short(self):
        self._buy(12)
        partly = self._create_milestone(12, name="Design")
        partly.action_allocate_service_credits()
        partly.action_adjust_service_credits(5)
        self._create_milestone(6, name="Build", sequence=0)
        result = self.project.action_allocate_service_credits(strict=False)
        self.assertEqual(list(result["refused"]), [partly.id])
        self.assertIn("7.00", result["refused"][partly.id])
        self.assertEqual(partly.service_credits_allocated, 5)

    def test_one_milestone_in_red_leaves_the_others_a_button(self):
        self._buy(7)
        small = self._create_milestone(5, name="Small", sequence=1)
        big = self._create_milestone(9, name="Big", sequence=2)
        form = self._open()
        self.assertTrue(form.is_blocked)
        self.assertTrue(form.can_allocate_some)
        result = form.save().action_allocate_some()
        self.assertEqual(small.service_credits_allocated, 5)
        self.assertFalse(big.service_credits_allocated)
        message = result["params"]["message"]
        self.assertIn("service credits: 1.", message, "not “1 milestones”")
        self.assertIn("Big needs 9.00", message)

    def test_nothing_that_works_has_no_button(self):
        self._buy(1)
        self._create_milestone(9)
        form = self._open()
        self.assertTrue(form.is_blocked)
        self.assertFalse(form.can_allocate_some)

    def test_empty_window_does_not_claim_that_all_is_paid(self):
        arch = self._get_arch("service.credit.manage.project", "form")
        (text,) = arch.xpath("//p[@invisible='line_ids']")
        self.assertNotIn("already", text.text)
        self.assertFalse(self._open().line_ids._records)

    def test_list_adds_up_nothing_that_differs(self):
        """Drafts, currencies and purchases that start later are no one sum."""
        arch = self._get_arch("service.credit.purchase", "list")
        self.assertFalse(arch.xpath("//field[@sum]"))
        for name in ("credits_available", "value_available", "paid_available"):
            (field,) = arch.xpath(f"//field[@name='{name}']")
            self.assertEqual(field.get("invisible"), "state == 'draft'")
