"""Hosted pages that need several rooms: sign-up, sign-in, workspace, members, staff, the API's reference."""
