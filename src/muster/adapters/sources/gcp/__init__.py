"""Google Cloud Monitoring: its webhook notification channel."""
