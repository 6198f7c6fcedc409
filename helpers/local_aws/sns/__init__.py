"""SNS e-mail and SMS: rendered into an inbox, with the confirmation step."""
