"""Every picture that the course draws: static figures, interactive charts and web maps in one style."""
