# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Headings that no sample has, IDs, and what a price is of."""

import base64
from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import BaseCase, new_test_user, tagged

from ...connectors import column_names
from ...connectors.guesses import (
    INDEX,
    OTHERS,
    get_columns,
    guess_fields,
    guess_price,
)
from ..support.sync import SyncCommon
from .test_sync_guesses import guess

# Headings by what they are, in many languages.
TIME = {
    "unit_amount": "Hours Worked|Total hours|Time Spent (h)|Arbeitsstunden|"
    "Dauer in Std|Heures passées|Nombre d'heures|Horas trabajadas|Tiempo empleado|"
    "Time Spent (seconds)|hours_decimal|Hrs worked|Ore lucrate|Nr. de ore|Durée (h)",
    "date": "Worked on|Leistungsdatum|Einsatztag|Date d'intervention|"
    "Fecha de la intervención|Data intervenției|Zi|Date (dd/mm/yyyy)",
    "employee_id": "Technician|Done by|Intervenant|Techniker|Trabajador|Tehnician|"
    "Bearbeitet von|Angajatul|Consultant",
    "name": "Work done|Ausgeführte Arbeiten|Travaux effectués|Trabajo realizado|"
    "Descrierea lucrării|Betreff|Objet|Asunto|Subiect",
    "ticket_id": "Case no.|Ticket #|Fallnummer|Dossier|N.º de incidencia|Nr. tichet|"
    "Störung|Solicitare",
    "partner_id": "Account name|Auftraggeber|Raison sociale|Razón social|"
    "Numele clientului|Client / Customer",
}
PURCHASE = {
    "credits": "Hours in contract|Bought|Purchased|Package size|Hours included|"
    "Total hours|"
    "Block of hours|Stundenkontingent|Gekauft|Vereinbarte Stunden|Heures prépayées|"
    "Volume d'heures|Taille du forfait|Bolsa de horas|Horas contratadas|Cantidad|"
    "Ore contractate|Mărimea pachetului|Cantitate|Qty|Menge (h)",
    "credits_used": "Delivered to date|Used|Consumed|Used so far|Hours delivered|"
    "Abgerufen|"
    "Bereits verbraucht|Déjà consommé|Heures réalisées|Horas gastadas|Ya consumido|"
    "Ore efectuate|Consumat",
    "credits_left": "Balance hrs|Remaining|Left|Balance|Hours available|Restguthaben|"
    "Noch offen|"
    "Solde d'heures|Reste|Saldo|Quedan|Ore rămase|Disponibil",
    "date_expiry": "Expires|Expires on|Valid till|Best before|Gültigkeitsende|"
    "Läuft ab am|Échéance|Date limite|Caducidad|Vence el|Valabil până la|"
    "Data expirării|Termen",
    "date_start": "Bought on|Purchase date|Effective from|Kaufdatum|Vertragsbeginn|"
    "Date d'achat|À partir du|Fecha de compra|Vigente desde|Data achiziției|"
    "Valabil din",
    "external_id": "Number|Reference|Code|Order number|Vertragsnummer|Auftrags-Nr.|"
    "Schlüssel|Réf. pièce|N° de contrat|Référence|Clave|N.º de pedido|Código|"
    "Nr. contract|Cheie|Număr|Key|Invoice #",
    "description": "Package name|Bezeichnung|Désignation|Concepto|Denumire pachet|Plan",
    "currency_id": "Currency code|Währung|Devise|Divisa|Monedă",
}
VALUES = {
    "unit_amount": "1,5", "date": "05.10.2026", "employee_id": "Ada", "name": "Call",
    "ticket_id": "HT7", "partner_id": "Mill", "credits": "10", "credits_used": "4",
    "credits_left": "6", "date_expiry": "31.12.2027", "date_start": "01.01.2026",
    "external_id": "P-1", "description": "Big", "currency_id": "EUR",
}  # fmt: skip
PRICES = {
    "value_per_credit": "Price per hour|Stundensatz|Preis (Std.)|Price/h|€/h|Rate|"
    "Prix de l'heure|Precio por hora|Preț/oră|Unit price|Preis je Stunde|Tarif|"
    "UnitAmount|Montant unitaire HT|Importe unitario|Amount per hour|Total per hour|"
    "Betrag pro Stunde|Suma pe oră|Price each|Preis pro Einheit|Price per 1 hour|"
    "Tariffa oraria|Prijs per uur|Valor por hora",
    "amount_total": "Total|Gesamtpreis|Amount (EUR)|Prix du forfait|Montant HT|Betrag|"
    "Importe total|Paketpreis|Preț pachet|Order value|Valoare totală",
    "price": "Price|Preis|Prix|Precio|Preț|Price (EUR)|Kaufpreis|Nettopreis|Value|Wert|"
    "Price per package|Preis pro Paket|Preis/Paket|Prix par forfait|Tarif forfait|"
    "Precio por paquete|Preț pe pachet|Price per 10 hours|Contract rate|"
    "Price per user|Prezzo per pacchetto|Prijs per pakket|Preço por pacote|Valor",
    None: "Prix TTC|Betrag (brutto)|VAT rate|Tagessatz|Discount amount|Amount paid|"
    "Total hours|Cost|Exchange rate|Credits|Amount (hours)|Total (h)|Summe (Std.)|"
    "Suma (ore)|Rate (%)|Credit amount|ORE RAMASE|Totale (IVA inclusa)|Totaal uren|"
    "Bedrag incl. btw|Valor com imposto|Total de horas",
}


@tagged("post_install", "-at_install")
class TestHeadings(BaseCase):
    def check(self, names, target):
        for field, headings in names.items():
            for heading in headings.split("|"):
                header, row = heading, VALUES[field]
                if field == "credits_left":
                    header, row = f"Hours bought|{heading}", f"10|{row}"
                found = guess([header, row], target)
                self.assertEqual(found.get(heading), field, heading)

    def test_headings_of_time(self):
        self.check(TIME, "time_entry")

    def test_headings_of_purchases(self):
        self.check(PURCHASE, "purchase")

    def test_no_name_stands_for_two_fields(self):
        others = {other: OTHERS[other] for other in ("left", "total")}
        for target, fields in INDEX.items():
            seen = {}
            rest = others if target == "purchase" else {}
            for field, index in (fields | rest).items():
                for name in index:
                    self.assertEqual(seen.setdefault(name, field), field, target)

    def test_names_are_plain(self):
        for fields in column_names.FIELDS.values():
            for name in (name for names in fields.values() for name in names):
                self.assertRegex(name, r"^[a-z0-9]+( [a-z0-9]+)*$")

    def test_what_a_price_is_of(self):
        for field, names in PRICES.items():
            for name in names.split("|"):
                self.assertEqual(guess_price(name), field, name)

    def test_minutes_are_no_credits(self):
        self.assertFalse(guess(["Menge (Min)", "600"], "purchase"))

    def test_a_total_of_hours_and_one_of_money(self):
        found = guess(["Total|Used|Price", "10|4|900"], "purchase")
        self.assertEqual(
            found, {"Total": "credits", "Used": "credits_used", "Price": "price"}
        )
        found = guess(["Hours|Total|Solde", "10|900|400 €"], "purchase")
        self.assertEqual(found, {"Hours": "credits", "Total": "price"})

    def test_ids(self):
        """An ID is filled and different in each row, and counts no rows."""
        cases = {
            ("Number", "P-1", "P-2"): True,
            ("Number", "101", "102"): True,
            ("Number", "1", "2"): False,
            ("Number", "P-1", "P-1"): False,
            ("Number", "P-1", ""): False,
            ("Number", "1,50", "2,50"): False,
            ("ID", "1", "2"): True,
            ("Number", "1.", "2."): False,
            ("Number", "01", "02"): False,
            ("Number", "1", "4"): False,
            ("Number", "7", "8"): True,
            ("Lfd", "AB-1", "AB-2"): False,
            ("Lfd", "31.12.2026", "30.12.2026"): False,
            ("Lfd", "1h30", "2h"): False,
            ("Lfd", "07/Sep/2026", "08/Sep/2026"): False,
            ("Lfd", "Oak 1", "Oak 2"): False,
            ("Lfd", "10", "20"): False,
            ("Kalenderwoche", "KW36", "KW37"): False,
            ("Reference", "for Ada", "for Bob"): False,
        }
        for (name, *values), is_id in cases.items():
            for target in INDEX:
                columns = get_columns([{name: value} for value in values])
                found = (name, "external_id") in guess_fields(columns, target)
                self.assertEqual(found, is_id, (name, *values))


LIST = (
    "Number;Customer;Bought;Used;Price;Valid until\n"
    "P-1;Unknown Bakery;10;4;900,00;31.12.2027\n"
    "P-2;Azure Mills;20;0;1.800,00;30.06.2027\n"
    "P-3;Azure Mills;5;5;450,00;\n"
    "P-4;Azure Mills;8;0;720,00;31.12.2027\n"
)


@tagged("post_install", "-at_install")
class TestPreviewOfList(SyncCommon):
    def source_of(self, text, **values):
        return self.env["service.sync.source"].create(
            {
                "name": "List",
                "no_expiry": "validity",
                "file": base64.b64encode(text.encode()),
                **values,
            }
        )

    def preview(self, source):
        return self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )

    def again(self, preview):
        """What the preview shows once its answers are remembered."""
        return preview.browse(preview.action_remember()["res_id"])

    def purchases(self, source):
        source.action_sync_now()
        self.assertFalse(source.last_error)
        return {
            key: (
                lot.credits,
                lot.opening_used,
                lot.value_per_credit,
                lot.paid_per_credit,
            )
            for key, lot in self.targets(source).items()
        }

    def test_list_as_a_person_keeps_it(self):
        source = self.source_of(LIST)
        preview = self.preview(source)
        self.assertEqual(
            {line.source_field: line.target_field for line in source.mapping_ids},
            {
                "Number": "external_id",
                "Customer": "partner_id",
                "Bought": "credits",
                "Used": "credits_used",
                "Price": "price",
                "Valid until": "date_expiry",
            },
        )
        self.assertFalse(source.row_is_key)
        self.assertEqual(preview.row_count, 3)
        self.assertIn("all of its credits were used", preview.table)
        for reading in (
            "900 per credit, 9,000",
            "90 per credit, 900",
            "90 per credit, 1,800",
        ):
            self.assertIn(reading, preview.table)
        self.assertEqual(preview.choice_ids.mapped("key"), ["Unknown Bakery"])
        self.assertFalse(self.purchases(source), "nothing is guessed")
        self.assertEqual(preview.asked, "price_basis")
        preview.price_basis = "all"
        preview = self.again(preview)
        self.assertEqual(source.price_basis, "all")
        self.assertFalse(preview.asked)
        self.assertEqual(preview.error_count, 1)
        self.assertIn("1.800,00 = 90 per credit", preview.table)
        self.assertEqual(
            self.purchases(source), {"P-2": (20, 0, 90, 90), "P-4": (8, 0, 90, 90)}
        )

    def test_everything_open_is_answered_in_the_preview(self):
        text = "Number,Customer,Bought,Valid until,Bought on\n"
        text += "P-1,ACME-1,1.500,,05/10/2026\nP-2,ACME-1,2.500,,06/10/2026\n"
        source = self.source_of(text, no_expiry="ask")
        preview = self.preview(source)
        self.assertEqual(preview.asked, "decimal_separator date_order no_expiry")
        with self.assertRefused(UserError, says="at least one answer"):
            preview.action_remember()
        preview.write({"date_order": "mdy", "no_expiry": "never"})
        preview = self.again(preview)
        self.assertEqual((preview.asked, preview.error_count), ("decimal_separator", 2))
        preview.decimal_separator = ","
        self.assertEqual(self.again(preview).error_count, 0)
        self.assertEqual(self.purchases(source)["P-1"][0], 1500)
        self.assertEqual(self.targets(source)["P-1"].date_start, date(2026, 5, 10))

    def test_a_list_without_expiry_dates_asks_once_what_that_means(self):
        text = "Number,Customer,Bought,Bought on,Price/h\n"
        text += "P-1,ACME-1,15,2026-10-05,80\nP-2,ACME-1,2,2026-12-31,80\n"
        days = {"validity": "2027-12-31", "never": "9998-12-31"}
        for answer, day in days.items():
            source = self.source_of(text, no_expiry="ask")
            preview = self.preview(source)
            self.assertEqual((preview.asked, preview.error_count), ("no_expiry", 2))
            self.assertIn("after a year (5 October 2027) or never", preview.table)
            self.assertFalse(preview.can_sync)
            preview.no_expiry = answer
            preview = self.again(preview)
            self.assertEqual((preview.asked, preview.error_count), ("", 0))
            self.assertTrue(preview.can_sync)
            action = preview.action_sync_now()
            self.assertEqual(
                action["params"]["next"]["type"], "ir.actions.act_window_close"
            )
            self.assertEqual(str(self.targets(source)["P-2"].date_expiry), day)

    def test_unit_is_answered_in_the_preview(self):
        text = "id,day,who,ticket,spent\n1,2026-09-07,Ada,HT1,5\n"
        mapping = {"external_id": "id", "date": "day", "employee_id": "who"}
        mapping |= {"ticket_id": "ticket", "unit_amount": "spent"}
        source = self.csv_source(text, mapping, target="time_entry")
        preview = self.preview(source)
        self.assertEqual(preview.asked, "unit")
        self.assertEqual(preview.unit_mapping_id.source_field, "spent")
        preview.unit = "minutes"
        self.assertFalse(self.again(preview).asked)
        self.assertEqual(source._get_mapping()["unit_amount"].unit, "minutes")

    def test_who_may_only_run_a_system_is_not_asked(self):
        source = self.source_of(LIST)
        self.preview(source)
        manager = new_test_user(
            self.env,
            "runs_systems",
            "helpdesk_service_credit.group_service_credit_manager,"
            "helpdesk_mgmt.group_helpdesk_manager",
        )
        preview = self.preview(source.with_user(manager)).with_user(manager)
        self.assertFalse(preview.asked)
        preview.write({"asked": "price_basis", "price_basis": "all"})
        self.assertFalse(preview.asked, "it was read, not typed")
        with self.assertRefused(UserError):
            preview.action_remember()
        self.assertEqual(source.price_basis, "ask")

    def test_price_of_one_credit(self):
        source = self.source_of(LIST, price_basis="each")
        self.preview(source)
        self.assertEqual(self.purchases(source)["P-2"][:3], (20, 0, 1800))

    def test_amount_beside_a_price_tells(self):
        for price, basis in (("90", "each"), ("900", "all")):
            source = self.source_of(
                "Number,Customer,Bought,Price,Net Total\n"
                f"P-1,ACME-1,10,{price},900\nP-2,ACME-1,1,90,90\n"
            )
            self.assertNotIn("can mean", self.preview(source).table)
            self.assertEqual(source.price_basis, basis)
            self.assertEqual(self.purchases(source)["P-1"], (10, 0, 90, 90))

    def test_discount_beside_a_price_tells(self):
        source = self.source_of(
            "Number,Customer,Bought,Price,Net Total\nP-1,ACME-1,10,95,900\n"
        )
        self.preview(source)
        self.assertEqual(self.purchases(source)["P-1"], (10, 0, 95, 90))

    def test_amount_that_may_have_tax_is_asked(self):
        text = "Number,Customer,Bought,Total\nP-1,ACME-1,10,900\n"
        preview = self.preview(self.source_of(text))
        self.assertIn("90 per credit, 900 in all / no value", preview.table)
        self.assertNotIn("9,000", preview.table, "its name tells that it is of all")
        preview = self.preview(self.source_of(text.replace("Total", "Net")))
        self.assertFalse(preview.asked)

    def test_rows_are_shown_while_fields_are_missing(self):
        source = self.source_of("Number;Kunde;Wieviel\nP-1;ACME-1;10\n;Summe;10\n")
        preview = self.preview(source)
        self.assertIn("Map a source field to “Number of Credits”.", preview.table)
        self.assertIn("Azure Mills", preview.table, "what is understood")
        self.assertIn("Wieviel", preview.table, "what is not")
        self.assertEqual((preview.row_count, preview.error_count), (1, 0))
        source.mapping_ids = [
            Command.create({"source_field": "Wieviel", "target_field": "credits"})
        ]
        self.assertEqual(self.preview(source).error_count, 0)

    def test_rows_are_shown_where_nothing_is_recognized(self):
        for target in ("purchase", "time_entry"):
            source = self.source_of("aa;bb\nfoo;bar\nbaz;<b>\n", target=target)
            preview = self.preview(source)
            self.assertIn("baz", preview.table)
            self.assertIn("&lt;b&gt;", preview.table)
            self.assertIn("Map a source field to “External ID”.", preview.table)
            is_time = target == "time_entry"
            self.assertEqual("“Work Date / Start of" in preview.table, is_time)
            self.assertFalse(preview.error_count)
            self.assertFalse(source.row_is_key)

    def test_rows_are_shown_where_fields_are_wrong(self):
        mapping = {"external_id": "Nr", "partner_id": "customer", "credits": "credits"}
        text = "id,customer,credits\nP-1,ACME-1,7\n"
        source = self.csv_source(text, mapping)
        preview = self.preview(source)
        self.assertIn("has no column “Nr”", preview.table)
        self.assertIn("P-1", preview.table)
        mapping = {"external_id": "id", "partner_id": "who", "credits": "credits"}
        preview = self.preview(self.csv_source(text, mapping))
        self.assertIn("no column “who”, which is mapped to “Customer", preview.table)
        source = self.csv_source("id,credits,credits\nP-1,7,8\n")
        preview = self.preview(source)
        self.assertIn("appears twice", preview.table)
        self.assertIn("P-1", preview.table)

    def test_both_readings_of_each_row(self):
        text = "id,customer,credits,valid until\n1,ACME-1,1.500,05/10/2027\n"
        preview = self.preview(self.source_of(text + "2,ACME-1,2.500,06/10/2027\n"))
        for reading in ("2500", "2.5", "6 October 2027", "10 June 2027"):
            self.assertIn(reading, preview.table)

    def test_currency_of_prices(self):
        """A sign beside a price, or in its heading, is no less than a currency."""
        Currency = self.env["res.currency"].with_context(active_test=False)
        dollar = Currency.search([("name", "=", "USD")])
        pound = Currency.search([("name", "=", "GBP")])
        (dollar | pound).active = True
        others = Currency.search([("symbol", "=", "$"), ("name", "!=", "USD")])
        others.active = False
        header = "Number,Customer,Bought"
        cases = {
            ("Price per hour (GBP)", "90"): pound,
            ("Price per hour", "£90"): pound,
            ("Price per hour", "90 USD"): dollar,
            ("Price per hour", "$90"): dollar,
            ("Price per hour £", "90"): pound,
            ("PRICE PER HOUR", "90"): self.env.company.currency_id,
        }
        for (name, price), currency in cases.items():
            source = self.source_of(f"{header},{name}\nP-1,ACME-1,10,{price}\n")
            self.preview(source)
            source.action_sync_now()
            purchase = self.targets(source)["P-1"]
            self.assertEqual(purchase.currency_id, currency, (name, price))
        pound.active = False
        source = self.source_of(f"{header},Price per hour\nP-1,ACME-1,10,£90\n")
        self.assertIn("isn&#39;t an active currency", self.preview(source).table)

    def test_credits_written_as_hours(self):
        text = "Number,Customer,Bought,Used\nP-1,ACME-1,10 h,2 Std 30 Min\n"
        source = self.source_of(text)
        self.preview(source)
        self.assertEqual(self.purchases(source)["P-1"][:2], (10, 2.5))
