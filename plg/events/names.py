"""The events that plg itself records, each with one line of meaning. Names follow Segment's B2B SaaS spec."""

SIGNED_UP = "Signed Up"
SIGNED_IN = "Signed In"
EMAIL_CONFIRMED = "Email Confirmed"
PEOPLE_MERGED = "People Merged"
PERSON_ERASED = "Person Erased"
ACCOUNT_CREATED = "Account Created"
ACCOUNT_ADDED_USER = "Account Added User"
ACCOUNT_REMOVED_USER = "Account Removed User"
INVITE_SENT = "Invite Sent"
INVITE_ACCEPTED = "Invite Accepted"
TRIAL_STARTED = "Trial Started"
TRIAL_ENDED = "Trial Ended"
TRIAL_CONVERTED = "Trial Converted"
PLAN_CHANGED = "Plan Changed"
ACTIVATED = "Activated"
LIMIT_NEAR = "Limit Near"
LIMIT_REACHED = "Limit Reached"
FEATURE_REFUSED = "Feature Refused"
OFFER_SHOWN = "Offer Shown"
OFFER_DISMISSED = "Offer Dismissed"
UPGRADE_REQUESTED = "Upgrade Requested"
CHECKOUT_STARTED = "Checkout Started"
SUBSCRIPTION_STARTED = "Subscription Started"
SUBSCRIPTION_CANCELLED = "Subscription Cancelled"
PAYMENT_FAILED = "Payment Failed"
MESSAGE_SENT = "Message Sent"
MESSAGE_FAILED = "Message Failed"
PAGE_VIEWED = "Page Viewed"
SCREEN_VIEWED = "Screen Viewed"

MEANINGS: dict[str, str] = {
    SIGNED_UP: "A person signed up for the product (email, name, locale).",
    SIGNED_IN: "A person signed in on plg's pages.",
    EMAIL_CONFIRMED: "A person confirmed an e-mail address.",
    PEOPLE_MERGED: "Two records turned out to be one person (from_person, into_person, reason).",
    PERSON_ERASED: "What a person did was deleted from the log (person_ids, all records of that person).",
    ACCOUNT_CREATED: "An account (workspace) was made (account_name).",
    ACCOUNT_ADDED_USER: "A person joined an account (role).",
    ACCOUNT_REMOVED_USER: "A person left an account.",
    INVITE_SENT: "A member invited an address to the account (role).",
    INVITE_ACCEPTED: "An invited person joined the account.",
    TRIAL_STARTED: "A trial began (trial_start_date, trial_end_date, trial_plan_name).",
    TRIAL_ENDED: "A trial ended without payment (trial_plan_name).",
    TRIAL_CONVERTED: "An account in its trial became a paying one (trial_plan_name, plan).",
    PLAN_CHANGED: "An account's plan changed (from_plan, to_plan, source).",
    ACTIVATED: "An account reached its first moment of value (event).",
    LIMIT_NEAR: "An account used most of a limit (feature, used, limit).",
    LIMIT_REACHED: "An account used all of a limit (feature, used, limit).",
    FEATURE_REFUSED: "The product asked for a feature that the plan does not give (feature, reason).",
    OFFER_SHOWN: "An upgrade offer was shown (offer, reason, feature).",
    OFFER_DISMISSED: "An upgrade offer was dismissed (offer).",
    UPGRADE_REQUESTED: "A member without buying rights asked the owner to upgrade (feature).",
    CHECKOUT_STARTED: "A checkout was opened (plan).",
    SUBSCRIPTION_STARTED: "A paid subscription began (plan, amount, currency, interval).",
    SUBSCRIPTION_CANCELLED: "A paid subscription ended (plan).",
    PAYMENT_FAILED: "A payment did not succeed (plan).",
    MESSAGE_SENT: "A message left for a person (template, channel).",
    MESSAGE_FAILED: "A message could not be delivered (template, channel, reason).",
    PAGE_VIEWED: "A page was looked at (path, title).",
    SCREEN_VIEWED: "A screen of an app was looked at (name).",
}
