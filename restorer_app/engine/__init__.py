"""Where pixels are computed: one job in, a stream of finished tiles out."""
