"""Facturo's words in Spanish and English, and how it writes money and days."""

from __future__ import annotations

from datetime import datetime

LOCALES = ("es", "en")
TEXTS: dict[str, tuple[str, str]] = {
    "tagline": ("Facturas claras para empresas pequeñas", "Clear invoices for small firms"),
    "intro": ("Facturo es el producto de ejemplo de esta demostración. Elige quién eres.",
              "Facturo is this demo's sample product. Choose who you are."),
    "enter_as": ("Entrar como {name}", "Sign in as {name}"),
    "sign_out": ("Salir", "Sign out"),
    "skip": ("Ir al contenido", "Skip to the content"),
    "menu": ("Secciones", "Sections"),
    "other_locale": ("English", "Español"),
    "role_owner": ("Titular", "Owner"),
    "role_admin": ("Administración", "Admin"),
    "role_billing": ("Facturación", "Billing"),
    "role_member": ("Miembro", "Member"),
    "dashboard": ("Inicio", "Home"),
    "hello": ("Hola, {name}", "Hello, {name}"),
    "invoices": ("Facturas", "Invoices"),
    "invoice": ("Factura {number}", "Invoice {number}"),
    "new_invoice": ("Nueva factura", "New invoice"),
    "customers": ("Clientes", "Customers"),
    "new_customer": ("Nuevo cliente", "New customer"),
    "team": ("Equipo", "Team"),
    "company": ("Empresa", "Company"),
    "company_lead": ("Aparece en todas tus facturas.", "It is printed on all your invoices."),
    "tax_id": ("Identificación fiscal", "Tax number"),
    "address": ("Dirección", "Address"),
    "name": ("Nombre", "Name"),
    "email": ("Correo", "E-mail"),
    "customer": ("Cliente", "Customer"),
    "concept": ("Concepto", "Description"),
    "amount": ("Importe (USD)", "Amount (USD)"),
    "status": ("Estado", "Status"),
    "status_draft": ("Borrador", "Draft"),
    "status_sent": ("Enviada", "Sent"),
    "status_paid": ("Pagada", "Paid"),
    "save": ("Guardar", "Save"),
    "save_draft": ("Guardar borrador", "Save draft"),
    "send": ("Enviar factura", "Send invoice"),
    "record_payment": ("Registrar pago", "Record payment"),
    "invite": ("Invitar", "Invite"),
    "invite_lead": ("La persona invitada podrá entrar enseguida desde la página de inicio.",
                    "Whoever you invite can sign in at once from the front page."),
    "invited": ("{name} ya forma parte del equipo.", "{name} is on the team now."),
    "saved": ("Guardado.", "Saved."),
    "sent": ("Factura {number} enviada.", "Invoice {number} was sent."),
    "paid": ("Pago de la factura {number} registrado.", "The payment of invoice {number} is recorded."),
    "outstanding": ("Por cobrar", "Outstanding"),
    "collected": ("Cobrado", "Collected"),
    "drafts": ("Borradores", "Drafts"),
    "latest": ("Últimas facturas", "Latest invoices"),
    "no_invoices": ("Aún no hay facturas.", "There are no invoices yet."),
    "no_customers": ("Aún no hay clientes.", "There are no customers yet."),
    "customer_first": ("Antes de facturar, añade un cliente.", "Before you invoice, add a customer."),
    "created": ("Creada", "Created"),
    "sent_on": ("Enviada", "Sent"),
    "paid_on": ("Pagada", "Paid"),
    "fits": ("Tu plan ya incluye esta factura: puedes enviarla.",
             "Your plan includes this invoice now: you can send it."),
    "paywall": ("Esta factura no cabe en tu plan", "This invoice does not fit your plan"),
    "paywall_used": ("Has enviado {used} de {limit} facturas en este periodo.",
                     "You have sent {used} of {limit} invoices in this period."),
    "paywall_safe": ("La factura queda guardada como borrador; no se ha perdido nada.",
                     "The invoice stays saved as a draft; nothing is lost."),
    "paywall_resets": ("El contador vuelve a cero el {day}.", "The count starts again on {day}."),
    "paywall_ask": ("Quien puede cambiar el plan: {owners}.", "Who can change the plan: {owners}."),
    "plan_limit": ("{limit} facturas al mes", "{limit} invoices a month"),
    "plan_unlimited": ("Facturas sin límite", "Unlimited invoices"),
    "export": ("Exportar", "Export"),
    "export_fits": ("Tu plan ya incluye la exportación: puedes descargarla.",
                    "Your plan includes the export now: you can download it."),
    "export_paywall": ("Tu plan no incluye la exportación", "Your plan does not include the export"),
    "export_lead": ("Descarga todas tus facturas en un archivo para tu gestoría.",
                    "Download all your invoices in one file for your accountant."),
    "export_plan": ("incluye la exportación,", "includes the export,"),
    "see_plans": ("Ver los planes", "See the plans"),
    "back_to_invoices": ("Volver a las facturas", "Back to the invoices"),
    "per_month": ("al mes", "a month"),
    "per_year": ("al año", "a year"),
    "back_to_invoice": ("Volver a la factura", "Back to the invoice"),
    "link_refused": ("El enlace ya no sirve. Vuelve a abrir Facturo desde tu espacio de trabajo.",
                     "This link no longer works. Open Facturo again from your workspace."),
    "not_found": ("Esta página no existe", "There is no such page"),
    "not_allowed": ("La solicitud no venía de Facturo", "The request did not come from Facturo"),
    "home": ("Ir al inicio", "Go home"),
    "fault_missing": ("Escribe algo aquí.", "Write something here."),
    "fault_email": ("Escribe un correo, por ejemplo ana@ejemplo.com.",
                    "Write an e-mail, for example ana@example.com."),
    "fault_amount": ("Escribe un importe mayor que cero, por ejemplo 1200,50.",
                     "Write an amount above zero, for example 1200.50."),
    "fault_customer": ("Elige un cliente de la lista.", "Choose a customer from the list."),
}  # fmt: skip
MONTHS = (
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
)


def text(locale: str, key: str, **values: object) -> str:
    """One text in one language, with its values filled in."""
    return TEXTS[key][LOCALES.index(locale)].format(**values)


def money(locale: str, cents: int) -> str:
    """120050 -> "$1.200,50" in Spanish, "$1,200.50" in English."""
    written = f"${cents / 100:,.2f}"
    return written.translate(str.maketrans(",.", ".,")) if locale == "es" else written


def day(locale: str, moment: str) -> str:
    """An ISO 8601 time as a day: "21 nov 2026"."""
    when = datetime.fromisoformat(moment)
    return f"{when.day} {MONTHS[LOCALES.index(locale)][when.month - 1]} {when.year}"
