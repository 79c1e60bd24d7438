"""Past alerts that are like one, and what helped then: from detect to review."""
