"""Letters read from a mailbox by IMAP (RFC 3501, 9051)."""
