"""The events that plg itself records, each with one line of meaning. Names follow Segment's B2B SaaS spec."""

SIGNED_UP = "Signed Up"
SIGNUP_HELD = "Signup Held"
SIGNUP_RELEASED = "Signup Released"
SIGNED_IN = "Signed In"
EMAIL_CONFIRMED = "Email Confirmed"
EMAIL_CHANGED = "Email Changed"
PASSWORD_CHANGED = "Password Changed"
PASSKEY_ADDED = "Passkey Added"
PASSKEY_REMOVED = "Passkey Removed"
TWO_STEP_TURNED_ON = "Two-Step Turned On"
TWO_STEP_TURNED_OFF = "Two-Step Turned Off"
RECOVERY_CODE_USED = "Recovery Code Used"
SIGN_IN_LINK_MADE = "Sign-In Link Made"
PEOPLE_MERGED = "People Merged"
PERSON_ERASED = "Person Erased"
ACCOUNT_CREATED = "Account Created"
ACCOUNT_ADDED_USER = "Account Added User"
ACCOUNT_REMOVED_USER = "Account Removed User"
ACCOUNT_ROLE_CHANGED = "Account Role Changed"
ACCOUNT_UPDATED = "Account Updated"
ACCOUNT_DELETION_REQUESTED = "Account Deletion Requested"
ACCOUNT_DELETION_CANCELLED = "Account Deletion Cancelled"
ACCOUNT_DELETED = "Account Deleted"
OWNERSHIP_TRANSFERRED = "Ownership Transferred"
DOMAIN_VERIFIED = "Domain Verified"
DOMAIN_LOST = "Domain Lost"
JOIN_REQUESTED = "Join Requested"
JOIN_DECLINED = "Join Declined"
INVITE_SENT = "Invite Sent"
INVITE_ACCEPTED = "Invite Accepted"
TRIAL_STARTED = "Trial Started"
TRIAL_ENDED = "Trial Ended"
TRIAL_CONVERTED = "Trial Converted"
TRIAL_REQUESTED = "Trial Requested"
TRIAL_EXTENDED = "Trial Extended"
TRIAL_DAYS_EARNED = "Trial Days Earned"
TRIAL_DAYS_REVERSED = "Trial Days Reversed"
TRIAL_PAUSED = "Trial Paused"
TRIAL_RESUMED = "Trial Resumed"
TRIAL_CANCELLED = "Trial Cancelled"
TRIAL_REACTIVATED = "Trial Reactivated"
TRIAL_PAYMENT_DUE = "Trial Payment Due"
CARD_ADDED = "Card Added"
CARD_REMOVED = "Card Removed"
PLAN_CHANGED = "Plan Changed"
ACTIVATED = "Activated"
ADD_ON_CHANGED = "Add-On Changed"
EVENT_CANCELLED = "Event Cancelled"
USAGE_GRANTED = "Usage Granted"
LIMIT_HALFWAY = "Limit Halfway"
LIMIT_NEAR = "Limit Near"
LIMIT_REACHED = "Limit Reached"
LIMIT_FORECAST = "Limit Forecast"
FEATURE_REFUSED = "Feature Refused"
OFFER_SHOWN = "Offer Shown"
OFFER_DISMISSED = "Offer Dismissed"
OFFER_CLICKED = "Offer Clicked"
UPGRADE_REQUESTED = "Upgrade Requested"
UPGRADE_DECLINED = "Upgrade Declined"
RECEIPT_MADE = "Trial Receipt Made"
CHECKOUT_STARTED = "Checkout Started"
SUBSCRIPTION_STARTED = "Subscription Started"
SUBSCRIPTION_CANCELLED = "Subscription Cancelled"
SUBSCRIPTION_CHANGED = "Subscription Changed"
SUBSCRIPTION_MOVED = "Subscription Moved"
CHANGE_PLANNED = "Subscription Change Planned"
CANCELLATION_PLANNED = "Subscription Cancellation Planned"
CANCELLATION_WITHDRAWN = "Subscription Cancellation Withdrawn"
SUBSCRIPTION_PAUSED = "Subscription Paused"
SUBSCRIPTION_RESUMED = "Subscription Resumed"
SAVE_OFFER_SHOWN = "Save Offer Shown"
SAVE_OFFER_ACCEPTED = "Save Offer Accepted"
INVOICE_PAID = "Invoice Paid"
PAYMENT_FAILED = "Payment Failed"
PAYMENT_REFUNDED = "Payment Refunded"
REFUND_FAILED = "Refund Failed"
PAYMENT_DISPUTED = "Payment Disputed"
DISPUTE_CLOSED = "Dispute Closed"
EXPERIMENT_EXPOSED = "Experiment Exposed"
MESSAGE_SENT = "Message Sent"
MESSAGE_FAILED = "Message Failed"
WEBHOOK_ENDPOINT_DISABLED = "Webhook Endpoint Disabled"
PAGE_VIEWED = "Page Viewed"
SCREEN_VIEWED = "Screen Viewed"

MEANINGS: dict[str, str] = {
    SIGNED_UP: "A person signed up for the product (email, name, locale, way: password, link, a provider's name).",
    SIGNUP_HELD: "The trial of a sign-up waits (decision, score, reasons, waits_for: confirmation, card, staff).",
    SIGNUP_RELEASED: "The trial of a sign-up that had waited runs (by, reason, reviewed: by staff).",
    SIGNED_IN: "A person signed in on plg's pages (way: password, passkey, link or a provider's name), or by them in"
    " a product (client).",
    EMAIL_CONFIRMED: "A person confirmed an e-mail address.",
    EMAIL_CHANGED: "A person signs in with another e-mail address from now on (email, before).",
    PASSWORD_CHANGED: "A person chose a new password.",
    PASSKEY_ADDED: "A person may sign in with a new passkey (name).",
    PASSKEY_REMOVED: "A passkey signs a person in no more (name).",
    TWO_STEP_TURNED_ON: "A person signs in with an authenticator app as the second step from now on.",
    TWO_STEP_TURNED_OFF: "A person's second step was turned off.",
    RECOVERY_CODE_USED: "A person used a recovery code in place of their authenticator app.",
    SIGN_IN_LINK_MADE: "The host product's server made a link that signs a person in.",
    PEOPLE_MERGED: "Two records turned out to be one person (from_person, into_person, reason).",
    PERSON_ERASED: "What a person did was deleted from the log (person_ids, all records of that person).",
    ACCOUNT_CREATED: "An account (workspace) was made (account_name).",
    ACCOUNT_ADDED_USER: "A person joined an account (role).",
    ACCOUNT_REMOVED_USER: "A person left an account.",
    ACCOUNT_ROLE_CHANGED: "A member's role in an account changed (from_role, to_role, by).",
    ACCOUNT_UPDATED: "A workspace was renamed, or its time zone or language changed (what is new, by).",
    ACCOUNT_DELETION_REQUESTED: "An owner asked for a workspace to be deleted (delete_at).",
    ACCOUNT_DELETION_CANCELLED: "An owner kept a workspace that was to be deleted.",
    ACCOUNT_DELETED: "A workspace was deleted for good.",
    OWNERSHIP_TRANSFERRED: "An owner handed a workspace over to a member (to_person).",
    DOMAIN_VERIFIED: "A workspace proved that a company's domain is its own (domain, proof).",
    DOMAIN_LOST: "Another workspace gave a stronger proof of a domain (domain).",
    JOIN_REQUESTED: "A person with an address of a workspace's domain asked to be let in (domain).",
    JOIN_DECLINED: "A person who asked to be let in was not (by).",
    INVITE_SENT: "A member invited an address to the account (role).",
    INVITE_ACCEPTED: "An invited person joined the account.",
    TRIAL_STARTED: "A trial began (trial_start_date, trial_end_date, trial_plan_name).",
    TRIAL_ENDED: "A trial ended without payment (trial_plan_name).",
    TRIAL_CONVERTED: "An account in its trial became a paying one (trial_plan_name, plan).",
    TRIAL_REQUESTED: "A trial waits before it begins (waits_for: review, card, activation; trial_plan_name).",
    TRIAL_EXTENDED: "Staff changed when a trial ends (days, reason, by, trial_end_date).",
    TRIAL_DAYS_EARNED: "What somebody did made the trial longer (days, rule, caused_by, trial_end_date).",
    TRIAL_DAYS_REVERSED: "Earned days were taken back (days, rule, caused_by, trial_end_date).",
    TRIAL_PAUSED: "A trial's clock was stopped (reason, by).",
    TRIAL_RESUMED: "A trial's clock runs again (by, trial_end_date).",
    TRIAL_CANCELLED: "A trial was called off: it will not continue as a paid plan (reason, by).",
    TRIAL_REACTIVATED: "A trial that was called off will continue as a paid plan after all (by).",
    TRIAL_PAYMENT_DUE: "A trial with a card is over: the card is to be charged (plan, interval).",
    CARD_ADDED: "A card was stored for an account's trial (brand, last4, fingerprint: a keyed hash).",
    CARD_REMOVED: "A stored card can be charged no more (brand, last4, fingerprint).",
    PLAN_CHANGED: "An account's plan changed (from_plan, to_plan, source).",
    ACTIVATED: "An account reached its first moment of value (event).",
    ADD_ON_CHANGED: "An account has more or less of an add-on (add_on, quantity, by).",
    EVENT_CANCELLED: "The host product's server takes back what an event counted (message_id).",
    USAGE_GRANTED: "An account was given more of a feature (feature, amount, source, reason, by, expires_at).",
    LIMIT_HALFWAY: "An account used half of a limit (feature, used, limit).",
    LIMIT_NEAR: "An account used most of a limit (feature, used, limit).",
    LIMIT_REACHED: "An account used all of a limit (feature, used, limit).",
    LIMIT_FORECAST: "At its present rate an account will reach a limit before its period ends (feature, used, limit,"
    " reached_on: a day).",
    FEATURE_REFUSED: "A feature was wanted that the plan does not give (feature, reason, by: product, each time;"
    " or plg, once an hour).",
    OFFER_SHOWN: "Somebody saw an offer for the first time (offer, reason, feature, variant, channel).",
    OFFER_DISMISSED: "An offer was dismissed (offer, reason, feature, variant).",
    OFFER_CLICKED: "Somebody followed an offer (offer, reason, feature, variant).",
    UPGRADE_REQUESTED: "A member without buying rights asked the owner to upgrade (feature).",
    UPGRADE_DECLINED: "Who may buy said no to a request (feature, request).",
    RECEIPT_MADE: "What a trial was worth was told, once (receipt, plan, saved: minutes and money).",
    CHECKOUT_STARTED: "A checkout was opened (plan).",
    SUBSCRIPTION_STARTED: "A paid subscription began (plan, amount, currency, interval).",
    SUBSCRIPTION_CANCELLED: "A paid subscription ended (plan).",
    SUBSCRIPTION_CHANGED: "A subscription pays for something else from now on (plan, amount, quantity, interval, and"
    " the same with from_).",
    SUBSCRIPTION_MOVED: "A subscription has its plan's new version, by staff, paid from the next period on (plan,"
    " version, amount, quantity, interval, currency, add_ons: what they cost, at, from_version, from_amount).",
    CHANGE_PLANNED: "A subscription becomes another one with its period's end (to_plan, to_quantity, at).",
    CANCELLATION_PLANNED: "A subscription ends with its period (cancel_at).",
    CANCELLATION_WITHDRAWN: "A subscription that was to end goes on.",
    SUBSCRIPTION_PAUSED: "Nothing is collected for a while (paused_from, resumes_at).",
    SUBSCRIPTION_RESUMED: "A pause of a subscription is over.",
    SAVE_OFFER_SHOWN: "Somebody about to cancel was offered something else (reason, offer).",
    SAVE_OFFER_ACCEPTED: "Somebody about to cancel took what was offered instead (reason, offer).",
    INVOICE_PAID: "An invoice was paid (plan, amount, currency, invoice).",
    PAYMENT_FAILED: "A payment did not succeed (plan, amount, currency, reason).",
    PAYMENT_REFUNDED: "Money was given back for an invoice (amount, currency, invoice, refund, reason).",
    REFUND_FAILED: "Money that was given back did not arrive (amount, currency, invoice, refund).",
    PAYMENT_DISPUTED: "A cardholder disputes a payment (amount, currency, invoice, dispute, reason).",
    DISPUTE_CLOSED: "A dispute was decided (amount, currency, invoice, dispute, outcome).",
    EXPERIMENT_EXPOSED: "Somebody met an experiment for the first time (experiment, variant).",
    MESSAGE_SENT: "A message left for a person (template, channel).",
    MESSAGE_FAILED: "A message could not be delivered (template, channel, reason).",
    WEBHOOK_ENDPOINT_DISABLED: "An endpoint is told nothing more (endpoint, url, reason: gone or failing).",
    PAGE_VIEWED: "A page was looked at (path, title).",
    SCREEN_VIEWED: "A screen of an app was looked at (name).",
}
