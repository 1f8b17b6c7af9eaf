# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the columns of tables are called, without accents, best names first.

English, German, French, Spanish, Romanian. Neither the order of the words, an
article, an s at the end nor a unit in brackets makes another name of one, so that each
stands here once. No name stands for two fields of one kind of record.
"""


def _list(text):
    return tuple(" ".join(name.split()) for name in text.split(","))


COMMON = {
    "external_id": _list(
        """external id, id, entry id, uuid, guid, worklog id, record id, row id, key,
        identifier, reference number, beleg nr, belegnr, belegnummer, rechnungsnummer,
        rechnung nr, rechnungsnr, document number, document no, document nr, document,
        document id, invoice no, invoice nr, invoice number, invoice id, invoice,
        receipt number, voucher, voucher number, order, order number, order no,
        order id, order reference, purchase number, purchase no, purchase id,
        contract, contract number, contract no, contract id, package number,
        package id, transaction id, transaction number, entry number, entry no,
        line id, booking number, booking id, record number, deal id, quote number,
        reference, ref, reference no, code, number, no, nr, num,
        kennung, kennziffer, schlussel, schlusselnummer, referenz, referenznummer,
        beleg, rechnung, auftrag, auftragsnummer, auftrag nr, auftragsnr,
        bestellnummer, bestell nr, bestellung, vertrag, vertragsnummer, vertrag nr,
        vertragsnr, vorgangsnummer, buchungsnummer, buchung nr, paketnummer, paket nr,
        eintrag nr, satznummer, datensatz, kontingent nr, kode, nummer,
        no facture, n facture, n de facture, numero de facture, numero facture,
        facture, facture no, piece, no piece, n piece, numero de piece, n de piece,
        reference piece, ref piece, numero de commande, n commande, n de commande,
        no commande, commande, numero de contrat, n contrat, n de contrat, contrat,
        identifiant, cle, numero, n, n enregistrement, num piece,
        n de factura, n o de factura, numero de factura, numero factura, num factura,
        n factura, factura, numero de pedido, n pedido, n o de pedido, pedido,
        numero de contrato, n o de contrato, contrato, identificador, clave,
        referencia, codigo, asiento, numero de registro, albaran, numero de albaran,
        nr factura, numar factura, numarul facturii, factura nr, nr document,
        numar document, document numar, nr contract, numar contract, contract nr,
        nr comanda, numar comanda, comanda, identificator, cheie, referinta, cod,
        numar, numar inregistrare, nr inregistrare"""
    ),
    "changed_at": _list(
        """updated at, updated, last updated, changed, changed at, changed on,
        change date, modified, modified at, modified on, last modified, last change,
        write date, date modified, updated on,
        geandert, geandert am, letzte anderung, anderungsdatum, aktualisiert,
        aktualisiert am, zuletzt geandert,
        modifie le, modifie, date de modification, derniere modification, mis a jour,
        mise a jour, mis a jour le,
        actualizado, modificado, fecha de modificacion, ultima modificacion,
        actualizado el, modificado el,
        modificat, actualizat, data modificarii, ultima modificare, modificat la,
        actualizat la"""
    ),
    "deleted": _list(
        """deleted, void, voided, deleted at, is deleted, cancelled, canceled,
        geloscht, storniert, storno, supprime, annule, eliminado, anulado, borrado,
        sters, anulat"""
    ),
    "partner_id": _list(
        """customer, client, customer name, client name, customer company, account,
        account name, company, company name, organization, organisation, bill to,
        buyer, debtor, partner, customer id, client id,
        kunde, kundenname, kundin, auftraggeber, firma, firmenname, unternehmen,
        debitor, rechnungsempfanger, mandant, name des kunden,
        nom du client, nom client, societe, entreprise, raison sociale, acheteur,
        compte client, nom de la societe, donneur d ordre,
        nombre del cliente, nombre cliente, cliente, empresa, razon social,
        nombre de la empresa, comprador,
        nume client, numele clientului, clientul, companie, firma client, beneficiar,
        denumire client, nume firma, cumparator, denumire firma,
        kunde nr, kundennummer, kunden nr, kundennr, customer number, customer no,
        client number, client no, customer code, customer reference, client code,
        no client, n client, n o de cliente, numero de client, code client,
        numero de cliente, codigo de cliente, codigo cliente, cod client, nr client,
        ust idnr, ust id, vat, vat number, vat no, vat id, tva, numero de tva,
        n tva, nif, cif, cui, cod fiscal, tax id"""
    ),
}
TIME = {
    "ticket_id": _list(
        """ticket, ticket number, ticket id, ticket no, ticket nr, ticket key,
        ticket reference, helpdesk ticket, issue key, issue, issue id, issue number,
        case, case number, case id, case no, work package, incident, incident number,
        request number, request id, service request,
        ticketnummer, vorgang, fall, fallnummer, anfrage, anfragenummer, storung,
        no ticket, n ticket, n de ticket, numero de ticket, numero du ticket, demande,
        numero de demande, dossier, numero de dossier,
        incidencia, numero de incidencia, n o de ticket, solicitud, caso, tique,
        n de incidencia, n o de incidencia, parte,
        nr tichet, tichet, numar tichet, numarul tichetului, solicitare, incident nr,
        nr solicitare, cerere, nr ticket, numar ticket, sesizare"""
    ),
    "employee_email": _list(
        """email, e mail, user email, employee email, mail, email address, mail address,
        e mail address, work email, user mail, person email, mitarbeiter e mail,
        mailadresse, e mail adresse,
        courriel, adresse e mail, adresse mail, adresse electronique, mel,
        correo, correo electronico, direccion de correo,
        adresa de e mail, adresa e mail, adresa de email, posta electronica,
        email angajat"""
    ),
    "employee_id": _list(
        """employee, user, user name, username, full name, person, technician, author,
        employee name, worker, staff, staff member, team member, member, agent,
        consultant, engineer, resource, assignee, done by, worked by, logged by,
        performed by, who, initials,
        mitarbeiter, mitarbeiterin, mitarbeiter in, mitarbeitende, benutzer,
        benutzername, bearbeiter, bearbeiterin, bearbeitet von, techniker, berater,
        kollege, ausgefuhrt von, erledigt von, wer, personal, name mitarbeiter,
        kurzel,
        employe, utilisateur, collaborateur, technicien, intervenant, salarie, agent,
        consultant, realise par, effectue par, personne, nom du salarie, qui,
        empleado, usuario, tecnico, trabajador, agente, consultor, persona,
        realizado por, hecho por, nombre del empleado, responsable, quien,
        angajat, utilizator, tehnician, colaborator, persoana, nume angajat,
        angajatul, executant, efectuat de, realizat de, lucrat de, operator, cine"""
    ),
    "unit_amount": _list(
        """duration h, hours, duration, time spent, hours spent, hours worked,
        worked hours, work hours, working hours, time worked, hours logged,
        logged hours, logged time, effort, units, quantity, total hours, total time,
        total duration, billable hours, hour, time, duration decimal, minutes,
        minutes spent, seconds, time minutes, time hours, duration minutes,
        duration seconds,
        stunden, dauer, zeit, arbeitszeit, zeitaufwand, aufwand, aufwand stunden,
        arbeitsstunden, geleistete stunden, stundenanzahl, anzahl stunden, einsatzzeit,
        gesamtdauer, gesamtzeit, gesamtstunden, stunden gesamt, std, minuten,
        arbeitsdauer, dauer minuten, dauer stunden, dauer std, dauer min, zeit min,
        duree, heures, temps, temps passe, heures passees, heures travaillees,
        temps de travail, nombre d heures, nb heures, nb d heures, duree totale,
        temps total, total heures, duree minutes, duree heures,
        duracion, horas, tiempo, tiempo dedicado, tiempo trabajado, horas trabajadas,
        horas dedicadas, horas totales, total horas, tiempo total, duracion total,
        numero de horas, n o de horas, minutos, tiempo empleado, duracion minutos,
        durata, ore, timp, timp lucrat, ore lucrate, timp petrecut, numar ore,
        numar de ore, nr ore, nr de ore, total ore, ore total, timp total,
        durata totala, minute, timp de lucru, ore prestate, durata minute, durata ore"""
    ),
    "date": _list(
        """date, work date, start date, day, date spent, spent on, date worked,
        worked on, entry date, service date, date of work, activity date, performed on,
        log date, done on, started,
        datum, tag, arbeitstag, startdatum, leistungsdatum, arbeitsdatum, buchungsdatum,
        einsatztag, einsatzdatum, erledigt am, ausgefuhrt am, tag der arbeit,
        leistungstag,
        date de debut, jour, date d intervention, date du travail, date travail,
        effectue le, realise le, date de realisation, date de saisie,
        fecha, dia, fecha de inicio, fecha de trabajo, fecha del trabajo,
        fecha de la intervencion, fecha intervencion, realizado el, fecha de registro,
        data, ziua, data lucrarii, data lucrului, zi, data interventiei, data inceperii,
        data efectuarii, data executiei"""
    ),
    "name": _list(
        """description, title, notes, text, comment, comments, summary, subject,
        note, details, work description, work done, what, activity description,
        task description, remarks,
        beschreibung, titel, tatigkeit, bemerkung, kommentar, betreff, leistung,
        arbeit, was, details, tatigkeitsbeschreibung, leistungsbeschreibung, anmerkung,
        beschreibung der arbeit, notiz, notizen, ausgefuhrte arbeiten,
        libelle, commentaire, titre, objet, travail effectue, intervention, remarque,
        designation, travaux effectues, detail, quoi, sujet,
        descripcion, comentario, comentarios, titulo, asunto, trabajo realizado,
        observaciones, detalle, concepto, tarea realizada, que, nota, notas,
        descripcion del trabajo, resumen,
        descriere, comentariu, titlu, observatii, lucrare efectuata, subiect, detalii,
        descrierea lucrarii, lucrare, lucrari efectuate, ce, activitate efectuata,
        obs"""
    ),
    "internal_note": _list(
        """internal note, internal notes, internal comment, private note,
        notiz intern, interne notiz, interner kommentar, interne bemerkung, intern,
        note interne, commentaire interne, remarque interne,
        nota interna, comentario interno, observaciones internas,
        comentariu intern, observatii interne"""
    ),
    "is_billable": _list(
        """billable, is billable, chargeable, to be billed, to invoice,
        abrechenbar, verrechenbar, fakturierbar, zu verrechnen, zu fakturieren,
        facturable, a facturer, por facturar, a facturar, facturabil, facturabila,
        de facturat"""
    ),
}
PURCHASE = {
    "partner_email": _list(
        """email, e mail, customer email, client email, mail, email address,
        mail address, e mail address, contact email, billing email, email kunde,
        e mail adresse, mailadresse,
        courriel, adresse e mail, adresse mail, email client, mel,
        correo, correo electronico, correo del cliente, email del cliente,
        adresa de email, adresa de e mail, adresa e mail"""
    ),
    "credits": _list(
        """credits, number of credits, credits bought, credits purchased, credits sold,
        hours bought, hours purchased, hours sold, hours ordered, bought, purchased,
        sold, ordered, package size, package hours, hours in package, hours included,
        included hours, prepaid hours, contracted hours, contract hours,
        agreed hours, total credits, total hours, hours total, credit total,
        number of hours, no of hours, hours, hour, credit, quantity, qty, units,
        units bought, size, volume, allowance, contingent, budget hours, block,
        block of hours, block size, initial hours, original hours, initial credits,
        stunden gekauft, gekaufte stunden, gekauft, verkaufte stunden,
        stunden verkauft, bestellt, bestellte stunden, paketgrosse, stundenpaket,
        stundenkontingent, kontingent, kontingent stunden, stundenanzahl,
        anzahl stunden, gesamtstunden, stunden gesamt, vereinbarte stunden,
        inklusivstunden, prepaid stunden, guthaben gesamt, gekauftes guthaben,
        stunden, std, menge, anzahl, umfang, gebuchte stunden, gebucht, erworben,
        erworbene stunden, einheiten, vorausbezahlte stunden, stundenzahl,
        heures achetees, achetees, achete, acquis, heures acquises, heures vendues,
        heures commandees, commandees, heures prepayees, heures incluses,
        taille du forfait, taille forfait, heures du forfait, volume d heures,
        volume horaire, nombre d heures, nb heures, nb d heures, total d heures,
        total heures, heures totales, heures, quantite, qte, credits achetes, unites,
        nombre de credits, heures souscrites, credit d heures, achetes,
        horas compradas, compradas, comprado, horas vendidas, horas contratadas,
        contratadas, contratado, horas prepagadas, horas incluidas, bolsa de horas,
        tamano del paquete, horas del paquete, numero de horas, n o de horas,
        horas totales, total de horas, total horas, horas, cantidad, unidades,
        creditos, creditos comprados, numero de creditos, cant, adquiridas,
        horas adquiridas, bono de horas,
        ore cumparate, cumparate, cumparat, ore vandute, ore contractate, contractate,
        ore comandate, ore preplatite, ore incluse, marimea pachetului,
        marime pachet, ore pachet, ore in pachet, numar ore, numar de ore, nr ore,
        nr de ore, total ore, ore total, ore totale, ore, cantitate, cant, unitati,
        credite, credite cumparate, numar de credite, ore achizitionate,
        achizitionate"""
    ),
    "value_per_credit": _list(
        """value per credit, price per hour, hourly rate, hourly price, rate,
        unit price, preis std, preis stunde, stundensatz, einzelpreis, prix horaire,
        taux horaire, prix unitaire, p u, pu, p u ht, pu ht, precio por hora, tarifa, precio unitario,
        pret pe ora, tarif orar, pret unitar"""
    ),
    "credits_used": _list(
        """hours used, used hours, credits used, used, consumed, hours consumed,
        credits consumed, hours spent, spent, used so far, used up, already used,
        hours worked, worked, hours delivered, delivered, hours drawn, drawn, usage,
        consumption, opening used, total used, used to date,
        stunden verbraucht, verbrauchte stunden, verbraucht, verbrauch, genutzt,
        genutzte stunden, abgerufen, abgerufene stunden, geleistet,
        geleistete stunden, bereits verbraucht, bisher verbraucht, benutzt, abgebucht,
        aufgebraucht, stunden geleistet, stunden abgerufen, schon verbraucht,
        heures consommees, heures utilisees, consommees, consomme, utilise, utilisees,
        heures realisees, realisees, consommation, deja utilise, deja consomme,
        heures effectuees, heures passees, utilises, consommes, heures faites,
        horas consumidas, horas usadas, horas utilizadas, consumido, consumidas,
        usadas, usado, utilizadas, utilizado, gastadas, horas gastadas, consumo,
        ya consumido, horas realizadas, gastado, ya usado,
        ore consumate, ore folosite, ore utilizate, consumate, folosite, utilizate,
        consum, consumat, folosit, utilizat, ore efectuate, deja folosite,
        ore prestate, credite folosite, credite consumate"""
    ),
    # With tax or without it: only these names tell.
    "amount_total": _list(
        """net amount, net total, net value, untaxed amount, untaxed total,
        amount excl tax, amount without tax, amount excl vat, total excl tax,
        total excl vat, total without tax, subtotal, net,
        betrag netto, nettobetrag, summe netto, nettosumme, netto,
        gesamt netto, nettowert, betrag ohne mwst, betrag exkl mwst,
        betrag ohne ust, netto gesamt,
        montant ht, total ht, prix total ht, montant hors taxes,
        total hors taxes, montant hors taxe, montant net, ht, montant net ht,
        importe neto, total neto, base imponible, neto,
        importe sin iva, total sin iva,
        suma neta, valoare neta, valoare fara tva, total fara tva, suma fara tva,
        total net, valoare net"""
    ),
    "paid_per_credit": _list(
        """amount paid per credit, paid per credit, paid per hour,
        amount paid per hour, bezahlt pro stunde, bezahlt je stunde,
        paye par heure, pagado por hora, platit pe ora"""
    ),
    "currency_id": _list(
        """currency, currency code, curr, ccy, wahrung, wahrungscode, devise, monnaie,
        code devise, moneda, divisa, codigo de moneda, valuta, cod valuta"""
    ),
    "date_start": _list(
        """valid from, start date, start, from, valid since, starts, starts on,
        start of term, begin, begin date, beginning, effective date, effective from,
        active from, activated on, contract start, term start, since,
        gultig ab, gultig von, von, ab, beginn, startdatum, vertragsbeginn,
        laufzeit von, laufzeitbeginn, seit, anfang, gultig seit, beginnt am, beginndatum,
        valable du, valable a partir du, valable depuis, debut, date de debut,
        debut de validite, date debut, date d effet, a partir du, depuis, valide du,
        debut du contrat, date de debut de validite,
        valido desde, desde, inicio, fecha de inicio, fecha inicio, vigente desde,
        inicio de vigencia, valida desde, comienzo, inicio del contrato,
        valabil de la, valabil din, inceput, data de inceput, data inceput,
        data inceperii, inceput valabilitate, valabil incepand cu, de la, data start,
        inceput contract,
        purchase date, date of purchase, bought on, purchased on, sold on, sale date,
        order date, date ordered, invoice date, date of invoice, date, document date,
        kaufdatum, gekauft am, verkauft am, bestelldatum, rechnungsdatum, belegdatum,
        bestellt am, auftragsdatum, datum,
        date d achat, date achat, achete le, date de facture, date de la facture,
        date facture, date de commande, date de vente, date piece, date de piece,
        fecha de compra, comprado el, fecha de factura, fecha factura,
        fecha de pedido, fecha de venta, fecha,
        data achizitiei, data cumpararii, cumparat la, data facturii, data factura,
        data comenzii, data vanzarii, data"""
    ),
    "date_expiry": _list(
        """valid until, valid to, valid till, valid thru, expiry date, expiry,
        expires, expires on, expires at, expiration, expiration date, expire date,
        expire, end date, end, end of term, until, to, till, use by, best before,
        contract end, term end, ends, ends on, good until, validity, validity date,
        deadline, valid through,
        gultig bis, gultigkeit, gultigkeitsende, bis, ende, ablauf, ablaufdatum,
        lauft ab, lauft ab am, lauft aus am, verfallt, verfallt am, verfall,
        verfallsdatum, verfalldatum, enddatum, vertragsende, laufzeit bis,
        laufzeitende, einzulosen bis, endet am, nutzbar bis, befristet bis,
        valable jusqu au, valide jusqu au, jusqu au, fin, fin de validite, date de fin,
        date fin, expire le, expiration le, date d expiration, date expiration,
        echeance, date d echeance, date limite, fin du contrat, peremption,
        date de validite, date de fin de validite, a utiliser avant le,
        valido hasta, valida hasta, hasta, caduca, caduca el, caducidad,
        fecha de caducidad, vencimiento, fecha de vencimiento, vence, vence el,
        vigente hasta, fecha fin, fecha de fin, fecha limite, expira el, fin de vigencia,
        fecha de expiracion, validez,
        valabil pana la, valabil pana in, valabil pana, pana la, expira, expira la,
        expira pe, data expirarii, data expirare, expirare, sfarsit, data sfarsit,
        data de sfarsit, termen, data limita, valabilitate, sfarsit contract,
        sfarsit valabilitate, scadenta, data scadentei"""
    ),
    "description": _list(
        """description, package, package name, product, product name, item, plan,
        service, title, notes, note, comment, subject, article,
        paket, paketname, beschreibung, bezeichnung, produkt, artikel, leistung,
        bemerkung, titel, text, kommentar,
        forfait, produit, libelle, designation, prestation, pack, article, remarque,
        nom du forfait, formule, intitule, commentaire,
        paquete, producto, descripcion, concepto, articulo, servicio, detalle, bono,
        nombre del paquete, observaciones,
        pachet, produs, descriere, denumire, articol, serviciu, abonament,
        nume pachet, denumire pachet, denumire produs, observatii"""
    ),
}
FIELDS = {"time_entry": {**COMMON, **TIME}, "purchase": {**COMMON, **PURCHASE}}
# Ticks of rows that another system has billed, or will bill, by itself.
BILLED = _list(
    """invoiced, billed, exported, is invoiced, already invoiced, already billed,
    fakturiert, abgerechnet, verrechnet, in rechnung gestellt, bereits abgerechnet,
    exportiert, facture, facturee, exporte, deja facture, deja facturee,
    facturado, facturada, exportado, ya facturado, facturat, facturata, exportat,
    deja facturat"""
)
# What is left, where nothing tells what was used.
LEFT = _list(
    """hours left, remaining hours, hours remaining, credits remaining, credits left,
    remaining, left, rest, balance, hours balance, balance hours, credit balance,
    remaining credits, remaining balance, available, hours available,
    available hours, credits available, unused, unused hours, open hours, still left,
    reststunden, verbleibend, verbleibende stunden, stunden verbleibend, restguthaben,
    restkontingent, stunden ubrig, ubrig, verfugbar, verfugbare stunden,
    stunden verfugbar, guthaben, offene stunden, noch ubrig, noch offen, rest stunden,
    stundenguthaben, saldo stunden,
    heures restantes, restant, restantes, solde, solde d heures, reste, disponible,
    heures disponibles, reste a consommer, credits restants, solde restant,
    heures non utilisees, disponibles, restants,
    horas restantes, saldo, saldo de horas, disponibles, horas disponibles, quedan,
    pendientes, horas pendientes, resto, restante, creditos restantes,
    ore ramase, ramase, ore disponibile, disponibil, disponibile, sold, sold ore,
    ramas, rest ore, ore nefolosite, credite ramase"""
)
START = _list(
    """start, start time, started at, begin, begin time, beginning, time from,
    time start, clock in, started, from, in,
    von, beginn, anfang, kommen, startzeit, anfangszeit, beginnzeit, uhrzeit von,
    zeit von, arbeitsbeginn, start uhrzeit, gestartet,
    debut, heure de debut, heure debut, arrivee, de, heure d arrivee, commence a,
    inicio, hora de inicio, hora inicio, desde, entrada, hora de entrada, comienzo,
    hora de comienzo,
    inceput, ora inceput, ora de inceput, de la, ora inceperii, ora de la, sosire,
    ora start"""
)
END = _list(
    """end, end time, ended at, finish, finish time, finished at, stop, stop time,
    stopped at, time to, time end, clock out, ended, to, until, till, out,
    bis, ende, gehen, endzeit, schluss, uhrzeit bis, zeit bis, arbeitsende,
    end uhrzeit, beendet,
    fin, heure de fin, heure fin, depart, a, heure de depart, termine a,
    hora de fin, hora fin, hasta, salida, hora de salida, final, hora final,
    sfarsit, ora sfarsit, ora de sfarsit, pana la, ora sfarsitului, ora pana la,
    plecare, ora stop"""
)
BREAK = _list(
    """break, breaks, break time, break minutes, lunch break, pause, pausen,
    pausenzeit, pause minuten, pause min, temps de pause, duree de pause, descanso,
    pausa, tiempo de descanso, pauza, timp de pauza"""
)
# A service type is taken only if all values are names of service types.
SERVICE_TYPE = _list(
    """service type, type of service, type of work, work type, activity type, type,
    activity, leistungsart, tatigkeitsart, art der leistung, aktivitat,
    type de service, type de prestation, type d activite, activite, nature,
    tipo de servicio, tipo de trabajo, tipo, actividad, tip serviciu, tip de serviciu,
    tipul serviciului, activitate, tip"""
)
# Their values may all differ, and are still no IDs of rows.
NO_IDS = _list(
    """iban, bic, phone, telephone, mobile, telefon, tel, telefono, zip, zip code,
    postcode, postal code, plz, code postal, codigo postal, cod postal, week, woche, kw,
    kalenderwoche, semaine, semana, saptamana, version, ip, ip address, url, link,
    serial number, seriennummer, numero de serie, license plate, address, adresse,
    direccion, adresa, room, month, monat, mois, mes, luna, quarter, quartal, time,
    project, projekt, projet, proyecto, proiect, project code, project number"""
)
# First and last name together are a person.
PAIRS = (
    ("first name", "last name"),
    ("given name", "family name"),
    ("vorname", "nachname"),
    ("vorname", "name"),
    ("prenom", "nom"),
    ("nombre", "apellido"),
    ("nombre", "apellidos"),
    ("prenume", "nume"),
)
# "Time" is a duration for some, and the time of day for others.
TIMES = {"time", "zeit", "temps", "tiempo", "timp"}

# === Words that make names ===

# They do not make another name; an article at the end does (“acheté le”).
ARTICLES = set(
    "the of a an der die das des dem den l le la les du de d el los las del al "
    "lui".split()
)
CURRENCIES = set("eur euro euros usd gbp chf ron lei huf pln".split())
# A total of hours where hours are bought and used, otherwise of money.
BARE_TOTALS = _list("total, totals, gesamt, summe, sum, suma, somme, totaux, totales")
# What a bracket after a name tells about how the values are written.
UNITS = set(
    "h hr hrs hour hours std stunden stunde heure heures hora horas ora ore min mins "
    "minutes minuten minutos minute decimal dezimal hh mm ss yyyy dd tt jjjj aaaa jj "
    "zz llll eur euro usd gbp chf ron lei optional".split()
)
MONEY = set(
    "price prices value worth fee fees rate "
    "preis preise wert satz kaufpreis verkaufspreis verkaufswert honorar nettopreis "
    "einzelpreis stundensatz stundenpreis stundenhonorar stuckpreis stundentarif "
    "einheitspreis prix valeur tarif taux precio precios valor tarifa "
    "pret preturi pretul valoare valoarea".split()
)
# Prices that are those of one credit, whatever else the name says …
PER_CREDIT = set(
    "per je pro hourly hour stunde std h unit einzel unitaire unitario unitar heure "
    "horaire hora orar orara ora each rate rates satz taux tarif tarifa credit "
    "einzelpreis stundensatz stundenpreis stundenhonorar stuckpreis stundentarif "
    "einheitspreis".split()
)
# … and those that are of all of them.
OF_ALL = set(
    "total totals totale totaux totales amount sum package contract order gesamt "
    "gesamtpreis gesamtkosten gesamtwert gesamtbetrag gesamtsumme summe betrag "
    "rechnungsbetrag auftragswert paketpreis pauschale pauschalpreis vertragswert "
    "montant forfait somme contrat commande importe suma paquete contrato pedido "
    "valoarea pachet pachetului contract contractului comanda totala facturii".split()
)
AMOUNTS = set(
    "total totals amount sum betrag gesamt gesamtpreis gesamtbetrag summe gesamtsumme "
    "gesamtwert gesamtkosten rechnungsbetrag paketpreis auftragswert pauschale "
    "pauschalpreis vertragswert montant somme importe suma totaux totale".split()
)
# With tax: what is kept here has none.
GROSS = set(
    "gross brutto ttc tva iva mwst ust vat tax taxes taxe steuer impuestos bruto bruta "
    "incl inkl included including cu con avec mit".split()
)
NET = set(
    "net netto nettobetrag nettosumme nettowert nettopreis ht hors neto neta untaxed "
    "excl exkl without sin fara ohne imponible subtotal".split()
)
# Whatever amount these name, it is none of the price of the credits.
NOT_PRICES = set(
    "paid bezahlt gezahlt paye payee pagado platit open offen due discount rabatt "
    "remise descuento discount reducere balance left remaining rest saldo solde used "
    "verbraucht cost costs kosten cout couts coste costo date datum fecha data "
    "consumed exchange change cambio schimb kurs day daily tag tagessatz jour "
    "journalier dia zi month monthly monat mois mes luna year jahr an ano".split()
)
# What is counted, not paid, unless the name says that it is the price of each.
HOURS = set("hours stunden heures horas ore credits credite creditos std h".split())
EACH = {"per", "je", "pro", "par", "por", "pe"}
