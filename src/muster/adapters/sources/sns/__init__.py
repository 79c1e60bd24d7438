"""Amazon SNS, and CloudWatch's alarms through it."""
