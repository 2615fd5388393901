"""`mien bench`: how well Mien does, measured, and the fits behind its constants. Nothing else imports it."""
