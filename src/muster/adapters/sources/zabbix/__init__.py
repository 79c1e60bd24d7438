"""Zabbix: a media type of ours, published in `docs/senders/zabbix.md`."""
