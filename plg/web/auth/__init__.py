"""Ways in for hosts with pages of their own: their server asks here with its secret key what plg's pages do by
themselves. The verbs are those of access; mails are the pages' own."""
