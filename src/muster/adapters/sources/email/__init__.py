"""E-mail: letters by SMTP, and what mail providers post of them."""
