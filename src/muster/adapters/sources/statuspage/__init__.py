"""Status pages of suppliers, as Statuspage tells their subscribers."""
