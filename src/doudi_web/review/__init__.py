"""What people do about a visit above its limit: alerts, the doctor's reason, the office's approval, emergencies,
consents, changes that are proposed or made. No amount is computed here and none moves."""
