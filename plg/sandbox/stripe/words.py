"""What the pages of the stand-in say, in English and Spanish."""

from __future__ import annotations

from flask import request

_WORDS = {
    "index": ("Stripe stand-in", "Doble de Stripe"),
    "index_lead": (
        "Test payments only. No card is charged and nothing leaves this machine.",
        "Solo pagos de prueba. No se cobra ninguna tarjeta y nada sale de esta máquina.",
    ),
    "test_mode": ("Test mode", "Modo de prueba"),
    "subscribe_to": ("Subscribe to {name}", "Suscribirse a {name}"),
    "per_day": ("per day", "al día"),
    "per_week": ("per week", "a la semana"),
    "per_month": ("per month", "al mes"),
    "per_year": ("per year", "al año"),
    "quantity": ("Quantity", "Cantidad"),
    "total_today": ("Total due today", "Total a pagar hoy"),
    "trial_days": ("{days} days free", "{days} días gratis"),
    "pay": ("Pay and subscribe", "Pagar y suscribirse"),
    "start_trial": ("Start trial", "Empezar la prueba"),
    "decline": ("Pay with a card that is declined", "Pagar con una tarjeta rechazada"),
    "leave": ("Leave without paying", "Salir sin pagar"),
    "declined": (
        "Your card was declined. Nothing was charged. You can try again.",
        "Se rechazó tu tarjeta. No se cobró nada. Puedes volver a intentarlo.",
    ),
    "done": ("You are all done here", "Ya está todo hecho"),
    "done_lead": ("This payment was already made.", "Este pago ya se hizo."),
    "expired": ("This link has expired", "Este enlace ha caducado"),
    "expired_lead": (
        "Go back to the shop to start again. Nothing was charged.",
        "Vuelve a la tienda para empezar de nuevo. No se cobró nada.",
    ),
    "unknown": ("This page does not exist", "Esta página no existe"),
    "unknown_lead": ("Check the link.", "Comprueba el enlace."),
    "portal": ("Manage your subscription", "Gestiona tu suscripción"),
    "portal_for": ("Signed in as {who}", "Conectado como {who}"),
    "no_subscription": ("You have no subscription.", "No tienes ninguna suscripción."),
    "renews": ("Renews on {date}", "Se renueva el {date}"),
    "ends": ("Ends on {date}", "Termina el {date}"),
    "trial_until": ("Trial until {date}", "Prueba hasta el {date}"),
    "over": ("Ended on {date}", "Terminó el {date}"),
    "confirm_title": ("Change to {name}", "Cambiar a {name}"),
    "now_on": ("Now", "Ahora"),
    "new_plan": ("New", "Nuevo"),
    "confirm": ("Confirm and pay", "Confirmar y pagar"),
    "cancel_later": ("Cancel at the end of the period", "Cancelar al final del periodo"),
    "cancel_now": ("Cancel now", "Cancelar ahora"),
    "keep": ("Keep the subscription", "Mantener la suscripción"),
    "card": ("Card", "Tarjeta"),
    "good_card": ("Use a card that works", "Usar una tarjeta que funciona"),
    "bad_card": ("Use a card that will be declined", "Usar una tarjeta que será rechazada"),
    "pay_now": ("Pay now", "Pagar ahora"),
    "back": ("Return to the shop", "Volver a la tienda"),
    "invoices": ("Invoices", "Facturas"),
    "invoice": ("Invoice {number}", "Factura {number}"),
    "number": ("Number", "Número"),
    "date": ("Date", "Fecha"),
    "amount": ("Amount", "Importe"),
    "status": ("Status", "Estado"),
    "description": ("Description", "Descripción"),
    "total": ("Total", "Total"),
    "none": ("None yet", "Ninguno todavía"),
    "customers": ("Customers", "Clientes"),
    "subscriptions": ("Subscriptions", "Suscripciones"),
    "sessions": ("Checkout sessions", "Sesiones de pago"),
    "events": ("Events", "Eventos"),
    "id": ("Id", "Id"),
    "email": ("E-mail", "Correo"),
    "name": ("Name", "Nombre"),
    "customer": ("Customer", "Cliente"),
    "event": ("Event", "Evento"),
    "delivered": ("Delivered", "Entregado"),
    "waiting": ("Waiting", "Pendiente"),
    "time": ("Time", "Hora"),
    "switches": ("How webhooks travel", "Cómo viajan los webhooks"),
    "delay": ("Seconds late", "Segundos de retraso"),
    "copies": ("Copies of each", "Copias de cada uno"),
    "drop": ("Lose the next", "Perder los siguientes"),
    "reorder": ("Send in reverse order", "Enviar en orden inverso"),
    "save": ("Save", "Guardar"),
    "send_again": ("Send again", "Enviar de nuevo"),
    "clock": ("Clock", "Reloj"),
    "advance_days": ("Move forward by days", "Adelantar días"),
    "advance": ("Move forward", "Adelantar"),
    "status_active": ("Active", "Activa"),
    "status_trialing": ("In trial", "En prueba"),
    "status_past_due": ("Payment overdue", "Pago atrasado"),
    "status_canceled": ("Cancelled", "Cancelada"),
    "status_incomplete": ("Waiting for payment", "Esperando el pago"),
    "status_incomplete_expired": ("Never paid", "Nunca pagada"),
    "status_unpaid": ("Unpaid", "Impagada"),
    "status_paused": ("Paused", "En pausa"),
    "status_open": ("Open", "Abierta"),
    "status_paid": ("Paid", "Pagada"),
    "status_void": ("Void", "Anulada"),
    "status_draft": ("Draft", "Borrador"),
    "status_uncollectible": ("Uncollectible", "Incobrable"),
    "status_complete": ("Complete", "Completada"),
    "status_expired": ("Expired", "Caducada"),
}


def language(asked: str | None = None) -> str:
    """ "en" or "es": the one asked for, else the browser's choice."""
    if asked and asked != "auto":
        return "es" if asked.startswith("es") else "en"
    return request.accept_languages.best_match(["en", "es"]) or "en"


def say(key: str, lang: str, **values: object) -> str:
    """A text by its key; `values` fill the braces."""
    return _WORDS[key][lang == "es"].format(**values)
