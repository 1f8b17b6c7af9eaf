# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Columns that look like another: balances, taxes, rates, numbers of lines."""

from odoo.tests import BaseCase, tagged

from .test_sync_guesses import guess


@tagged("post_install", "-at_install")
class TestMeanings(BaseCase):
    def check(self, target, cases):
        """Check what columns are; those that are not named are nothing."""
        for (header, *rows), wanted in cases.items():
            self.assertEqual(guess([header, *rows], target), wanted, header)

    def test_balances(self):
        """What is left counts credits, unless it can be an amount of money."""
        bought = {"Hours": "credits"}
        self.check(
            "purchase",
            {
                ("Hours|Balance", "10|4"): {**bought, "Balance": "credits_left"},
                ("Hours|Balance", "10|400"): bought,
                ("Hours|Sold", "10|6"): {**bought, "Sold": "credits_left"},
                ("Hours|Used|Sold", "10|4|6"): {**bought, "Used": "credits_used"},
                ("Hours|Sold (RON)", "10|6"): bought,
                ("Hours|Price|Saldo", "10|90|3"): {**bought, "Price": "price"},
                ("Hours|Price|Solde d'heures", "10|90|3"): {
                    **bought,
                    "Price": "price",
                    "Solde d'heures": "credits_left",
                },
                ("Total|Sold in lei", "900|300"): {"Total": "price"},
                ("Amount|Balance", "900|0"): {"Amount": "price"},
                ("ORE CUMPARATE|ORE RAMASE", "10|6"): {
                    "ORE CUMPARATE": "credits",
                    "ORE RAMASE": "credits_left",
                },
            },
        )

    def test_money_is_no_credits(self):
        self.check(
            "purchase",
            {
                ("Bought (EUR)|Hours", "900|10"): {"Hours": "credits"},
                ("Hours|Used", "10|€ 45.00"): {"Hours": "credits"},
                ("Credit EUR", "100"): {},
                ("Debit|Credit", "100|0"): {},
                ("Credit", "100"): {"Credit": "credits"},
                ("Amount (hours)", "10"): {"Amount (hours)": "credits"},
                ("Total (h)|Used", "10|4"): {
                    "Total (h)": "credits",
                    "Used": "credits_used",
                },
            },
        )

    def test_amounts_beside_their_tax(self):
        bought = {"Hours": "credits"}
        self.check(
            "purchase",
            {
                ("Hours|Invoice Amount|Tax Amount", "10|1071|171"): bought,
                ("Hours|Rechnungsbetrag|Nettobetrag|MwSt", "10|1071|900|171"): {
                    **bought,
                    "Nettobetrag": "amount_total",
                },
                ("Hours|Preis|Nettopreis", "10|1071|900"): {
                    **bought,
                    "Nettopreis": "price",
                },
                ("Ore|Importo|IVA", "10|1098|198"): {"Ore": "credits"},
                ("Uren|Totaal|Bedrag excl. btw|Btw", "10|1089|900|189"): {
                    "Uren": "credits",
                    "Bedrag excl. btw": "amount_total",
                },
                ("Hours|Total", "10|1071"): {**bought, "Total": "price"},
                ("Hours|Total|VAT Number", "10|1071|DE123"): {
                    **bought,
                    "Total": "price",
                    "VAT Number": "partner_id",
                },
            },
        )

    def test_bare_rates(self):
        """A rate may be one of tax or discount, unless it makes the amount."""
        bought = {"Hours": "credits"}
        price = {**bought, "Prix": "price"}
        each = {**bought, "Rate": "value_per_credit"}
        self.check(
            "purchase",
            {
                ("Hours|Rate", "10|90"): each,
                ("Hours|Rate|Amount", "10|90|900", "5|90|450"): each,
                ("Hours|Rate|Prix", "10|90|900", "5|20|450"): price,
                ("Hours|Taux|Prix", "10|20|900"): price,
                ("Hours|Satz", "10|20 %"): bought,
                ("Hours|Rate (%)|Prix", "10|20|900"): price,
            },
        )

    def test_numbers_of_things_are_no_ids(self):
        """They come again in the next file, and would overwrite its rows."""
        names = "Gerät|Story|Matter Number|Work Order|Artikelnummer|Discount Code"
        for name in names.split("|"):
            for target in ("time_entry", "purchase"):
                self.assertFalse(guess([name, "AB-1", "AB-2"], target), name)
        for name in ("File Nr.", "Aktennummer"):
            self.assertEqual(
                guess([name, "AB-1", "AB-2"], "purchase"), {name: "external_id"}
            )
            self.assertFalse(guess([name, "AB-1", "AB-2"]), name)

    def test_ids_of_time_are_those_of_its_entries(self):
        names = "Auftrag|N° commande|Contract|Code|Reference|Order|Invoice No|Key"
        for name in names.split("|"):
            self.assertFalse(guess([name, "A-1", "A-2"]), name)
            self.assertEqual(
                guess([name, "A-1", "A-2"], "purchase"), {name: "external_id"}
            )
        for name in ["Entry ID", "Nr.", "Worklog ID", "UUID", "Record Number"]:
            self.assertEqual(guess([name, "A-1", "A-2"]), {name: "external_id"})
        self.assertEqual(
            guess(["Vorgangsnummer", "A-1"]), {"Vorgangsnummer": "ticket_id"}
        )
        self.assertEqual(
            guess(["Contract|Number", "C-1|P-1"], "purchase"), {"Number": "external_id"}
        )

    def test_days_of_payment(self):
        """An invoice is due soon, and what it sells ends later."""
        for header, end, is_expiry in (
            ("N° facture|Date|Échéance", "05/03/2026", False),
            ("N° facture|Date|Échéance", "05/03/2027", True),
            ("Nr. factură|Data|Scadență", "05/03/2026", False),
            ("Total IVA|Fecha|Fecha de vencimiento", "05/03/2026", False),
            ("N. fattura|Data|Scadenza", "05/03/2026", False),
            ("Factuurnr.|Factuurdatum|Vervaldatum", "05/03/2026", False),
            ("Pedido|Data|Vencimento", "05/03/2026", True),
            ("Fatura|Data|Vencimento", "05/03/2026", False),
            ("Invoice No|Day|Deadline", "05/03/2027", False),
            ("Contract|Date|Deadline", "05/03/2026", True),
        ):
            found = guess([header, f"F-1|03/02/2026|{end}"], "purchase")
            self.assertEqual("date_expiry" in found.values(), is_expiry, header)

    def test_best_of_several_columns(self):
        self.check(
            "time_entry",
            {
                ("Entry Date|Service Date", "2026-01-01|2026-01-02"): {
                    "Service Date": "date"
                },
                ("Buchungsdatum|Einsatzdatum", "2026-01-01|2026-01-02"): {
                    "Einsatzdatum": "date"
                },
                ("Buchungsdatum", "2026-01-01"): {"Buchungsdatum": "date"},
                ("Firma|Cliente", "|Mill"): {"Cliente": "partner_id"},
                ("Duration|Hours", "|1:30"): {"Hours": "unit_amount"},
                ("Quantity|Unit", "90|min"): {"Quantity": "unit_amount"},
                ("Unit", "min"): {},
            },
        )
        self.check(
            "purchase",
            {
                ("Hours|Price per Hour|Price", "10||900"): {
                    "Hours": "credits",
                    "Price per Hour": "value_per_credit",
                    "Price": "price",
                }
            },
        )
