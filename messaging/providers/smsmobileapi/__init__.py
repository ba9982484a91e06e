"""SMSMobileAPI: the customer's own phone sends SMS and WhatsApp (providers.md 2)."""
